#include "circuit/transfer_proof.hpp"

#include "circuit/transfer_circuit.hpp"
#include "plonk/prover.hpp"
#include "plonk/verifier.hpp"

namespace sotto::circuit {

static_assert(kTransferProofBytes == plonk::kProofBytes);

struct ProofSystem {
  plonk::VerifyingKey vk;
  std::optional<plonk::ProvingKey> pk;
};

Result<std::shared_ptr<const ProofSystem>, Error> load_proof_system(const std::string& srs_file, bool with_prover, ThreadPool& pool) {
  const size_t n = size_t{1} << kTransferLogN;
  TRY(srs, poly::load_srs(srs_file, with_prover ? n + 1 : 2, pool));
  const auto circuit = transfer_circuit();
  auto out = std::make_shared<ProofSystem>();
  if (with_prover) {
    out->pk = plonk::make_proving_key(circuit, kTransferCircuit, srs, pool);
    out->vk = out->pk->vk;
  } else {
    out->vk = plonk::make_verifying_key(circuit, kTransferCircuit, srs, pool);
  }
  return std::shared_ptr<const ProofSystem>(std::move(out));
}

namespace {
ByteArray<32> network_array(ByteView network) {
  CHECK(network.size() == 32);
  ByteArray<32> out;
  std::copy(network.begin(), network.end(), out.begin());
  return out;
}
}  // namespace

TransferProof prove_transfer(const ProofSystem& system, ByteView network32, const TransferPublic& x, const TransferWitness& w,
                             Entropy& entropy, ThreadPool& pool) {
  CHECK(system.pk.has_value());
  auto assignment = assign_transfer(system.pk->circuit, x, w, pool);
  const auto proof = plonk::prove(*system.pk, network_array(network32), assignment, entropy, pool);
  for (auto& column : assignment.wires) wipe(column.data(), column.size() * sizeof(Fr));
  const Bytes bytes = plonk::encode_proof(proof);
  TransferProof out;
  std::copy(bytes.begin(), bytes.end(), out.begin());
  return out;
}

std::vector<bool> verify_transfers(const ProofSystem& system, ByteView network32, std::span<const TransferClaim> claims,
                                   Entropy& entropy, ThreadPool& pool) {
  std::vector<plonk::Claim> plain;
  plain.reserve(claims.size());
  for (const auto& c : claims) {
    const auto fields = c.statement.fields();
    plain.push_back({{fields.begin(), fields.end()}, {c.proof.begin(), c.proof.end()}});
  }
  return plonk::verify_batch(system.vk, network_array(network32), plain, entropy, pool);
}

}  // namespace sotto::circuit
