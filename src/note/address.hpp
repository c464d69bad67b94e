// Addresses (K-5, K-6): where to pay. 81 bytes, in text bech32m with one human-readable part a network.
#pragma once
#include "crypto/fr.hpp"
#include "crypto/ristretto.hpp"

namespace sotto::note {

using crypto::Fr;

enum class NetworkKind : uint8_t { main, test, dev };
// "sotto", "sottotest", "sottodev".
const char* hrp(NetworkKind kind);

// A keyed permutation of the address's index: two addresses of one account show no relation.
using Diversifier = ByteArray<16>;
Fr to_field(const Diversifier& d);

// g(owner), the encryption base: hash-to-group of B("Sotto.base"; owner).
crypto::RistrettoPoint base_of(const Fr& owner);

struct Address {
  static constexpr uint8_t kVersion = 1;
  static constexpr size_t kBytes = 1 + 16 + 32 + 32;
  Diversifier diversifier{};
  Fr owner;
  crypto::RistrettoPoint pk = crypto::RistrettoPoint::generator();  // ivk * g(owner); never the identity
  friend bool operator==(const Address&, const Address&) = default;
};

enum class AddressError : uint8_t {
  not_an_address,    // not bech32m at all: characters, case, separator, checksum
  wrong_network,     // a good address of another network
  unknown_prefix,    // bech32m of something else
  unknown_version,
  wrong_length,
  bad_owner,         // not a canonical field element
  bad_key,           // not a canonical ristretto255 point, or the identity
};
const char* name(AddressError e);

ByteArray<Address::kBytes> encode(const Address& address);
Result<Address, AddressError> decode_address(ByteView bytes);
inline constexpr size_t kMaxAddressText = 160;   // longer text is refused unread
std::string to_text(const Address& address, NetworkKind network);
Result<Address, AddressError> address_from_text(std::string_view text, NetworkKind network);

}  // namespace sotto::note
