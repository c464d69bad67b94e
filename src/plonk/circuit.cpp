#include "plonk/circuit.hpp"

#include "crypto/hash.hpp"

namespace sotto::plonk {

Hash32 circuit_digest(const GateSet<crypto::Fr>& gates, const Circuit<crypto::Fr>& circuit) {
  Writer out;
  out.sized(view("Sotto.circuit.v1"));
  for (const size_t shape : {kColumns, kRouted, kReach, kQuotientPieces, kBlindRows, size_t{kFixedColumns}})
    out.u32(static_cast<uint32_t>(shape));
  out.raw(gate_set_digest(gates));
  out.u32(static_cast<uint32_t>(circuit.log_n));
  for (const auto& column : circuit.fixed)
    for (const auto& value : column) value.write(out);
  for (const auto& column : circuit.sigma)
    for (const uint32_t cell : column) out.u32(cell);
  out.count(circuit.public_rows.size());
  for (const uint32_t row : circuit.public_rows) out.u32(row);
  return crypto::sha256(out.bytes());
}

}  // namespace sotto::plonk
