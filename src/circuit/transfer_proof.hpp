// Proving and verifying transfers: what the wallet and the ledger call.
#pragma once
#include <memory>

#include "base/parallel.hpp"
#include "base/world.hpp"
#include "circuit/key_cache.hpp"
#include "circuit/transfer.hpp"

namespace sotto::circuit {

inline constexpr uint16_t kTransferCircuit = 1;           // circuit id on the wire
inline constexpr size_t kTransferProofBytes = 1504;
using TransferProof = ByteArray<kTransferProofBytes>;

// Loads the reference string (data/srs.bin, digest pinned) and prepares the keys of the transfer circuit.
// Errors: the file is missing, truncated, altered.
// With a cache, prepared keys are taken from it, and put there if they were missing, damaged or of another version; the
// reference string is read only then. The proofs are the same bytes either way.
struct ProofSystem;                                        // CRS tables and circuit keys; immutable, shared by threads
Result<std::shared_ptr<const ProofSystem>, Error> load_proof_system(const std::string& srs_file, bool with_prover, ThreadPool& pool,
                                                                    KeyCache* cache = nullptr);
// The digest of the transfer circuit's verifying key, that is of every byte a verifier relies on. Keys with another digest
// are refused, computed or cached.
inline constexpr std::string_view kTransferKeyDigest = "2a97d11bc2169ddcfd2239f5c5d633d02d8dd15fd30afa0294f1fa93373d39c7";

// A witness that does not satisfy the relation gives a proof that does not verify (callers test holds() first). About 100 ms on two cores.
TransferProof prove_transfer(const ProofSystem& system, ByteView network32, const TransferPublic& x,
                             const TransferWitness& w, Entropy& entropy, ThreadPool& pool);

// The y-coordinates of a proof's points, which a sender may give along with it to save the verifier the square roots. No part of
// the proof, not authenticated: wrong ones cost time and change no verdict. Empty if the proof does not decode.
inline constexpr size_t kTransferHintBytes = 864;
Bytes transfer_hints(const TransferProof& proof);

struct TransferClaim {
  TransferPublic statement;
  TransferProof proof;
  Bytes hints;                                             // transfer_hints(), or empty, or anything
};
// One verdict per claim, in order; a batch costs far less than its singles and bad ones are found by bisection.
// Weights come from hashing the batch and from entropy. `check_singly`: every point's subgroup check by itself, also where a
// batch of checks would be cheaper (the verdicts are the same; for measuring).
std::vector<bool> verify_transfers(const ProofSystem& system, ByteView network32, std::span<const TransferClaim> claims,
                                   Entropy& entropy, ThreadPool& pool, bool check_singly = false);
inline bool verify_transfer(const ProofSystem& system, ByteView network32, const TransferClaim& claim, Entropy& entropy, ThreadPool& pool) {
  return verify_transfers(system, network32, {&claim, 1}, entropy, pool)[0];
}

}  // namespace sotto::circuit
