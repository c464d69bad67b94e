#include "crypto/redjubjub.hpp"

#include <gtest/gtest.h>

#include "crypto/hash.hpp"
#include "crypto/random.hpp"
#include "crypto/vectors_for_test.hpp"

namespace sotto::crypto {
namespace {

struct RedJubjub : ::testing::Test {
  SystemEntropy entropy;
  Secret<JubjubScalar> sk{JubjubScalar::random(entropy)};
  JubjubAffine rk = redjubjub_public_key(sk);
  Bytes message = Bytes(32, 7);

  // The single verdict, after checking that a batch of it alone, and one among good ones, says the same.
  bool verdict(const JubjubAffine& key, ByteView text, const RedJubjubSignature& s) {
    const auto single = redjubjub_verify(key, text, s);
    RedJubjubBatch alone, mixed;
    const auto added = alone.add(key, text, s);
    if (added.ok()) {
      EXPECT_EQ(alone.verify(entropy), single.ok());
    } else {
      EXPECT_EQ(single.error(), added.error());
    }
    for (int i = 0; i < 3; ++i) {
      EXPECT_TRUE(mixed.add(rk, message, redjubjub_sign(sk, rk, message, entropy)).ok());
      if (i == 1) {
        EXPECT_EQ(mixed.add(key, text, s).ok(), added.ok());
      }
    }
    EXPECT_EQ(mixed.verify(entropy), single.ok() || !added.ok());
    return single.ok();
  }
};

std::vector<JubjubAffine> torsion_points() {
  std::vector<JubjubAffine> out;
  for (const auto& f : vector_lines("jubjub/jubjub.txt"))
    if (f[0] == "torsion") out.push_back(JubjubAffine::decode(unhex(f[1])).value());
  return out;
}

// S + l as bytes: the second encoding of the same residue.
ByteArray<32> plus_order(const ByteArray<32>& s) {
  const Bytes order = unhex("b72cf7d65e0e97d08210c8cc932068a6003b3401013b6706a9af3365eab47d0e");
  ByteArray<32> out;
  unsigned carry = 0;
  for (size_t i = 0; i < 32; ++i) {
    carry += static_cast<unsigned>(s[i]) + order[i];
    out[i] = static_cast<uint8_t>(carry);
    carry >>= 8;
  }
  return out;
}

// A signer with nonce 0 that puts torsion into R before hashing: R = T, S = c sk.
RedJubjubSignature torsion_signature(const Secret<JubjubScalar>& sk, const JubjubAffine& key, const JubjubAffine& in_r,
                                     ByteView message) {
  RedJubjubSignature out;
  out.R = in_r.encode();
  const auto c =
      JubjubScalar::reduce512(blake2b_512("sotto/redjubjub/challenge/v1", {out.R, key.encode(), message}));
  out.S = (c * sk.expose()).encode();
  return out;
}

}  // namespace

TEST_F(RedJubjub, signs_and_verifies) {
  const auto s = redjubjub_sign(sk, rk, message, entropy);
  EXPECT_TRUE(verdict(rk, message, s));
  EXPECT_NE(s, redjubjub_sign(sk, rk, message, entropy)) << "nonces are hedged with fresh bytes";
  Bytes other = message;
  other[31] ^= 1;
  EXPECT_FALSE(verdict(rk, other, s));
  EXPECT_FALSE(verdict(rk, {}, s));
  EXPECT_FALSE(verdict(-rk, message, s));
}

TEST_F(RedJubjub, nonce_depends_on_the_message_even_if_entropy_repeats) {
  struct Stuck : Entropy {
    void fill(std::span<uint8_t> out) override { std::fill(out.begin(), out.end(), uint8_t{1}); }
  } stuck;
  const auto a = redjubjub_sign(sk, rk, message, stuck), b = redjubjub_sign(sk, rk, Bytes(32, 8), stuck);
  EXPECT_NE(a.R, b.R);
}

TEST_F(RedJubjub, randomized_keys_match) {
  const JubjubScalar alpha = JubjubScalar::random(entropy);
  const auto rsk = randomize(sk, alpha);
  const auto rrk = randomize(rk, alpha);
  EXPECT_EQ(redjubjub_public_key(rsk), rrk);
  const auto s = redjubjub_sign(rsk, rrk, message, entropy);
  EXPECT_TRUE(verdict(rrk, message, s));
  EXPECT_FALSE(verdict(rk, message, s));
}

TEST_F(RedJubjub, every_bit_flip_is_refused) {
  const auto s = redjubjub_sign(sk, rk, message, entropy);
  for (size_t bit = 0; bit < 512; ++bit) {
    auto t = s;
    auto& half = bit < 256 ? t.R : t.S;
    half[(bit % 256) / 8] ^= static_cast<uint8_t>(1u << (bit % 8));
    EXPECT_FALSE(redjubjub_verify(rk, message, t).ok()) << bit;
  }
}

TEST_F(RedJubjub, malleated_scalar_is_refused) {
  auto s = redjubjub_sign(sk, rk, message, entropy);
  for (int i = 0; i < 16; ++i) {
    s.S = plus_order(s.S);
    EXPECT_EQ(redjubjub_verify(rk, message, s).error(), RedJubjubReject::bad_scalar);
    EXPECT_FALSE(verdict(rk, message, s));
  }
}

TEST_F(RedJubjub, keys_of_small_order_or_off_the_curve_are_refused) {
  const auto s = redjubjub_sign(sk, rk, message, entropy);
  for (const JubjubAffine& t : torsion_points()) {
    EXPECT_EQ(redjubjub_verify(t, message, s).error(), RedJubjubReject::bad_key);
    EXPECT_FALSE(verdict(t, message, s));
  }
  EXPECT_EQ(redjubjub_verify({rk.v, rk.u}, message, s).error(), RedJubjubReject::bad_key);
}

TEST_F(RedJubjub, non_canonical_r_is_refused) {
  auto s = redjubjub_sign(sk, rk, message, entropy);
  s.R = JubjubAffine::identity().encode();
  s.R[31] |= 0x80;
  EXPECT_EQ(redjubjub_verify(rk, message, s).error(), RedJubjubReject::bad_point);
  EXPECT_FALSE(verdict(rk, message, s));
}

// A signature is valid under rk + T as well when it was made for it, and with R + T when hashed so: the cofactored
// rule. What matters is that single and batch agree on every combination, whatever the weights.
TEST_F(RedJubjub, torsion_never_splits_single_from_batch) {
  const auto torsion = torsion_points();
  ASSERT_EQ(torsion.size(), 8u);
  int accepted = 0;
  for (const JubjubAffine& in_key : torsion) {
    const JubjubAffine key = (JubjubPoint(rk) + in_key).affine();
    const auto s = redjubjub_sign(sk, key, message, entropy);  // hashes the key it is given
    accepted += verdict(key, message, s);
    if (!in_key.is_identity()) {
      EXPECT_FALSE(verdict(rk, message, s));
    }
    for (const JubjubAffine& in_r : torsion) {
      auto t = s;  // R changed after the fact: the challenge changes, so this must fail, alone and batched
      t.R = (JubjubPoint(JubjubAffine::decode(s.R).value()) + in_r).affine().encode();
      EXPECT_EQ(verdict(key, message, t), in_r.is_identity());
    }
  }
  EXPECT_EQ(accepted, 8);
  for (const JubjubAffine& in_key : torsion)
    for (const JubjubAffine& in_r : torsion) {
      const JubjubAffine key = (JubjubPoint(rk) + in_key).affine();
      EXPECT_TRUE(verdict(key, message, torsion_signature(sk, key, in_r, message)));
    }
}

TEST_F(RedJubjub, batch_of_many_finds_the_bad_ones) {
  RedJubjubBatch batch;
  std::vector<size_t> bad;
  for (size_t i = 0; i < 64; ++i) {
    const Bytes text(32, static_cast<uint8_t>(i));
    auto s = redjubjub_sign(sk, rk, text, entropy);
    if (i == 17 || i == 63) {
      s.S = (JubjubScalar::decode(s.S).value() + JubjubScalar::one()).encode();
      bad.push_back(i);
    }
    ASSERT_TRUE(batch.add(rk, text, s).ok());
  }
  EXPECT_FALSE(batch.verify(entropy));
  EXPECT_EQ(batch.failures(entropy), bad);
  EXPECT_TRUE(RedJubjubBatch().verify(entropy));
}

// Two wrong signatures whose errors cancel in a plain sum.
TEST_F(RedJubjub, cancelling_errors_are_caught) {
  for (int i = 0; i < 20; ++i) {
    auto a = redjubjub_sign(sk, rk, message, entropy), b = redjubjub_sign(sk, rk, message, entropy);
    const JubjubScalar x = JubjubScalar::random(entropy);
    a.S = (JubjubScalar::decode(a.S).value() + x).encode();
    b.S = (JubjubScalar::decode(b.S).value() - x).encode();
    RedJubjubBatch batch;
    ASSERT_TRUE(batch.add(rk, message, a).ok());
    ASSERT_TRUE(batch.add(rk, message, b).ok());
    EXPECT_FALSE(batch.verify(entropy));
  }
}

}  // namespace sotto::crypto
