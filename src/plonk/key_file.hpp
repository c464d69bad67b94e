// Prepared keys as bytes, so that a process need not compute them again: the verifying key's points, and for a prover the
// tables of its commitments. Not a wire format: written and read by the same build on the same machine, in a file only its
// owner may write (ADR 0040).
//
//   magic 8 | version u32 | tables u32 (0 or 1) | reference string's digest | circuit digest | SHA-256 of the tables' form
//   | payload length u64 | BLAKE2b over the header so far and each payload block's digest | zeros to 192 bytes
//   payload, each part padded with zeros to 64 bytes: fixed, sigma (48 bytes a point), g2, tau_g2 (96); monomial; Lagrange
//
// What verifies is bound by the verifying key's digest, which the caller pins: no other points pass. The tables are bound
// by the checksum alone, which finds damage, not malice; wrong tables make proofs that do not verify.
#pragma once
#include "plonk/keys.hpp"

namespace sotto::plonk {

struct KeyFileContext {
  const Circuit<crypto::Fr>& circuit;
  uint16_t circuit_id;
  Hash32 srs_digest, circuit_digest;
  Hash32 key_digest;                                   // of the only verifying key that is accepted
  simd::Kernel kernel = simd::best_kernel();           // whose tables
};

// Under which name to keep it: another reference string, circuit, version or form of table is another name.
std::string key_file_name(const KeyFileContext& context, bool with_tables);

// The file's parts in order; they refer to `key`. Tables are those of a proving key, or null.
struct KeyFileParts {
  Bytes head;
  std::vector<ByteView> parts() const;
  const poly::CommitTable* monomial = nullptr;
  const poly::CommitTable* lagrange = nullptr;
};
KeyFileParts encode_key_file(const KeyFileContext& context, const VerifyingKey& vk, const poly::CommitTable* monomial,
                             const poly::CommitTable* lagrange, ThreadPool& pool);

enum class KeyFileError : uint8_t { wrong_length, wrong_header, damaged, bad_point, wrong_key };
const char* name(KeyFileError e);
struct KeyFile {
  VerifyingKey vk;
  poly::CommitTable monomial, lagrange;                // empty without tables
};
// `bytes` are aligned to CommitTable::kAlignment (else damaged) and live as long as `owner`.
Result<KeyFile, KeyFileError> read_key_file(const KeyFileContext& context, bool with_tables, ByteView bytes,
                                            std::shared_ptr<const void> owner, ThreadPool& pool);

}  // namespace sotto::plonk
