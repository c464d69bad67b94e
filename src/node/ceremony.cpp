#include "node/ceremony.hpp"

#include "node/dev_genesis.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace sotto::node {

using Json = nlohmann::ordered_json;

namespace {

constexpr const char* kFields[] = {"version", "network", "validator", "possession"};

Failure<Error> refuse(const std::string& why) { return Failure{Error{"genesis: " + why}}; }

template <size_t N>
std::optional<ByteArray<N>> array_of(const Json& hex) {
  if (!hex.is_string()) return std::nullopt;
  const auto bytes = from_hex(hex.get<std::string>());
  if (!bytes || bytes->size() != N) return std::nullopt;
  ByteArray<N> out;
  std::ranges::copy(*bytes, out.begin());
  return out;
}

}  // namespace

Result<std::vector<settle::Seat>, Error> seats_of(std::span<const NetworkMember> cards) {
  if (cards.empty() || cards.size() > settle::kMaxValidators) return refuse("a network has 1 to " + std::to_string(settle::kMaxValidators) + " validators");
  const auto shared = [&](const auto& what) {
    for (size_t i = 0; i < cards.size(); ++i)
      for (size_t j = 0; j < i; ++j)
        if (what(cards[i]) == what(cards[j])) return true;
    return false;
  };
  if (shared([](const auto& c) { return c.name; })) return refuse("two validators of one name");
  if (shared([](const auto& c) { return c.vote_key.encode(); })) return refuse("two validators with one vote key");
  if (shared([](const auto& c) { return c.consensus_key; })) return refuse("two validators with one engine key");
  if (shared([](const auto& c) { return c.engine_node; })) return refuse("two validators with one engine node");
  if (shared([](const auto& c) { return *c.api.key; })) return refuse("two validators with one TLS key");
  if (shared([](const auto& c) { return to_string(c.api); }) || shared([](const auto& c) { return to_string(c.engine_at); }))
    return refuse("two validators at one address");
  std::vector<settle::Seat> seats;
  for (const auto& card : cards) seats.push_back({{card.consensus_key}, kDevStake, card.vote_key});
  std::ranges::sort(seats, {}, &settle::Seat::id);
  return seats;
}

std::string to_json(const Possession& possession) {
  return Json{{"version", 1},
              {"network", possession.network.hex()},
              {"validator", possession.validator.hex()},
              {"possession", to_hex(possession.proof.encode())}}
             .dump(2) +
         "\n";
}

Result<Possession, Error> parse_possession(ByteView bytes) {
  if (bytes.size() > kMaxPossessionBytes) return refuse("a proof of possession is too long");
  const auto json = Json::parse(bytes, nullptr, false);
  const bool sound = json.is_object() && json.size() == std::size(kFields) &&
                     std::ranges::all_of(kFields, [&](const char* field) { return json.contains(field); }) && json["version"] == 1;
  if (!sound) return refuse("that is no proof of possession");
  const auto network = array_of<32>(json["network"]), validator = array_of<32>(json["validator"]);
  const auto proof_bytes = array_of<crypto::BlsSignature::kBytes>(json["possession"]);
  if (!network || !validator || !proof_bytes) return refuse("a proof of possession does not parse");
  const auto proof = crypto::BlsSignature::decode(*proof_bytes);
  if (!proof.ok()) return refuse("a proof of possession is no signature");
  return Possession{{*network}, {*validator}, *proof};
}

Result<Possession, Error> prove_possession(const ledger::Genesis& draft, const crypto::BlsSecretKey& key) {
  if (!draft.committee_proofs.empty()) return refuse("it is sealed already");
  const auto seats = settle::decode_seats(draft.content.committee);
  if (!seats.ok()) return refuse(std::string("its seats do not parse: ") + name(seats.error()));
  const auto own = std::ranges::find(*seats, key.public_key(), &settle::Seat::key);
  if (own == seats->end()) return refuse("there is no seat for this validator's key in it");
  const auto network = ledger::network_id(draft.content);
  return Possession{network, own->id, settle::make_validator(network, own->id, own->stake, key).possession};
}

Result<ledger::Genesis, Error> seal(ledger::Genesis draft, std::span<const Possession> possessions) {
  if (!draft.committee_proofs.empty()) return refuse("it is sealed already");
  const auto seats = settle::decode_seats(draft.content.committee);
  if (!seats.ok()) return refuse(std::string("its seats do not parse: ") + name(seats.error()));
  const auto network = ledger::network_id(draft.content);
  for (const auto& p : possessions) {
    if (p.network != network) return refuse("a proof of possession is for another network");
    if (std::ranges::find(*seats, p.validator, &settle::Seat::id) == seats->end()) return refuse("a proof of possession is of nobody in it");
  }
  std::vector<settle::Validator> validators;
  for (const auto& seat : *seats) {
    const auto own = std::ranges::find(possessions, seat.id, &Possession::validator);
    if (own == possessions.end()) return refuse("the proof of possession of validator " + seat.id.hex() + " is missing");
    validators.push_back({seat.id, seat.stake, seat.key, own->proof});
  }
  const auto committee = settle::Committee::create(network, 0, std::move(validators));
  if (!committee.ok()) return refuse(std::string("the committee is refused: ") + name(committee.error()));
  draft.committee_proofs = committee->encode();
  return draft;
}

}  // namespace sotto::node
