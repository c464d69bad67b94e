// A payment like Sotto's transfer, written in circom to measure snarkjs: 2 notes in, 2 notes out, tree of 2^32 leaves (32 binary
// levels), Poseidon of circomlib, amounts of 64 bits. docs/spec/transfer.md is what it mimics; README.md says what differs.
pragma circom 2.0.0;

include "poseidon.circom";
include "bitify.circom";

// cm = H(owner, amount, asset, rcm)
template NoteCommitment() {
  signal input owner, amount, asset, rcm;
  signal output cm;
  component h = Poseidon(4);
  h.inputs[0] <== owner;
  h.inputs[1] <== amount;
  h.inputs[2] <== asset;
  h.inputs[3] <== rcm;
  cm <== h.out;
}

template MerkleRoot(depth) {
  signal input leaf, position[depth], sibling[depth];
  signal output root;
  component h[depth];
  signal at[depth + 1], left[depth];
  at[0] <== leaf;
  for (var i = 0; i < depth; i++) {
    position[i] * (1 - position[i]) === 0;
    left[i] <== at[i] + position[i] * (sibling[i] - at[i]);
    h[i] = Poseidon(2);
    h[i].inputs[0] <== left[i];
    h[i].inputs[1] <== at[i] + sibling[i] - left[i];
    at[i + 1] <== h[i].out;
  }
  root <== at[depth];
}

template Transfer(depth) {
  signal input anchor, nullifier[2], out_cm[2], fee, context;             // public
  signal input asset, key, amount[2], rcm[2], position[2][depth], sibling[2][depth];
  signal input out_owner[2], out_amount[2], out_rcm[2];
  component owner = Poseidon(1);
  owner.inputs[0] <== key;

  component note[2], root[2], nf[2], range[2], out[2], out_range[2];
  for (var i = 0; i < 2; i++) {
    note[i] = NoteCommitment();
    note[i].owner <== owner.out;
    note[i].amount <== amount[i];
    note[i].asset <== asset;
    note[i].rcm <== rcm[i];
    root[i] = MerkleRoot(depth);
    root[i].leaf <== note[i].cm;
    for (var j = 0; j < depth; j++) {
      root[i].position[j] <== position[i][j];
      root[i].sibling[j] <== sibling[i][j];
    }
    root[i].root === anchor;
    nf[i] = Poseidon(2);
    nf[i].inputs[0] <== key;
    nf[i].inputs[1] <== note[i].cm;
    nf[i].out === nullifier[i];
    range[i] = Num2Bits(64);
    range[i].in <== amount[i];
    out[i] = NoteCommitment();
    out[i].owner <== out_owner[i];
    out[i].amount <== out_amount[i];
    out[i].asset <== asset;
    out[i].rcm <== out_rcm[i];
    out[i].cm === out_cm[i];
    out_range[i] = Num2Bits(64);
    out_range[i].in <== out_amount[i];
  }
  amount[0] + amount[1] === out_amount[0] + out_amount[1] + fee;
  signal bound <== context * context;                                     // ties the proof to one context
}

component main {public [anchor, nullifier, out_cm, fee, context]} = Transfer(32);
