// How a network of several operators begins without anybody ever holding another's secret. A proof of possession names the network
// (docs/spec/settlement.md S-2), and the network's id covers the committee's keys; so it takes two rounds:
//
//   1. each operator    `sottod init`            -> card.json: public keys and addresses
//   2. one of them      `sotto genesis draft`    -> draft: content with all seats, and the first notes; from here on the id is fixed
//   3. each operator    `sottod prove`           -> possession.json, signed with the vote key for that id
//   4. one of them      `sotto genesis seal`     -> genesis, network.json
//
// Whoever does 2 and 4 is trusted with the first notes and nothing else: everybody sees content and seats in 3, and a genesis that
// does not hold is refused by every validator.
#pragma once
#include "ledger/genesis.hpp"
#include "node/network_file.hpp"
#include "settle/committee.hpp"

namespace sotto::node {

// Who validates at first: equal stakes, called by their engines' keys (docs/adr/0091), in the order of those. Refused: none or too many, and two that have
// a name, a key or an address in common.
Result<std::vector<settle::Seat>, Error> seats_of(std::span<const NetworkMember> cards);

struct Possession {
  ledger::NetworkId network;
  settle::ValidatorId validator;
  crypto::BlsSignature proof;
};
std::string to_json(const Possession& possession);
Result<Possession, Error> parse_possession(ByteView bytes);
inline constexpr size_t kMaxPossessionBytes = 4096;

// For the seat of that key. Refused: a draft without one, or sealed already.
Result<Possession, Error> prove_possession(const ledger::Genesis& draft, const crypto::BlsSecretKey& key);
// The draft with its committee. Refused: a proof that is missing, for another network, of nobody's seat, or that does not hold.
Result<ledger::Genesis, Error> seal(ledger::Genesis draft, std::span<const Possession> possessions);

}  // namespace sotto::node
