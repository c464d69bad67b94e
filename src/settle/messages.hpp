// What validators sign (docs/spec/data.md M-1, M-2; docs/spec/settlement.md S-10..): one subject, two phases, and a share
// or certificate of one phase never passes for the other: the phases are different types and different digests.
#pragma once
#include <vector>

#include "crypto/bls.hpp"
#include "ledger/transaction.hpp"

namespace sotto::settle {

using ledger::FullId;
using ledger::NetworkId;
using ledger::Nullifier;
using ledger::TxId;

// A transaction spends at most this many notes.
inline constexpr size_t kMaxNotes = ledger::kMaxSpends;

// One note as locks see it: recovery raises the generation, which voids every lock and vote taken before.
struct NoteKey {
  Nullifier nf;
  uint32_t generation = 0;
  friend bool operator==(const NoteKey&, const NoteKey&) = default;
};

// What is signed, apart from network and phase. Generations are in the order of the transaction's nullifiers.
struct Subject {
  uint64_t epoch = 0;
  std::vector<uint32_t> generations;
  TxId txid;
  friend bool operator==(const Subject&, const Subject&) = default;

  void write(Writer& out) const;
  static Result<Subject, DecodeError> read(Reader& in);  // at least one and at most kMaxNotes generations
};

enum class Phase : uint8_t {
  vote,    // "these notes are locked for txid, durably" (M-1)
  settle,  // "the lock certificate of txid is stored, durably" (M-2)
};

// SHA-256 of the domain string, network, epoch, generations, txid: the 32 bytes the BLS signature is over.
Hash32 digest(Phase phase, const NetworkId& network, const Subject& subject);

// M-3: "I hold no lock certificate that could still execute": for this note and generation, or, without a note, at all.
Hash32 report_digest(const NetworkId& network, uint64_t epoch, const std::optional<NoteKey>& note);
// M-7: "this epoch ends, and the committee with these bytes comes next".
Hash32 close_digest(const NetworkId& network, uint64_t epoch, ByteView next_committee);

// One validator's signature, named by its index in the epoch's committee. 50 bytes on the wire; which subject it is
// about is known from the request it answers.
template <Phase P>
struct Share {
  static constexpr size_t kBytes = 2 + crypto::BlsSignature::kBytes;
  uint16_t validator = 0;
  crypto::BlsSignature signature;
  friend bool operator==(const Share&, const Share&) = default;

  Bytes encode() const;
  static Result<Share, DecodeError> decode(ByteView bytes);
};
using Vote = Share<Phase::vote>;
using Acknowledgement = Share<Phase::settle>;

extern template struct Share<Phase::vote>;
extern template struct Share<Phase::settle>;

}  // namespace sotto::settle
