//! Zcash Sapling: two spends and two outputs, four Groth16 proofs, with the parameters of its ceremony as a crate carries them.
use crate::measure::{sample, Facts};
use incrementalmerkletree::{Hashable, Level, Position};
use rand::{rand_core::UnwrapErr, rngs::SysRng};
use sapling_crypto::{
    builder::{Builder, BundleType},
    circuit::{OutputParameters, SpendParameters},
    keys::SpendAuthorizingKey,
    note_encryption::Zip212Enforcement,
    value::NoteValue,
    zip32::ExtendedSpendingKey,
    Anchor, BatchValidator, MerklePath, Node, Note, Rseed,
};

pub fn run(samples: usize) -> Facts {
    let mut rng = UnwrapErr(SysRng);
    let (spend_bytes, output_bytes) = wagyu_zcash_parameters::load_sapling_parameters();
    let spend = SpendParameters::read(&spend_bytes[..], false).unwrap();
    let output = OutputParameters::read(&output_bytes[..], false).unwrap();
    drop((spend_bytes, output_bytes));
    let (spend_vk, output_vk) = (spend.verifying_key(), output.verifying_key());

    // Two notes side by side in an otherwise empty tree of depth 32.
    let key = ExtendedSpendingKey::master(&[7; 32]).unwrap();
    let (_, address) = key.default_address();
    let notes: Vec<Note> =
        (0..2u8).map(|i| Note::from_parts(address, NoteValue::from_raw(10), Rseed::AfterZip212([i; 32]))).collect();
    let leaves: Vec<Node> = notes.iter().map(|n| Node::from_cmu(&n.cmu())).collect();
    let path = |i: usize| {
        let mut siblings = vec![leaves[1 - i]];
        siblings.extend((1..32u8).map(|level| Node::empty_root(Level::from(level))));
        MerklePath::from_parts(siblings, Position::from(i as u64)).unwrap()
    };
    let anchor = Anchor::from(path(0).root(leaves[0]));
    let mut builder = Builder::new(Zip212Enforcement::On, BundleType::DEFAULT, anchor);
    #[allow(deprecated)]
    let fvk = key.to_extended_full_viewing_key().fvk().clone();
    for (i, note) in notes.iter().enumerate() {
        builder.add_spend(fvk.clone(), note.clone(), path(i)).unwrap();
        builder.add_output(None, address, NoteValue::from_raw(10), [0; 512]).unwrap();
    }
    let (unproven, _) =
        builder.build::<SpendParameters, OutputParameters, _, i64>(&[key.clone()], rng).unwrap().unwrap();

    let proven =
        sample("prove_ms", samples, 1, || unproven.clone().create_proofs(&spend, &output, UnwrapErr(SysRng), ()));
    let sighash = [0; 32];
    let signer: SpendAuthorizingKey = key.expsk().ask().clone();
    let bundle = proven.apply_signatures(&mut rng, sighash, &[signer]).unwrap();
    let check = |count: usize| {
        let mut batch = BatchValidator::new();
        for _ in 0..count {
            assert!(batch.check_bundle(bundle.clone(), sighash));
        }
        assert!(batch.validate(&spend_vk, &output_vk, UnwrapErr(SysRng)));
    };
    sample("verify_ms", samples * 4, 1, || check(1));
    sample("verify_batch64_ms", samples.min(3), 64, || check(64));
    assert_eq!((bundle.shielded_spends().len(), bundle.shielded_outputs().len()), (2, 2));
    Facts {
        proof_bytes: 4 * 192,
        size: "2 spends of 98,777 and 2 outputs of 31,205 constraints".into(),
    }
}
