#include "note/address.hpp"

#include <algorithm>

#include "crypto/bech32m.hpp"
#include "crypto/hash.hpp"

namespace sotto::note {

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
    case AddressError::wrong_network: return "wrong_network";
    case AddressError::unknown_prefix: return "unknown_prefix";
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
  ByteArray<Address::kBytes> bytes;
  CHECK(out.bytes().size() == bytes.size());
  std::copy(out.bytes().begin(), out.bytes().end(), bytes.begin());
  return bytes;
}

Result<Address, AddressError> decode_address(ByteView bytes) {
  if (bytes.empty()) return Failure{AddressError::wrong_length};
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
  return out;
}

std::string to_text(const Address& address, NetworkKind network) {
  return crypto::bech32m_encode(hrp(network), encode(address));
}

Result<Address, AddressError> address_from_text(std::string_view text, NetworkKind network) {
  const auto decoded = crypto::bech32m_decode(text, kMaxAddressText);
  if (!decoded.ok()) return Failure{AddressError::not_an_address};
  if (decoded->prefix != hrp(network)) {
    for (const auto other : {NetworkKind::main, NetworkKind::test, NetworkKind::dev}) {
      if (decoded->prefix == hrp(other)) return Failure{AddressError::wrong_network};
    }
    return Failure{AddressError::unknown_prefix};
  }
  return decode_address(decoded->data);
}

}  // namespace sotto::note
