#include "circuit/transfer_proof.hpp"

#include "circuit/transfer_circuit.hpp"
#include "plonk/key_file.hpp"
#include "plonk/prover.hpp"
#include "plonk/verifier.hpp"

namespace sotto::circuit {

static_assert(kTransferProofBytes == plonk::kProofBytes);

struct ProofSystem {
  plonk::VerifyingKey vk;
  std::optional<plonk::ProvingKey> pk;
};

namespace {

Hash32 pinned(std::string_view hex) {
  const auto bytes = from_hex(hex);
  CHECK(bytes && bytes->size() == 32);
  Hash32 out;
  std::copy(bytes->begin(), bytes->end(), out.begin());
  return out;
}

std::shared_ptr<const ProofSystem> cached(const plonk::KeyFileContext& context, bool with_prover, ThreadPool& pool, KeyCache& cache) {
  const auto entry = cache.find(plonk::key_file_name(context, with_prover));
  if (!entry) return nullptr;
  auto file = plonk::read_key_file(context, with_prover, entry->bytes, entry->owner, pool);
  if (!file.ok()) return nullptr;
  auto out = std::make_shared<ProofSystem>();
  out->vk = file->vk;
  if (with_prover)
    out->pk = plonk::make_proving_key(context.circuit, out->vk, std::move(file->monomial), std::move(file->lagrange), pool);
  return out;
}

}  // namespace

Result<std::shared_ptr<const ProofSystem>, Error> load_proof_system(const std::string& srs_file, bool with_prover, ThreadPool& pool,
                                                                    KeyCache* cache) {
  const size_t n = size_t{1} << kTransferLogN;
  const auto circuit = transfer_circuit();
  const plonk::KeyFileContext context{circuit, kTransferCircuit, pinned(poly::kSrsDigest),
                                      plonk::circuit_digest(plonk::gate_set(), circuit), pinned(kTransferKeyDigest)};
  if (cache)
    if (auto found = cached(context, with_prover, pool, *cache)) return found;

  TRY(srs, poly::load_srs(srs_file, with_prover ? n + 1 : 2, pool));
  auto out = std::make_shared<ProofSystem>();
  if (with_prover) {
    out->pk = plonk::make_proving_key(circuit, kTransferCircuit, srs, pool);
    out->vk = out->pk->vk;
  } else {
    out->vk = plonk::make_verifying_key(circuit, kTransferCircuit, srs, pool);
  }
  if (out->vk.digest != context.key_digest)
    return Failure{Error{"the transfer circuit's verifying key is " + to_hex(out->vk.digest) + ", not the pinned one"}};
  if (cache) {
    const auto file = plonk::encode_key_file(context, out->vk, with_prover ? &out->pk->monomial : nullptr,
                                             with_prover ? &out->pk->lagrange : nullptr, pool);
    cache->keep(plonk::key_file_name(context, with_prover), file.parts());
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

static_assert(kTransferHintBytes == plonk::kHintBytes);

Bytes transfer_hints(const TransferProof& proof) { return plonk::proof_hints(ByteView(proof)); }

std::vector<bool> verify_transfers(const ProofSystem& system, ByteView network32, std::span<const TransferClaim> claims,
                                   Entropy& entropy, ThreadPool& pool, bool check_singly) {
  std::vector<plonk::Claim> plain;
  plain.reserve(claims.size());
  for (const auto& c : claims) {
    const auto fields = c.statement.fields();
    plain.push_back({{fields.begin(), fields.end()}, {c.proof.begin(), c.proof.end()}, c.hints});
  }
  return plonk::verify_batch(system.vk, network_array(network32), plain, entropy, pool,
                             check_singly ? plonk::SubgroupChecks::single : plonk::SubgroupChecks::cheapest);
}

}  // namespace sotto::circuit
