// The same hashes as transfer.circom, to compute a witness's inputs: inputs of up to four, zero-padded, one output a width.
pragma circom 2.0.0;

include "poseidon.circom";

template Hashes() {
  signal input in[4];
  signal output one, two, four;
  component a = Poseidon(1), b = Poseidon(2), c = Poseidon(4);
  a.inputs[0] <== in[0];
  for (var i = 0; i < 2; i++) b.inputs[i] <== in[i];
  for (var i = 0; i < 4; i++) c.inputs[i] <== in[i];
  one <== a.out;
  two <== b.out;
  four <== c.out;
}

component main = Hashes();
