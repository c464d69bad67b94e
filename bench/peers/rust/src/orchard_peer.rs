//! Zcash Orchard: a bundle of two actions (each spends a note and makes one).
use crate::measure::{sample, Facts};
use orchard::{
    builder::{Builder, BundleType},
    bundle::{BatchValidator, BundleVersion},
    circuit::{OrchardCircuitVersion, ProvingKey, VerifyingKey},
    keys::{FullViewingKey, Scope, SpendingKey},
    value::NoteValue,
    Anchor, Bundle,
};
use rand::{rand_core::UnwrapErr, rngs::SysRng};

pub fn run(samples: usize) -> Facts {
    let rng = UnwrapErr(SysRng);
    let key = SpendingKey::from_bytes([7; 32]).unwrap();
    let recipient = FullViewingKey::from(&key).address_at(0u32, Scope::External);
    let vk = VerifyingKey::build(OrchardCircuitVersion::FixedPostNu6_2);
    let pk = ProvingKey::build(OrchardCircuitVersion::FixedPostNu6_2);
    // Two outputs, so two actions; their spends are of notes worth nothing, the same circuit as any other spend.
    let mut builder = Builder::new(
        BundleType::DEFAULT,
        BundleVersion::orchard_v2(),
        BundleVersion::orchard_v2().default_flags(),
        Anchor::from_bytes([0; 32]).unwrap(),
    )
    .unwrap();
    for _ in 0..2 {
        builder.add_output(None, recipient, NoteValue::from_raw(10), [0; 512]).unwrap();
    }
    let bundle: Bundle<_, i64> = builder.build(rng).unwrap().unwrap().0;
    let instances: Vec<_> =
        bundle.actions().iter().map(|a| a.to_instance(*bundle.flags(), *bundle.anchor())).collect();
    assert_eq!(instances.len(), 2);

    let proof =
        sample("prove_ms", samples, 1, || bundle.authorization().create_proof(&pk, &instances, rng).unwrap());
    sample("verify_ms", samples * 4, 1, || proof.verify(&vk, &instances).unwrap());
    let bundle = bundle.create_proof(&pk, rng).unwrap().apply_signatures(rng, [0; 32], &[]).unwrap();
    let valid = sample("verify_batch64_ms", samples.min(3), 64, || {
        let mut batch = BatchValidator::new(&vk);
        for _ in 0..64 {
            batch.add_bundle(&bundle, [0; 32]).unwrap();
        }
        batch.validate(rng)
    });
    assert!(valid);
    Facts {
        proof_bytes: proof.as_ref().len(),
        size: "2 actions, 2^11 rows".into(),
    }
}
