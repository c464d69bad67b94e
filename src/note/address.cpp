#include "note/address.hpp"

#include <algorithm>

#include "crypto/bech32m.hpp"
#include "crypto/hash.hpp"

namespace sotto::note {

namespace {
constexpr std::array kKinds = {NetworkKind::main, NetworkKind::test, NetworkKind::dev};
constexpr uint8_t kOldVersion = 1;
}  // namespace

const char* name(NetworkKind kind) {
  switch (kind) {
    case NetworkKind::main: return "main";
    case NetworkKind::test: return "test";
    case NetworkKind::dev: return "dev";
  }
  return "unknown";
}

NetworkTag NetworkTag::of(const Hash32& network) {
  NetworkTag tag;
  std::copy_n(network.begin(), tag.bytes.size(), tag.bytes.begin());
  return tag;
}

const char* hrp(NetworkKind kind) {
  switch (kind) {
    case NetworkKind::main: return "sotto";
    case NetworkKind::test: return "sottotest";
    case NetworkKind::dev: return "sottodev";
  }
  return "unknown";
}

const char* name(AddressError e) {
  switch (e) {
    case AddressError::not_an_address: return "not_an_address";
    case AddressError::white_space: return "white_space";
    case AddressError::link: return "link";
    case AddressError::mixed_case: return "mixed_case";
    case AddressError::bad_character: return "bad_character";
    case AddressError::too_short: return "too_short";
    case AddressError::too_long: return "too_long";
    case AddressError::wrong_checksum: return "wrong_checksum";
    case AddressError::wrong_kind: return "wrong_kind";
    case AddressError::wrong_network: return "wrong_network";
    case AddressError::unknown_prefix: return "unknown_prefix";
    case AddressError::old_version: return "old_version";
    case AddressError::unknown_version: return "unknown_version";
    case AddressError::wrong_length: return "wrong_length";
    case AddressError::bad_owner: return "bad_owner";
    case AddressError::bad_key: return "bad_key";
  }
  return "unknown";
}

Fr to_field(const Diversifier& d) {
  ByteArray<64> wide{};
  std::copy(d.begin(), d.end(), wide.end() - static_cast<ptrdiff_t>(d.size()));
  return Fr::reduce512(wide);  // 128 bits: nothing to reduce
}

crypto::RistrettoPoint base_of(const Fr& owner) {
  return crypto::ristretto_from_hash(crypto::blake2b_512("Sotto.base", {owner.encode()}));
}

ByteArray<Address::kBytes> encode(const Address& address) {
  Writer out;
  out.u8(Address::kVersion);
  out.raw(address.diversifier);
  address.owner.write(out);
  out.raw(address.pk.encode());
  out.raw(address.network.bytes);
  ByteArray<Address::kBytes> bytes;
  CHECK(out.bytes().size() == bytes.size());
  std::copy(out.bytes().begin(), out.bytes().end(), bytes.begin());
  return bytes;
}

Result<Address, AddressError> decode_address(ByteView bytes) {
  if (bytes.empty()) return Failure{AddressError::wrong_length};
  if (bytes[0] == kOldVersion) return Failure{AddressError::old_version};
  if (bytes[0] != Address::kVersion) return Failure{AddressError::unknown_version};
  if (bytes.size() != Address::kBytes) return Failure{AddressError::wrong_length};
  Address out;
  std::copy_n(bytes.begin() + 1, out.diversifier.size(), out.diversifier.begin());
  const auto owner = Fr::decode(bytes.subspan(17, 32));
  if (!owner.ok()) return Failure{AddressError::bad_owner};
  out.owner = *owner;
  const auto pk = crypto::RistrettoPoint::decode(bytes.subspan(49, 32));
  if (!pk.ok()) return Failure{AddressError::bad_key};
  out.pk = *pk;
  std::copy_n(bytes.begin() + 81, out.network.bytes.size(), out.network.bytes.begin());
  return out;
}

std::string to_text(const Address& address, NetworkKind kind) { return crypto::bech32m_encode(hrp(kind), encode(address)); }

size_t address_text_size(NetworkKind kind) { return crypto::bech32m_encode(hrp(kind), Bytes(Address::kBytes)).size(); }

namespace {

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// ASCII, any case.
bool begins_with(std::string_view text, std::string_view lower) {
  const auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b; };
  return text.size() >= lower.size() && std::equal(lower.begin(), lower.end(), text.begin(), [&](char b, char a) { return same(a, b); });
}

// Why a text does not decode, in the words of whoever typed or pasted it.
AddressError diagnosis(std::string_view text, crypto::Bech32mReject reject) {
  if (std::ranges::any_of(text, is_space)) return AddressError::white_space;
  if (begins_with(text, "sotto:")) return AddressError::link;
  for (const auto kind : kKinds) {
    const std::string prefix = std::string(hrp(kind)) + "1";
    if (!begins_with(text, prefix)) continue;
    if (reject == crypto::Bech32mReject::mixed_case) return AddressError::mixed_case;
    const bool second_separator = text.find('1', prefix.size()) != std::string_view::npos;
    if (reject == crypto::Bech32mReject::bad_character || second_separator) return AddressError::bad_character;
    if (text.size() < address_text_size(kind)) return AddressError::too_short;
    if (text.size() > address_text_size(kind)) return AddressError::too_long;
    return reject == crypto::Bech32mReject::bad_padding ? AddressError::wrong_length : AddressError::wrong_checksum;
  }
  return AddressError::not_an_address;
}

}  // namespace

Result<NamedAddress, AddressError> any_address_from_text(std::string_view text) {
  const auto decoded = crypto::bech32m_decode(text, kMaxAddressText);
  if (!decoded.ok()) return Failure{diagnosis(text, decoded.error())};
  for (const auto kind : kKinds) {
    if (decoded->prefix != hrp(kind)) continue;
    TRY(address, decode_address(decoded->data));
    return NamedAddress{kind, address};
  }
  return Failure{AddressError::unknown_prefix};
}

Result<Address, AddressError> address_from_text(std::string_view text, const NetworkMark& network) {
  TRY(named, any_address_from_text(text));
  if (named.kind != network.kind) return Failure{AddressError::wrong_kind};
  if (named.address.network != network.tag) return Failure{AddressError::wrong_network};
  return named.address;
}

}  // namespace sotto::note
