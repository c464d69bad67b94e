//! Monero: two inputs, each a CLSAG over a ring of 16, and one Bulletproof+ for two outputs.
use crate::measure::{sample, Facts};
use curve25519_dalek::constants::ED25519_BASEPOINT_TABLE;
use monero_bulletproofs::{BatchVerifier, Bulletproof};
use monero_clsag::{Clsag, ClsagContext, Decoys};
use monero_ed25519::{Commitment, CompressedPoint, Point, Scalar};
use rand_core::{OsRng, RngCore};
use zeroize::Zeroizing;

const RING: u64 = 16;

struct Input {
    secret: curve25519_dalek::Scalar,
    mask: curve25519_dalek::Scalar,
    real: u8,
    amount: u64,
    ring: Vec<[Point; 2]>,
}

fn input() -> Input {
    let real = (OsRng.next_u64() % RING) as u8;
    let amount = OsRng.next_u64() >> 8;
    let (mut secret, mut mask) = (curve25519_dalek::Scalar::ZERO, curve25519_dalek::Scalar::ZERO);
    let ring = (0..RING as u8)
        .map(|i| {
            let key: curve25519_dalek::Scalar = Scalar::random(&mut OsRng).into();
            let blind: curve25519_dalek::Scalar = Scalar::random(&mut OsRng).into();
            if i == real {
                (secret, mask) = (key, blind);
            }
            let value = if i == real { amount } else { OsRng.next_u64() >> 8 };
            let point = CompressedPoint::from((&key * ED25519_BASEPOINT_TABLE).compress().to_bytes());
            [point.decompress().unwrap(), Commitment::new(Scalar::from(blind), value).commit()]
        })
        .collect();
    Input { secret, mask, real, amount, ring }
}

pub fn run(samples: usize) -> Facts {
    let message = [1; 32];
    let inputs = [input(), input()];
    let outputs: Vec<Commitment> =
        inputs.iter().map(|i| Commitment::new(Scalar::random(&mut OsRng), i.amount)).collect();
    let prove = || {
        let signing = inputs
            .iter()
            .map(|i| {
                let decoys = Decoys::new((1..=RING).collect(), i.real, i.ring.clone()).unwrap();
                let commitment = Commitment::new(Scalar::from(i.mask), i.amount);
                (Zeroizing::new(Scalar::from(i.secret)), ClsagContext::new(decoys, commitment).unwrap())
            })
            .collect();
        let signatures = Clsag::sign(&mut OsRng, signing, Scalar::random(&mut OsRng), message).unwrap();
        (signatures, Bulletproof::prove_plus(&mut OsRng, outputs.clone()).unwrap())
    };
    let (signatures, range) = sample("prove_ms", samples * 4, 1, prove);

    let images: Vec<CompressedPoint> = inputs
        .iter()
        .map(|i| {
            let own = (&i.secret * ED25519_BASEPOINT_TABLE).compress().0;
            let point: curve25519_dalek::EdwardsPoint = Point::biased_hash(own).into();
            CompressedPoint::from((point * i.secret).compress().to_bytes())
        })
        .collect();
    let commitments: Vec<CompressedPoint> = outputs.iter().map(|c| c.commit().compress()).collect();
    // Ring members arrive as bytes, so a verifier decompresses them; the range proofs of a batch share one sum.
    let verify = |count: usize| {
        let mut batch = BatchVerifier::new();
        for _ in 0..count {
            for ((signature, pseudo_out), (input, image)) in signatures.iter().zip(inputs.iter().zip(&images)) {
                let ring = input.ring.iter().map(|m| [m[0].compress(), m[1].compress()]).collect();
                signature.verify(ring, image, &pseudo_out.compress(), &message).unwrap();
            }
            assert!(range.batch_verify(&mut OsRng, &mut batch, &commitments));
        }
        assert!(batch.verify());
    };
    sample("verify_ms", samples * 4, 1, || verify(1));
    sample("verify_batch64_ms", samples.min(3), 64, || verify(64));
    let mut bytes = range.serialize().len();
    for (signature, _) in &signatures {
        let mut out = Vec::new();
        signature.write(&mut out).unwrap();
        bytes += out.len() + 32;
    }
    Facts {
        proof_bytes: bytes,
        size: "2 rings of 16, 2 range proofs in one".into(),
    }
}
