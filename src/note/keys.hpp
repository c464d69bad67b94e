// Keys of an account (docs/spec/data.md K-1 .. K-5). Three levels of power, each a type:
//   IncomingKeys  find and open what was received (scanning)
//   ViewingKeys   also see what was spent and sent, and prove (but not authorise) payments; make addresses
//   AccountKeys   also spend
#pragma once
#include "base/secret.hpp"
#include "crypto/jubjub.hpp"
#include "note/address.hpp"

namespace sotto::note {

using Seed = Secret<ByteArray<64>>;                     // BIP-39 seed (K-1)

struct IncomingKeys {
  NetworkTag network;                                   // whose account this is: its addresses say so
  Fr account;                                           // H(ACCOUNT; ak.u, ak.v, nk); links all addresses, so keep it
  Secret<crypto::RistrettoScalar> ivk;                  // never 0
  // H(OWNER; account, d, 0).
  Fr owner(const Diversifier& d) const;
};

struct ViewingKeys {
  crypto::JubjubAffine ak;                              // [ask]G_J, prime order
  Secret<Fr> nk;
  IncomingKeys incoming;
  Secret<ByteArray<32>> ovk;                            // opens the sender's copies
  Secret<ByteArray<32>> dk;                             // permutes address indices

  Address address(uint64_t index) const;
  // AES-256 under dk of the index as 16 big-endian bytes (K-5).
  Diversifier diversifier(uint64_t index) const;
  // The index of one of our diversifiers; nullopt for any other 16 bytes (but for chance 2^-64).
  std::optional<uint64_t> index_of(const Diversifier& d) const;
};

class AccountKeys {
 public:
  // Same seed, network and index: same keys. Other network: unrelated keys.
  static AccountKeys derive(const Seed& seed, const Hash32& network, uint32_t account_index);
  const Secret<crypto::JubjubScalar>& ask() const { return ask_; }
  const ViewingKeys& view() const { return view_; }

 private:
  AccountKeys() = default;
  Secret<crypto::JubjubScalar> ask_;
  ViewingKeys view_;
};

}  // namespace sotto::note
