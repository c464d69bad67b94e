#include "node/network_file.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace sotto::node {

using Json = nlohmann::ordered_json;

namespace {

constexpr int kVersion = 2;
constexpr size_t kMaxName = 64;
constexpr const char* kFields[] = {"name", "vote_key", "consensus_key", "engine_node", "engine", "api", "api_key"};

Failure<Error> refuse(const std::string& why) { return Failure{Error{"network file: " + why}}; }

bool printable(const std::string& text) {
  return !text.empty() && text.size() <= kMaxName && std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; });
}

template <size_t N>
std::optional<ByteArray<N>> array_of(const std::string& hex) {
  const auto bytes = from_hex(hex);
  if (!bytes || bytes->size() != N) return std::nullopt;
  ByteArray<N> out;
  std::copy(bytes->begin(), bytes->end(), out.begin());
  return out;
}

Result<NetworkMember, Error> member_of(const Json& json) {
  if (!json.is_object() || json.size() != std::size(kFields)) return refuse("a member is not what it should be");
  std::vector<std::string> text;
  for (const char* field : kFields) {
    if (!json.contains(field) || !json[field].is_string()) return refuse(std::string("a member lacks ") + field);
    text.push_back(json[field].get<std::string>());
  }
  if (!printable(text[0])) return refuse("a member's name is not printable");
  const auto vote_bytes = array_of<crypto::BlsPublicKey::kBytes>(text[1]);
  const auto consensus = array_of<32>(text[2]);
  const auto node = array_of<20>(text[3]);
  const auto engine_at = parse_endpoint(text[4]);
  auto api = parse_endpoint(text[5]);
  const auto api_key = array_of<32>(text[6]);
  if (!vote_bytes || !consensus || !node || !engine_at || !api || !api_key) return refuse(text[0] + ": a key or an address does not parse");
  const auto vote = crypto::BlsPublicKey::decode(*vote_bytes);
  if (!vote.ok()) return refuse(text[0] + ": its vote key is no key");
  api->key = *api_key;
  return NetworkMember{text[0], *vote, *consensus, to_hex(*node), *engine_at, *api};
}

Json json_of(const NetworkMember& m) {
  return {{"name", m.name},
          {"vote_key", to_hex(m.vote_key.encode())},
          {"consensus_key", to_hex(m.consensus_key)},
          {"engine_node", m.engine_node},
          {"engine", net::to_string(m.engine_at)},
          {"api", net::to_string(m.api)},
          {"api_key", to_hex(m.api.key.value())}};
}

}  // namespace

std::optional<net::Endpoint> parse_endpoint(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view address = text.substr(0, colon);
  const auto port = net::parse_u64(text.substr(colon + 1));
  if (!port || *port == 0 || *port > 65535) return std::nullopt;
  if (address == "localhost") address = "127.0.0.1";
  if (address.size() > 2 && address.front() == '[' && address.back() == ']') address = address.substr(1, address.size() - 2);
  else if (address.find(':') != std::string_view::npos) return std::nullopt;
  const bool plain = !address.empty() && std::ranges::all_of(address, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == '.' || c == ':';
  });
  if (!plain) return std::nullopt;
  return net::Endpoint{std::string(address), static_cast<uint16_t>(*port)};
}

std::optional<net::Endpoint> parse_relay(std::string_view text) {
  const size_t at = text.find('@');
  if (at == std::string_view::npos) return std::nullopt;
  auto endpoint = parse_endpoint(text.substr(at + 1));
  const auto key = array_of<32>(std::string(text.substr(0, at)));
  if (!endpoint || !key) return std::nullopt;
  endpoint->key = *key;
  return endpoint;
}

std::string to_json(const NetworkMember& member) { return json_of(member).dump(2) + "\n"; }

Result<NetworkMember, Error> parse_card(ByteView bytes) {
  if (bytes.size() > kMaxNetworkFileBytes) return refuse("too long");
  return member_of(Json::parse(bytes, nullptr, false));
}

std::string to_json(const NetworkFile& file) {
  Json members = Json::array();
  for (const auto& m : file.members) members.push_back(json_of(m));
  const Json json = {{"version", kVersion}, {"genesis", to_hex(file.genesis)}, {"genesis_time_ms", file.genesis_time_ms}, {"validators", members}};
  return json.dump(2) + "\n";
}

Result<NetworkFile, Error> parse_network_file(ByteView bytes) {
  if (bytes.size() > kMaxNetworkFileBytes) return refuse("too long");
  const auto json = Json::parse(bytes, nullptr, false);
  const bool sound = json.is_object() && json.size() == 4 && json.contains("version") && json.contains("genesis") && json.contains("genesis_time_ms") &&
                     json.contains("validators") && json["genesis"].is_string() && json["genesis_time_ms"].is_number_unsigned() &&
                     json["validators"].is_array();
  if (!sound) return refuse("not one");
  if (json["version"] != kVersion) return refuse("of another version");
  const auto genesis = array_of<32>(json["genesis"].get<std::string>());
  if (!genesis) return refuse("its genesis hash does not parse");
  if (json["validators"].size() > settle::kMaxValidators) return refuse("too many validators");
  NetworkFile file{*genesis, json["genesis_time_ms"].get<uint64_t>(), {}};
  for (const auto& m : json["validators"]) {
    TRY(member, member_of(m));
    if (std::ranges::any_of(file.members, [&](const auto& other) { return other.api.key == member.api.key; }))
      return refuse(member.name + ": its API key is another's");
    file.members.push_back(std::move(member));
  }
  return file;
}

Result<std::vector<NetworkMember>, Error> in_committee_order(const NetworkFile& file, const settle::Committee& committee) {
  std::vector<NetworkMember> ordered;
  for (const auto& validator : committee.validators()) {
    const auto found = std::ranges::find(file.members, validator.key, &NetworkMember::vote_key);
    if (found == file.members.end()) return refuse("a validator of genesis is missing");
    if (found->consensus_key != validator.id.value) return refuse(found->name + ": genesis has another engine key for it");
    ordered.push_back(*found);
  }
  for (const auto& member : file.members) {
    if (std::ranges::any_of(committee.validators(), [&](const auto& v) { return v.key == member.vote_key; })) continue;
    ordered.push_back(member);
  }
  for (size_t i = 0; i < ordered.size(); ++i)
    for (size_t j = 0; j < i; ++j)
      if (ordered[i].vote_key == ordered[j].vote_key || ordered[i].consensus_key == ordered[j].consensus_key)
        return refuse(ordered[i].name + ": a key of it is another's");
  return ordered;
}

}  // namespace sotto::node
