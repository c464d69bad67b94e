// The transfer statement as constraints (docs/spec/transfer.md). Native twin: holds() in transfer.hpp.
#pragma once
#include "base/parallel.hpp"
#include "circuit/transfer.hpp"
#include "plonk/builder.hpp"

namespace sotto::circuit {

inline constexpr size_t kTransferLogN = 10;

// Lays the statement out; public inputs are exposed in the order of TransferPublic::fields(). The layout does not depend on
// the values, which need not satisfy it.
void constrain_transfer(plonk::Builder<Fr>& b, const TransferPublic& x, const TransferWitness& w);

// The assignment constrain_transfer() and Builder::assignment() give, byte for byte, from values alone: what does not
// depend on anything but the witness (paths, the fixed-base rows) is computed on all threads first. `circuit` is
// transfer_circuit(). The work and the memory read do not depend on the values.
plonk::Assignment<Fr> assign_transfer(const plonk::Circuit<Fr>& circuit, const TransferPublic& x, const TransferWitness& w,
                                      ThreadPool& pool);

// The fixed circuit (from an arbitrary witness) and the digest that pins it.
plonk::Circuit<Fr> transfer_circuit();
inline constexpr std::string_view kTransferDigest = "3413f9e5655c381a018b98e6f4ea49165fd565e5d5c1c89fd0d08c32f3cec71c";

}  // namespace sotto::circuit
