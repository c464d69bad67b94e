#include "note/keys.hpp"

#include <openssl/evp.h>

#include <algorithm>

#include "crypto/hash.hpp"
#include "crypto/poseidon2.hpp"

namespace sotto::note {

using crypto::Tag;

namespace {

// One block of AES-256, a permutation of 16 bytes.
ByteArray<16> aes256(const Secret<ByteArray<32>>& key, const ByteArray<16>& block, bool forward) {
  EVP_CIPHER_CTX* ctx = EVP_CIPHER_CTX_new();
  CHECK(ctx != nullptr);
  ByteArray<16> out{};
  int length = 0;
  CHECK(EVP_CipherInit_ex(ctx, EVP_aes_256_ecb(), nullptr, key.expose().data(), nullptr, forward ? 1 : 0) == 1);
  CHECK(EVP_CIPHER_CTX_set_padding(ctx, 0) == 1);
  CHECK(EVP_CipherUpdate(ctx, out.data(), &length, block.data(), static_cast<int>(block.size())) == 1);
  CHECK(length == static_cast<int>(out.size()));
  EVP_CIPHER_CTX_free(ctx);  // wipes the key schedule
  return out;
}

Secret<ByteArray<32>> first_half(const Secret<ByteArray<64>>& wide) {
  Secret<ByteArray<32>> out;
  std::copy_n(wide.expose().begin(), 32, out.expose_mutable().begin());
  return out;
}

}  // namespace

Fr IncomingKeys::owner(const Diversifier& d) const { return crypto::hash(Tag::owner, account, to_field(d), Fr::zero()); }

Diversifier ViewingKeys::diversifier(uint64_t index) const {
  ByteArray<16> block{};
  for (size_t i = 0; i < 8; ++i) block[15 - i] = static_cast<uint8_t>(index >> (8 * i));
  return aes256(dk, block, true);
}

std::optional<uint64_t> ViewingKeys::index_of(const Diversifier& d) const {
  const ByteArray<16> block = aes256(dk, d, false);
  uint64_t high = 0, low = 0;
  for (size_t i = 0; i < 8; ++i) {
    high = (high << 8) | block[i];
    low = (low << 8) | block[8 + i];
  }
  if (high != 0) return std::nullopt;
  return low;
}

Address ViewingKeys::address(uint64_t index) const {
  Address out;
  out.diversifier = diversifier(index);
  out.owner = incoming.owner(out.diversifier);
  out.pk = mul(base_of(out.owner), incoming.ivk.expose()).value();  // ivk != 0 and the group has prime order
  out.network = incoming.network;
  return out;
}

AccountKeys AccountKeys::derive(const Seed& seed, const Hash32& network, uint32_t account_index) {
  Writer index;
  index.u32(account_index);
  const Secret<ByteArray<64>> account(crypto::blake2b_512("Sotto.account.v1", {network, index.bytes()}, seed.expose()));
  const auto derive = [&account](std::string_view label) {
    return Secret<ByteArray<64>>(crypto::blake2b_512(label, {}, account.expose()));
  };
  AccountKeys out;
  out.ask_ = Secret(crypto::JubjubScalar::reduce512(derive("Sotto.ask").expose()));
  CHECK(!out.ask_.expose().is_zero());  // chance 2^-252 over seeds
  ViewingKeys& view = out.view_;
  view.nk = Secret(Fr::reduce512(derive("Sotto.nk").expose()));
  view.ovk = first_half(derive("Sotto.ovk"));
  view.dk = first_half(derive("Sotto.diversifier"));
  view.ak = crypto::jubjub_mul_generator(out.ask_.expose()).affine();
  view.incoming.network = NetworkTag::of(network);
  view.incoming.account = crypto::hash(Tag::account, view.ak.u, view.ak.v, view.nk.expose());
  const Secret<ByteArray<32>> view_seed = first_half(derive("Sotto.view"));
  const Secret<ByteArray<64>> ivk(crypto::blake2b_512("Sotto.ivk", {view.incoming.account.encode(), view_seed.expose()}));
  view.incoming.ivk = Secret(crypto::RistrettoScalar::reduce512(ivk.expose()));
  CHECK(!view.incoming.ivk.expose().is_zero());
  return out;
}

}  // namespace sotto::note
