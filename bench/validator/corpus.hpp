// A corpus of finished payments, made once and replayed against a validator: a genesis whose validators' keys are all
// here, and payments that are each valid on the ledger right after that genesis, in any order, with everything the rest of
// the network would say about them. Throwaway keys: nothing of value may ever stand behind such a genesis.
//
//   DIR/genesis     ledger::Genesis (four validators of equal stake, a quorum is three)
//   DIR/keys        32 bytes a validator, in committee order
//   DIR/payments    records of one size: transaction | lock certificate | vote 50 | acknowledgement 50
#pragma once
#include <filesystem>

#include "ledger/genesis.hpp"
#include "settle/durable.hpp"

namespace sotto::bench {

inline constexpr size_t kCorpusValidators = 4;
inline constexpr uint16_t kUnderTest = 0;        // the validator that is measured: the first of the committee
inline constexpr uint64_t kCorpusExpiry = 1000;  // height; the network's window, so that it can be voted for from genesis on

struct CorpusNetwork {
  ledger::Genesis genesis;
  std::vector<crypto::BlsSecretKey> keys;        // in committee order
  std::shared_ptr<const settle::Committee> committee;
};

struct CorpusPayment {
  Bytes transaction;
  Bytes certificate;                             // of kUnderTest and two others, or of the three others
  Bytes vote, acknowledgement;                   // what kUnderTest must answer, to the byte: BLS signatures are unique
};

// Four kinds of quorum take turns, as four validators of equal speed would give them.
CorpusPayment complete(const CorpusNetwork& network, Bytes transaction, size_t kind);

Status<Error> write_network(const std::filesystem::path& dir, const CorpusNetwork& network);
Result<CorpusNetwork, Error> read_network(const std::filesystem::path& dir);

Bytes encode(const CorpusPayment& payment);
// Whole records in the file; a last one cut short by a kill does not count.
size_t stored_payments(const std::filesystem::path& dir);
Result<std::vector<CorpusPayment>, Error> read_payments(const std::filesystem::path& dir, size_t most);

// Bytes of one record: every payment of one transfer has the same size.
size_t record_bytes();

}  // namespace sotto::bench
