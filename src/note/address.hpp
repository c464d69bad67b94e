// Addresses (K-5, K-6): where to pay, and on which network. 89 bytes; in text bech32m with one human-readable part a kind of network.
#pragma once
#include "crypto/fr.hpp"
#include "crypto/ristretto.hpp"

namespace sotto::note {

using crypto::Fr;

// As genesis says (ledger::GenesisContent). A number never changes its meaning.
enum class NetworkKind : uint8_t { main = 1, test = 2, dev = 3 };
// "main", "test", "dev".
const char* name(NetworkKind kind);
// "sotto", "sottotest", "sottodev".
const char* hrp(NetworkKind kind);

// The first bytes of a network's id, which every address of it carries. By chance two networks share them with probability 2^-64;
// making a second one with the same takes as many hashes.
struct NetworkTag {
  ByteArray<8> bytes{};
  static NetworkTag of(const Hash32& network);
  std::string hex() const { return to_hex(bytes); }
  friend bool operator==(const NetworkTag&, const NetworkTag&) = default;
};
// What the text of an address says about its network.
struct NetworkMark {
  NetworkKind kind;
  NetworkTag tag;
};

// A keyed permutation of the address's index: two addresses of one account show no relation.
using Diversifier = ByteArray<16>;
Fr to_field(const Diversifier& d);

// g(owner), the encryption base: hash-to-group of B("Sotto.base"; owner).
crypto::RistrettoPoint base_of(const Fr& owner);

// Made by an account's keys, which know their network, or read from text: so it always says where it can be paid.
struct Address {
  static constexpr uint8_t kVersion = 2;
  static constexpr size_t kBytes = 1 + 16 + 32 + 32 + sizeof(NetworkTag);
  Diversifier diversifier{};
  Fr owner;
  crypto::RistrettoPoint pk = crypto::RistrettoPoint::generator();  // ivk * g(owner); never the identity
  NetworkTag network;                    // a default one is of no network: nobody pays it
  friend bool operator==(const Address&, const Address&) = default;
};

enum class AddressError : uint8_t {
  not_an_address,    // does not begin like one
  white_space,       // in it, before it or after it
  link,              // "sotto:…"
  mixed_case,
  bad_character,     // one that bech32m does not have
  too_short,         // begins like one and is cut off, or has more: told before the checksum, which fits neither
  too_long,
  wrong_checksum,    // a character is another, or two are swapped
  wrong_kind,        // a good address of another kind of network
  wrong_network,     // a good address of another network of this kind
  unknown_prefix,    // bech32m of something else
  old_version,       // version 1, which named no network: nobody can tell whether it is one of this network
  unknown_version,
  wrong_length,      // with a checksum that fits: nobody's typing
  bad_owner,         // not a canonical field element
  bad_key,           // not a canonical ristretto255 point, or the identity
};
const char* name(AddressError e);

ByteArray<Address::kBytes> encode(const Address& address);
Result<Address, AddressError> decode_address(ByteView bytes);
inline constexpr size_t kMaxAddressText = 160;   // longer text is not decoded
size_t address_text_size(NetworkKind kind);      // in characters
std::string to_text(const Address& address, NetworkKind kind);
// An address of any network.
struct NamedAddress {
  NetworkKind kind;
  Address address;
};
Result<NamedAddress, AddressError> any_address_from_text(std::string_view text);
// An address of this network.
Result<Address, AddressError> address_from_text(std::string_view text, const NetworkMark& network);

}  // namespace sotto::note
