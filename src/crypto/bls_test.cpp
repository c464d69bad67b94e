#include "crypto/bls.hpp"

#include <blst_aux.h>
#include <gtest/gtest.h>

#include "crypto/random.hpp"
#include "crypto/vectors_for_test.hpp"

namespace sotto::crypto {
namespace {

struct Bls : ::testing::Test {
  SystemEntropy entropy;
  BlsSecretKey sk = BlsSecretKey::random(entropy), other = BlsSecretKey::random(entropy);
  Bytes message = Bytes(40, 9);

  static BlsSignature plus(const BlsSignature& s, const G1& x) {
    return BlsSignature::decode((G1(s.point()) + x).affine().encode()).value();
  }
  static BlsPublicKey key(const G2& x) { return BlsPublicKey::decode(x.affine().encode()).value(); }
  static BlsSignature signature(const G1& x) { return BlsSignature::decode(x.affine().encode()).value(); }
  static G2 negated(G2 p) {
    blst_p2_cneg(&p.raw(), true);
    return p;
  }
};

Bytes with_header(size_t size, uint8_t first) {
  Bytes out(size);
  out[0] = first;
  return out;
}

}  // namespace

TEST(BlsVectors, rfc_9380) {
  std::map<std::string, int> ran;
  for (const auto& f : vector_lines("rfc9380/rfc9380.txt")) {
    ++ran[f[0]];
    const std::string dst_text = f[1], text = f[2] == "-" ? "" : f[2];
    const ByteView dst = view(dst_text), message = view(text);
    if (f[0] == "g1") {
      blst_p1 p;
      blst_p1_affine a;
      ByteArray<96> out;
      blst_hash_to_g1(&p, message.data(), message.size(), dst.data(), dst.size(), nullptr, 0);
      blst_p1_to_affine(&a, &p);
      blst_p1_affine_serialize(out.data(), &a);
      EXPECT_EQ(to_hex(out), f[3] + f[4]);
    } else if (f[0] == "g2") {
      blst_p2 p;
      blst_p2_affine a;
      ByteArray<192> out;
      blst_hash_to_g2(&p, message.data(), message.size(), dst.data(), dst.size(), nullptr, 0);
      blst_p2_to_affine(&a, &p);
      blst_p2_affine_serialize(out.data(), &a);
      EXPECT_EQ(to_hex(out), f[3] + f[4] + f[5] + f[6]);
    } else {
      Bytes out(f[3].size() / 2);
      blst_expand_message_xmd(out.data(), out.size(), message.data(), message.size(), dst.data(), dst.size());
      EXPECT_EQ(to_hex(out), f[3]);
    }
  }
  EXPECT_EQ(ran["g1"], 5);
  EXPECT_EQ(ran["g2"], 5);
  EXPECT_EQ(ran["xmd"], 20);
}

TEST_F(Bls, signs_verifies_and_round_trips) {
  const auto pk = sk.public_key();
  const auto s = bls_sign(sk, message);
  EXPECT_TRUE(bls_verify(pk, message, s).ok());
  EXPECT_EQ(bls_verify(pk, view("other"), s).error(), BlsReject::bad_signature);
  EXPECT_EQ(bls_verify(other.public_key(), message, s).error(), BlsReject::bad_signature);
  EXPECT_EQ(BlsPublicKey::decode(pk.encode()).value(), pk);
  EXPECT_EQ(BlsSignature::decode(s.encode()).value(), s);
  const auto again = BlsSecretKey::decode(sk.encode().expose()).value();
  EXPECT_EQ(again.public_key(), pk);
  EXPECT_EQ(BlsSecretKey::decode(Bytes(32)).error(), DecodeError::non_canonical);
  EXPECT_EQ(BlsSecretKey::decode(Bytes(32, 0xff)).error(), DecodeError::non_canonical);
  EXPECT_EQ(BlsSecretKey::decode(unhex("73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001")).error(),
            DecodeError::non_canonical);
  EXPECT_TRUE(bls_verify(pk, {}, bls_sign(sk, ByteView{})).ok());
}

TEST_F(Bls, every_bit_flip_of_a_signature_is_refused) {
  const auto bytes = bls_sign(sk, message).encode();
  int decoded = 0;
  for (size_t bit = 0; bit < 384; ++bit) {
    auto t = bytes;
    t[bit / 8] ^= static_cast<uint8_t>(0x80u >> (bit % 8));
    const auto s = BlsSignature::decode(t);
    if (!s.ok()) continue;
    ++decoded;  // the sign bit: a valid point, the wrong one
    EXPECT_FALSE(bls_verify(sk.public_key(), message, *s).ok());
  }
  EXPECT_EQ(decoded, 1);
}

TEST_F(Bls, infinity_and_foreign_encodings_are_refused) {
  EXPECT_EQ(BlsPublicKey::decode(with_header(96, 0xc0)).error(), DecodeError::point_at_infinity);
  EXPECT_EQ(BlsSignature::decode(with_header(48, 0xc0)).error(), DecodeError::point_at_infinity);
  EXPECT_FALSE(BlsPublicKey::decode(with_header(96, 0xe0)).ok());
  EXPECT_FALSE(BlsSignature::decode(with_header(48, 0xe0)).ok());
  EXPECT_FALSE(BlsSignature::decode(with_header(48, 0x40)).ok()) << "uncompressed flag";
  // x = 0 is on the curve of G1 (y = 2) but not in the subgroup; x >= p is no field element.
  EXPECT_EQ(BlsSignature::decode(with_header(48, 0x80)).error(), DecodeError::not_in_subgroup);
  Bytes big(48, 0xff);
  big[0] = 0x9f;
  EXPECT_FALSE(BlsSignature::decode(big).ok());
  // Find a G2 curve point: almost none is in the subgroup.
  int outside = 0;
  for (uint8_t x = 1; x < 40; ++x) {
    Bytes bytes = with_header(96, 0x80);
    bytes[95] = x;
    const auto pk = BlsPublicKey::decode(bytes);
    ASSERT_FALSE(pk.ok());
    outside += pk.error() == DecodeError::not_in_subgroup;
  }
  EXPECT_GT(outside, 5);
  EXPECT_EQ(BlsSignature::decode(Bytes(47)).error(), DecodeError::truncated);
  EXPECT_EQ(BlsSignature::decode(Bytes(96)).error(), DecodeError::trailing_bytes);
}

TEST_F(Bls, aggregates) {
  std::vector<BlsPublicKey> keys;
  std::vector<BlsSignature> shares;
  for (int i = 0; i < 5; ++i) {
    const auto k = BlsSecretKey::random(entropy);
    keys.push_back(k.public_key());
    shares.push_back(bls_sign(k, message));
  }
  const auto key = aggregate_public_keys(keys).value();
  const auto signature = aggregate(shares).value();
  EXPECT_TRUE(bls_fast_aggregate_verify(key, message, signature).ok());
  EXPECT_FALSE(bls_fast_aggregate_verify(key, view("other"), signature).ok());
  shares.pop_back();
  EXPECT_FALSE(bls_fast_aggregate_verify(key, message, aggregate(shares).value()).ok());
  // The same key twice is the same key twice: doubling inside the sum works.
  const std::vector<BlsSignature> twice = {bls_sign(sk, message), bls_sign(sk, message)};
  const std::vector<BlsPublicKey> key_twice = {sk.public_key(), sk.public_key()};
  const auto key_sum = aggregate_public_keys(key_twice).value();
  EXPECT_TRUE(bls_fast_aggregate_verify(key_sum, message, aggregate(twice).value()).ok());
  EXPECT_EQ(aggregate({}).error(), BlsReject::empty);
  EXPECT_EQ(aggregate_public_keys({}).error(), BlsReject::empty);
}

TEST_F(Bls, possession_is_bound_to_key_and_context_and_domain) {
  const auto pk = sk.public_key();
  const auto proof = bls_prove_possession(sk, view("validator 1, net A"));
  EXPECT_TRUE(bls_verify_possession(pk, view("validator 1, net A"), proof).ok());
  EXPECT_FALSE(bls_verify_possession(pk, view("validator 2, net A"), proof).ok());
  EXPECT_FALSE(bls_verify_possession(pk, view("validator 1, net B"), proof).ok());
  EXPECT_FALSE(bls_verify_possession(other.public_key(), view("validator 1, net A"), proof).ok());
  // Not a vote over the same bytes, and a vote is not a proof.
  Writer w;
  pk.write(w);
  w.raw(view("validator 1, net A"));
  EXPECT_FALSE(bls_verify(pk, w.bytes(), proof).ok());
  EXPECT_FALSE(bls_verify_possession(pk, view("validator 1, net A"), bls_sign(sk, w.bytes())).ok());
}

// pk' = [x]g2 - pk: the aggregate with pk is [x]g2, which the attacker signs for alone. Only possession stops it.
TEST_F(Bls, rogue_key_has_no_possession) {
  const auto honest = other.public_key();
  const auto rogue = key(G2(sk.public_key().point()) + negated(honest.point()));
  const std::vector<BlsPublicKey> both = {honest, rogue};
  EXPECT_TRUE(bls_fast_aggregate_verify(aggregate_public_keys(both).value(), message, bls_sign(sk, message)).ok());
  EXPECT_FALSE(bls_verify_possession(rogue, view("c"), bls_prove_possession(sk, view("c"))).ok());
  EXPECT_FALSE(bls_verify_possession(rogue, view("c"), bls_prove_possession(other, view("c"))).ok());
  // Two proofs over one message would give the rogue key's as their difference: the message names the key, so there are no two.
  const auto of_victim = bls_prove_possession(other, view("c"));
  EXPECT_FALSE(bls_verify_possession(rogue, view("c"), plus(bls_prove_possession(sk, view("c")), -G1(of_victim.point()))).ok());
}

// pk1 + pk2 = 0, both with possession (eprint 2021/323).
TEST_F(Bls, splitting_zero_is_refused) {
  const Fr x = Fr::decode(sk.encode().expose()).value();
  const auto minus = BlsSecretKey::decode((-x).encode()).value();
  EXPECT_TRUE(bls_verify_possession(minus.public_key(), view("c"), bls_prove_possession(minus, view("c"))).ok());
  const std::vector<BlsPublicKey> keys = {sk.public_key(), minus.public_key()};
  EXPECT_EQ(aggregate_public_keys(keys).error(), BlsReject::infinity);
  const std::vector<BlsSignature> shares = {bls_sign(sk, message), bls_sign(minus, message)};
  EXPECT_EQ(aggregate(shares).error(), BlsReject::infinity);
  // A third key hides the zero: the aggregate verifies for it alone, so weights must count signers, not points.
  const std::vector<BlsPublicKey> three = {keys[0], keys[1], other.public_key()};
  EXPECT_EQ(aggregate_public_keys(three).value(), other.public_key());
}

// s1 + X, s2 - X: the aggregate is right, each share is wrong.
TEST_F(Bls, cancelling_shares_fail_singly_and_in_a_batch) {
  const auto s1 = bls_sign(sk, message), s2 = bls_sign(other, message);
  const G1 x = G1::generator() * Fr::from_u64(12345);
  const std::vector<BlsSignature> bad = {plus(s1, x), plus(s2, -x)};
  const std::vector<BlsPublicKey> keys = {sk.public_key(), other.public_key()};
  EXPECT_TRUE(bls_fast_aggregate_verify(aggregate_public_keys(keys).value(), message, aggregate(bad).value()).ok());
  EXPECT_FALSE(bls_verify(keys[0], message, bad[0]).ok());
  for (int i = 0; i < 10; ++i) {
    const std::vector<BlsClaim> claims = {{keys[0], message, bad[0]}, {keys[1], message, bad[1]}};
    EXPECT_FALSE(bls_batch_verify(claims, entropy));
    const Bytes text2(3, 1);
    const std::vector<BlsClaim> two_messages = {{keys[0], message, bad[0]},
                                                {keys[1], text2, plus(bls_sign(other, text2), -x)}};
    EXPECT_FALSE(bls_batch_verify(two_messages, entropy));
  }
}

TEST_F(Bls, batch_equals_the_conjunction_of_single_verdicts) {
  std::vector<Bytes> texts;
  for (uint8_t i = 0; i < 4; ++i) texts.push_back(Bytes(5, i));
  std::vector<BlsSecretKey> keys;
  for (int i = 0; i < 4; ++i) keys.push_back(BlsSecretKey::random(entropy));
  EXPECT_TRUE(bls_batch_verify({}, entropy));
  for (uint32_t round = 0; round < 24; ++round) {
    std::vector<BlsClaim> claims;
    bool all = true;
    for (size_t i = 0; i < round % 9 + 1; ++i) {
      const auto& k = keys[(i * 7 + round) % 4];
      const Bytes& text = texts[(i * (round % 3)) % 4];
      const bool good = round % 4 != 0 || i != round % 5;
      const auto s = bls_sign(k, good ? ByteView(text) : view("forged"));
      all &= bls_verify(k.public_key(), text, s).ok();
      claims.push_back({k.public_key(), text, s});
    }
    EXPECT_EQ(bls_batch_verify(claims, entropy), all) << round;
  }
}

TEST_F(Bls, signatures_of_hashed_messages_are_the_same) {
  std::vector<BlsHashed> hashed;
  std::vector<BlsSignature> expected;
  for (uint8_t i = 0; i < 5; ++i) {
    const Bytes text(i, i);
    hashed.push_back(BlsHashed(text));
    expected.push_back(bls_sign(sk, text));
  }
  EXPECT_EQ(bls_sign(sk, hashed), expected);
  EXPECT_TRUE(bls_sign(sk, std::span<const BlsHashed>()).empty());
}

TEST_F(Bls, hashed_batch_equals_the_conjunction_of_single_verdicts) {
  std::vector<BlsSecretKey> keys;
  for (int i = 0; i < 3; ++i) keys.push_back(BlsSecretKey::random(entropy));
  EXPECT_TRUE(bls_batch_verify_hashed({}, entropy));
  for (uint32_t round = 0; round < 24; ++round) {
    std::vector<BlsHashedClaim> claims;
    bool all = true;
    for (size_t i = 0; i < round % 9 + 1; ++i) {
      const auto& k = keys[(i * 7 + round) % 3];
      const Bytes text(3, static_cast<uint8_t>(i % 4));
      const bool good = round % 4 != 0 || i != round % 5;
      const auto s = bls_sign(k, good ? ByteView(text) : view("forged"));
      all &= bls_verify(k.public_key(), text, s).ok();
      claims.push_back({k.public_key(), BlsHashed(text), s});
    }
    EXPECT_EQ(bls_batch_verify_hashed(claims, entropy), all) << round;
  }
}

// Under one key and under two, the sum of the signatures is right and each of them is wrong.
TEST_F(Bls, hashed_batch_sees_errors_that_cancel) {
  const G1 x = G1::generator() * Fr::from_u64(12345);
  for (const auto* second : {&sk, &other}) {
    const Bytes text(3, 1);
    const std::vector<BlsHashedClaim> claims = {
        {sk.public_key(), BlsHashed(message), plus(bls_sign(sk, message), x)},
        {second->public_key(), BlsHashed(text), plus(bls_sign(*second, text), -x)}};
    for (int i = 0; i < 10; ++i) EXPECT_FALSE(bls_batch_verify_hashed(claims, entropy));
    // Signatures that changed places, too.
    const std::vector<BlsHashedClaim> swapped = {{sk.public_key(), BlsHashed(message), bls_sign(*second, text)},
                                                 {second->public_key(), BlsHashed(text), bls_sign(sk, message)}};
    EXPECT_FALSE(bls_batch_verify_hashed(swapped, entropy));
  }
}

}  // namespace sotto::crypto
