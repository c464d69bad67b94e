#include "note/encryption.hpp"

#include <algorithm>
#include <tuple>

#include "crypto/aead.hpp"
#include "crypto/hash.hpp"

namespace sotto::note {

using crypto::RistrettoPoint;
using crypto::RistrettoScalar;

namespace {

constexpr crypto::ChachaNonce kOnce{};  // every key below seals one message: cm and epk are hashed into it

// a * P for a scalar known to be nonzero, in a group of prime order.
RistrettoPoint product(const RistrettoPoint& p, const Secret<RistrettoScalar>& k) { return mul(p, k.expose()).value(); }

template <size_t N>
void seal(const Secret<Hash32>& key, ByteView plaintext, ByteArray<N>& out) {
  const Bytes sealed = crypto::chacha20_poly1305_seal(key, kOnce, plaintext, {});
  CHECK(sealed.size() == N);
  std::copy(sealed.begin(), sealed.end(), out.begin());
}

Secret<RistrettoScalar> esk_of(const Secret<ByteArray<32>>& esk_seed) {
  const Secret<ByteArray<64>> wide(crypto::blake2b_512("Sotto.esk", {esk_seed.expose()}));
  return Secret(RistrettoScalar::reduce512(wide.expose()));
}

Secret<Hash32> note_key(const RistrettoPoint& shared, const ByteArray<32>& epk, const Fr& cm) {
  return Secret(crypto::blake2b_256("Sotto.note", {shared.encode(), epk, cm.encode()}));
}

Secret<Hash32> sender_key(const Secret<ByteArray<32>>& ovk, const ByteArray<32>& epk, const Fr& cm) {
  return Secret(crypto::blake2b_256("Sotto.out", {ovk.expose(), epk, cm.encode()}));
}

// N-7, without the receiver's identity beyond d.
struct Plaintext {
  Diversifier diversifier{};
  Payment payment;
  Fr s;
  Secret<ByteArray<32>> esk_seed;
};

SecretBytes encode(const Plaintext& p) {
  Writer out;
  out.raw(p.diversifier);
  out.u64(p.payment.asset.id);
  out.u32(p.payment.asset.policy);
  out.u64(p.payment.value.units());
  p.s.write(out);
  out.raw(p.esk_seed.expose());
  out.u16(static_cast<uint16_t>(p.payment.memo.size()));
  out.raw(p.payment.memo);
  out.raw(Bytes(kMaxMemoBytes - p.payment.memo.size()));
  CHECK(out.bytes().size() == kNotePlaintextBytes);
  return SecretBytes(std::move(out).bytes());
}

Result<Plaintext, DecodeError> decode(ByteView bytes) {
  Reader in(bytes);
  Plaintext p;
  TRY(diversifier, in.array<16>());
  TRY(id, in.u64());
  TRY(policy, in.u32());
  TRY(value, in.u64());
  TRY(s, Fr::read(in));
  TRY(esk_seed, in.array<32>());
  TRY(memo_size, in.u16());
  if (memo_size > kMaxMemoBytes) return Failure{DecodeError::too_large};
  TRY(memo, in.raw(memo_size));
  TRY(padding, in.raw(kMaxMemoBytes - memo_size));
  TRY_OK(in.finish());
  if (std::any_of(padding.begin(), padding.end(), [](uint8_t b) { return b != 0; })) return Failure{DecodeError::non_canonical};
  p.diversifier = diversifier;
  p.payment = {{id, policy}, Amount(value), Bytes(memo.begin(), memo.end())};
  p.s = s;
  p.esk_seed = Secret(esk_seed);
  return p;
}

// The end of both ways in: decrypt under the shared point, and accept only what recomputes.
std::optional<OpenedOutput> open(const RistrettoPoint& shared, const Fr& rho, const Fr& cm, const OutputCiphertext& c,
                                 const auto& owner_and_pk) {
  const auto bytes = crypto::chacha20_poly1305_open(note_key(shared, c.epk, cm), kOnce, c.note, {});
  if (!bytes) return std::nullopt;
  const auto p = decode(bytes->expose());
  if (!p.ok()) return std::nullopt;
  OpenedOutput out;
  out.payment = p->payment;
  out.diversifier = p->diversifier;
  std::tie(out.owner, out.pk) = owner_and_pk(p->diversifier, p->esk_seed);
  out.rho = rho;
  out.s = p->s;
  if (commitment(out.note()) != cm) return std::nullopt;
  const Secret<RistrettoScalar> esk = esk_of(p->esk_seed);
  if (esk.expose().is_zero()) return std::nullopt;
  if (product(base_of(out.owner), esk).encode() != c.epk) return std::nullopt;
  return out;
}

}  // namespace

Note OpenedOutput::note() const { return {asset_of(payment.asset), payment.value, owner, rho, rcm_of(s, rho)}; }

SealedOutput seal_output(const Address& to, const Payment& payment, const Fr& rho, const Secret<ByteArray<32>>& ovk,
                         Entropy& entropy, const std::optional<Fr>& invoice_s) {
  CHECK(payment.memo.size() <= kMaxMemoBytes);
  Plaintext p;
  p.diversifier = to.diversifier;
  p.payment = payment;
  p.s = invoice_s ? *invoice_s : Fr::reduce512(entropy.bytes<64>());
  entropy.fill(p.esk_seed.expose_mutable());
  const Secret<RistrettoScalar> esk = esk_of(p.esk_seed);
  CHECK(!esk.expose().is_zero());  // chance 2^-252

  SealedOutput out;
  out.note = {asset_of(payment.asset), payment.value, to.owner, rho, rcm_of(p.s, rho)};
  out.cm = commitment(out.note);
  OutputCiphertext& c = out.ciphertext;
  c.epk = product(base_of(to.owner), esk).encode();
  const SecretBytes plaintext = encode(p);
  seal(note_key(product(to.pk, esk), c.epk, out.cm), plaintext.expose(), c.note);

  Writer copy;
  to.owner.write(copy);
  copy.raw(to.pk.encode());
  copy.raw(p.esk_seed.expose());
  const SecretBytes copy_plaintext(std::move(copy).bytes());
  seal(sender_key(ovk, c.epk, out.cm), copy_plaintext.expose(), c.sender_copy);
  return out;
}

std::optional<OpenedOutput> try_decrypt(const IncomingKeys& keys, const Fr& rho, const Fr& cm, const OutputCiphertext& c) {
  const auto shared = crypto::mul_encoded(c.epk, keys.ivk.expose());
  if (!shared) return std::nullopt;
  const auto own = [&keys](const Diversifier& d, const Secret<ByteArray<32>>&) {
    const Fr owner = keys.owner(d);
    return std::pair(owner, product(base_of(owner), keys.ivk));
  };
  return open(*shared, rho, cm, c, own);
}

std::optional<OpenedOutput> recover_sent(const Secret<ByteArray<32>>& ovk, const Fr& rho, const Fr& cm, const OutputCiphertext& c) {
  const auto bytes = crypto::chacha20_poly1305_open(sender_key(ovk, c.epk, cm), kOnce, c.sender_copy, {});
  if (!bytes) return std::nullopt;
  Reader in(bytes->expose());
  const auto owner = Fr::read(in);
  if (!owner.ok()) return std::nullopt;
  const auto pk_bytes = in.array<32>();
  const auto pk = RistrettoPoint::decode(*pk_bytes);
  if (!pk.ok()) return std::nullopt;
  const Secret<ByteArray<32>> esk_seed(*in.array<32>());
  const Secret<RistrettoScalar> esk = esk_of(esk_seed);
  if (esk.expose().is_zero()) return std::nullopt;
  bool same_seed = false;  // both copies must tell the same story
  const auto told = [&](const Diversifier&, const Secret<ByteArray<32>>& inner) {
    same_seed = equal_constant_time(inner.expose(), esk_seed.expose());
    return std::pair(*owner, *pk);
  };
  auto out = open(product(*pk, esk), rho, cm, c, told);
  if (!same_seed) return std::nullopt;
  return out;
}

}  // namespace sotto::note
