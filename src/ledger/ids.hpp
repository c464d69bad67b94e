// Names of things on the ledger: field elements and hashes, each with one meaning.
#pragma once
#include <functional>

#include "base/codec.hpp"
#include "crypto/fr.hpp"
#include "crypto/redjubjub.hpp"

namespace sotto::ledger {

using crypto::Fr;

// A field element with one meaning. Ordered by its canonical bytes.
template <class Meaning>
struct FieldId {
  Fr value;
  ByteArray<32> bytes() const { return value.encode(); }
  std::string hex() const { return value.hex(); }
  friend bool operator==(const FieldId&, const FieldId&) = default;
  friend bool operator<(const FieldId& a, const FieldId& b) { return a.bytes() < b.bytes(); }
};
using Nullifier = FieldId<struct NullifierMeaning>;     // N-2: marks one note as spent, for ever
using Commitment = FieldId<struct CommitmentMeaning>;   // N-2: a leaf of the note tree
using Anchor = FieldId<struct AnchorMeaning>;           // N-4: a root of the note tree

// 32 bytes of SHA-256 with one meaning.
template <class Meaning>
struct HashId {
  Hash32 value{};
  std::string hex() const { return to_hex(value); }
  friend auto operator<=>(const HashId&, const HashId&) = default;
};
using TxId = HashId<struct TxIdMeaning>;                // T-1: names what is paid; proofs and signatures lie outside
using FullId = HashId<struct FullIdMeaning>;            // L-3: names the exact bytes; what caches key on
using NetworkId = HashId<struct NetworkIdMeaning>;      // L-20: hash of the genesis content
using BlockHash = HashId<struct BlockHashMeaning>;
using ValidatorId = HashId<struct ValidatorIdMeaning>;  // the same in every epoch, whatever its key
using ClaimId = HashId<struct ClaimIdMeaning>;          // D-20: something bonded or unbonded that waits for its owner

using Signature = crypto::RedJubjubSignature;           // canonical R and S are the verifier's business

}  // namespace sotto::ledger

template <class Meaning>
struct std::hash<sotto::ledger::FieldId<Meaning>> {
  size_t operator()(const sotto::ledger::FieldId<Meaning>& id) const {
    return std::hash<uint64_t>{}(id.value.limbs()[0]);
  }
};
template <class Meaning>
struct std::hash<sotto::ledger::HashId<Meaning>> {
  size_t operator()(const sotto::ledger::HashId<Meaning>& id) const {
    uint64_t word;
    std::memcpy(&word, id.value.data(), sizeof word);
    return std::hash<uint64_t>{}(word);
  }
};
