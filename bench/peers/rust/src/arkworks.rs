//! ark-groth16 over BLS12-381, a circuit with as many constraints as the circom one and 8 public inputs.
use crate::measure::{sample, Facts};
use ark_bls12_381::{Bls12_381, Fr};
use ark_ff::Field;
use ark_groth16::{prepare_verifying_key, Groth16};
use ark_relations::{
    gr1cs::{ConstraintSynthesizer, ConstraintSystemRef, SynthesisError},
    lc,
};
use ark_serialize::CanonicalSerialize;
use ark_snark::{CircuitSpecificSetupSNARK, SNARK};
use ark_std::rand::{rngs::StdRng, SeedableRng};

const PUBLIC: usize = 8;

/// x -> (x + i)^2 again and again from a secret start: full-size values, one product a constraint. Every so often one is public.
#[derive(Clone)]
struct Chain {
    start: Fr,
    length: usize,
}

impl Chain {
    fn public(&self) -> Vec<Fr> {
        let (mut x, mut out) = (self.start, Vec::new());
        for i in 0..self.length {
            x = (x + Fr::from(i as u64)).square();
            if i % (self.length / PUBLIC) == 0 && out.len() < PUBLIC {
                out.push(x);
            }
        }
        out
    }
}

impl ConstraintSynthesizer<Fr> for Chain {
    fn generate_constraints(self, cs: ConstraintSystemRef<Fr>) -> Result<(), SynthesisError> {
        let mut value = self.start;
        let mut x = cs.new_witness_variable(|| Ok(value))?;
        let mut published = 0;
        for i in 0..self.length {
            let step = Fr::from(i as u64);
            value = (value + step).square();
            let public = i % (self.length / PUBLIC) == 0 && published < PUBLIC;
            let next = if public { cs.new_input_variable(|| Ok(value))? } else { cs.new_witness_variable(|| Ok(value))? };
            published += usize::from(public);
            let one = ark_relations::gr1cs::Variable::One;
            cs.enforce_r1cs_constraint(|| lc!() + x + (step, one), || lc!() + x + (step, one), || lc!() + next)?;
            x = next;
        }
        Ok(())
    }
}

pub fn run(samples: usize, constraints: usize) -> Facts {
    let mut rng = StdRng::seed_from_u64(1);
    let circuit = Chain { start: Fr::from(3u64).inverse().unwrap(), length: constraints.max(64) };
    let (pk, vk) = Groth16::<Bls12_381>::setup(circuit.clone(), &mut rng).unwrap();
    let pvk = prepare_verifying_key::<Bls12_381>(&vk);
    let proof =
        sample("prove_ms", samples, 1, || Groth16::<Bls12_381>::prove(&pk, circuit.clone(), &mut rng).unwrap());
    let public = circuit.public();
    let valid = sample("verify_ms", samples * 4, 1, || {
        Groth16::<Bls12_381>::verify_with_processed_vk(&pvk, &public, &proof).unwrap()
    });
    assert!(valid);
    Facts {
        proof_bytes: proof.compressed_size(),
        size: format!("{} constraints", circuit.length),
    }
}
