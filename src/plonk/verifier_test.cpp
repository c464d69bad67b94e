// The verifier against everything but the right proof for the right statement under the right key. Small real circuit
// (n = 64, every gate), real reference string. SOTTO_LONG=1: every bit of a proof, every 2-byte swap, more mixes.
#include "plonk/verifier.hpp"

#include <set>

#include "plonk/linearise.hpp"
#include "plonk/proofs_for_test.hpp"

namespace sotto::plonk {
namespace {

using namespace proofs;

// Offsets of the points in the encoding: sixteen first, two last.
std::vector<size_t> point_offsets() {
  std::vector<size_t> out;
  for (size_t i = 0; i < 16; ++i) out.push_back(48 * i);
  out.push_back(kProofBytes - 96);
  out.push_back(kProofBytes - 48);
  return out;
}

// On the curve, outside the subgroup.
G1Affine outside_point() {
  for (uint8_t x = 1;; ++x) {
    ByteArray<48> bytes{};
    bytes[0] = 0x80;
    bytes[47] = x;
    G1Affine p;
    if (blst_p1_uncompress(&p.raw(), bytes.data()) == BLST_SUCCESS && !blst_p1_affine_in_g1(&p.raw())) return p;
  }
}

TEST(Verifier, accepts_what_the_prover_makes) {
  auto& w = world();
  std::vector<Claim> claims;
  for (const auto& p : w.proven) {
    EXPECT_TRUE(w.verify(p.claim));
    EXPECT_EQ(p.claim.proof.size(), kProofBytes);
    const auto back = decode_proof(p.claim.proof);
    ASSERT_TRUE(back.ok());
    EXPECT_EQ(encode_proof(*back), p.claim.proof);
    claims.push_back(p.claim);
  }
  EXPECT_EQ(w.verify(claims), std::vector<bool>(claims.size(), true));
  EXPECT_TRUE(w.verify(std::span<const Claim>{}).empty());
}

// What the prover does with a false assignment: a proof nobody accepts.
TEST(Verifier, a_false_assignment_gives_no_accepted_proof) {
  auto& w = world();
  std::vector<Claim> bad;
  const auto& variable = w.circuit.variable;
  for (size_t i = 0; i < cases(40, 2000); ++i) {
    auto a = small_assignment(w.proven[i % 8].witness);
    const size_t c = w.random.below(kColumns), r = w.random.below(w.circuit.rows_used);
    const uint32_t v = variable[c][r];
    if (v == kNoVar) continue;
    for (size_t cc = 0; cc < kColumns; ++cc)
      for (size_t rr = 0; rr < w.circuit.n(); ++rr)
        if (variable[cc][rr] == v) a.wires[cc][rr] += Fr::one();
    ASSERT_NE(first_violation(gate_set(), w.circuit, a).kind, Violation::none) << c << "," << r;
    bad.push_back({a.public_inputs, encode_proof(prove(*w.pk, kNetwork, a, w.random, w.pool))});
  }
  EXPECT_GT(bad.size(), 15u);
  w.refuse(bad);
}

TEST(Verifier, public_inputs_changed_swapped_missing_extra) {
  auto& w = world();
  std::vector<Claim> bad;
  for (const auto& p : w.proven) {
    const auto& good = p.claim;
    for (size_t i = 0; i < kSmallPublics; ++i) {
      for (const Fr& by : {Fr::one(), -Fr::one(), w.random.fr()}) {
        bad.push_back(good);
        bad.back().public_inputs[i] += by;
      }
      for (size_t k = 0; k < i; ++k) {
        bad.push_back(good);
        std::swap(bad.back().public_inputs[i], bad.back().public_inputs[k]);
      }
      bad.push_back(good);
      bad.back().public_inputs.erase(bad.back().public_inputs.begin() + static_cast<std::ptrdiff_t>(i));
      bad.push_back(good);
      bad.back().public_inputs.insert(bad.back().public_inputs.begin() + static_cast<std::ptrdiff_t>(i), Fr::zero());
    }
    bad.push_back(good);
    bad.back().public_inputs.push_back(Fr::zero());
    bad.push_back(good);
    bad.back().public_inputs.push_back(good.public_inputs.back());
    bad.push_back(good);
    bad.back().public_inputs.clear();
  }
  w.refuse(bad);
  // A value of r or more is no Fr at all.
  const auto r = from_hex("73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001");
  EXPECT_EQ(Fr::decode(*r).error(), DecodeError::non_canonical);
  EXPECT_EQ(Fr::decode(Bytes(32, 0xff)).error(), DecodeError::non_canonical);
}

TEST(Verifier, decoding_names_what_is_wrong) {
  const Bytes good = world().proven[0].claim.proof;
  const auto error = [](const Bytes& b) {
    const auto p = decode_proof(b);
    EXPECT_FALSE(p.ok());
    return p.ok() ? DecodeError::bad_version : p.error();
  };
  for (const size_t size : {size_t{0}, size_t{1}, size_t{47}, kProofBytes - 1}) {
    EXPECT_EQ(error(Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size))), DecodeError::truncated);
  }
  Bytes longer = good;
  longer.push_back(0);
  EXPECT_EQ(error(longer), DecodeError::trailing_bytes);
  const auto with = [&](size_t offset, ByteView part) {
    Bytes out = good;
    std::copy(part.begin(), part.end(), out.begin() + static_cast<std::ptrdiff_t>(offset));
    return out;
  };
  Bytes infinity(48), flagged_infinity(48), uncompressed_flag(48), off_curve(48), field_too_large(48, 0xff);
  infinity[0] = 0xc0;
  flagged_infinity[0] = 0xe0;
  const auto outside = outside_point().encode();
  off_curve[0] = 0x80;
  for (uint8_t x = 1;; ++x) {
    off_curve[47] = x;
    G1Affine p;
    if (blst_p1_uncompress(&p.raw(), off_curve.data()) == BLST_POINT_NOT_ON_CURVE) break;
  }
  field_too_large[0] = 0x9f;
  for (const size_t at : point_offsets()) {
    EXPECT_EQ(error(with(at, infinity)), DecodeError::point_at_infinity);
    EXPECT_EQ(error(with(at, flagged_infinity)), DecodeError::non_canonical);
    EXPECT_EQ(error(with(at, Bytes(48))), DecodeError::non_canonical);
    EXPECT_EQ(error(with(at, outside)), DecodeError::not_in_subgroup);
    EXPECT_EQ(error(with(at, off_curve)), DecodeError::not_on_curve);
    EXPECT_EQ(error(with(at, field_too_large)), DecodeError::non_canonical);
    Bytes no_flag = good;
    no_flag[at] &= 0x7f;
    EXPECT_FALSE(decode_proof(no_flag).ok());
  }
  const auto r = *from_hex("73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001");
  for (size_t i = 0; i < kProofScalars; ++i) {
    EXPECT_EQ(error(with(16 * 48 + 32 * i, r)), DecodeError::non_canonical);
    EXPECT_EQ(error(with(16 * 48 + 32 * i, Bytes(32, 0xff))), DecodeError::non_canonical);
  }
}

// A second encoding of the same scalar: value + r where it still fits 256 bits.
TEST(Verifier, no_second_encoding_of_a_scalar) {
  auto& w = world();
  const auto r = *from_hex("73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001");
  std::vector<Claim> bad;
  for (const auto& p : w.proven)
    for (size_t i = 0; i < kProofScalars; ++i) {
      Claim c = p.claim;
      unsigned carry = 0;
      for (size_t k = 32; k-- > 0;) {
        const unsigned sum = c.proof[16 * 48 + 32 * i + k] + r[k] + carry;
        c.proof[16 * 48 + 32 * i + k] = static_cast<uint8_t>(sum);
        carry = sum >> 8;
      }
      ASSERT_EQ(carry, 0u);
      bad.push_back(c);
    }
  w.refuse(bad);
}

TEST(Verifier, every_byte_flipped) {
  auto& w = world();
  std::vector<Claim> bad;
  const size_t stride = long_form() ? 1 : 3;
  for (size_t byte = 0; byte < kProofBytes; byte += stride) {
    for (unsigned bit = 0; bit < (long_form() ? 8u : 1u); ++bit) {
      bad.push_back(w.proven[0].claim);
      bad.back().proof[byte] ^= static_cast<uint8_t>(1u << (long_form() ? bit : w.random.below(8)));
    }
  }
  // The flag bits of every point.
  for (const size_t at : point_offsets())
    for (const unsigned bit : {0x80u, 0x40u, 0x20u}) {
      bad.push_back(w.proven[0].claim);
      bad.back().proof[at] ^= static_cast<uint8_t>(bit);
    }
  for (size_t i = 0; i + 1 < kProofBytes; i += long_form() ? 1 : 23) {
    bad.push_back(w.proven[1].claim);
    auto& b = bad.back().proof;
    const size_t j = long_form() ? i + 1 : i + 1 + w.random.below(kProofBytes - i - 1);
    if (b[i] == b[j]) b[i] ^= 1;
    else std::swap(b[i], b[j]);
  }
  w.refuse(bad);
}

TEST(Verifier, each_part_replaced) {
  auto& w = world();
  std::vector<Claim> bad;
  for (size_t k = 0; k < kProofPoints; ++k) {
    for (int how = 0; how < 5; ++how) {
      Proof p = w.proven[2].proof;
      G1Affine& point = *points(p)[k];
      switch (how) {
        case 0: point = (-G1(point)).affine(); break;
        case 1: point = (G1(point) + G1::generator()).affine(); break;
        case 2: point = G1Affine::generator(); break;
        case 3: point = *points(w.proven[3].proof)[k]; break;
        default: point = (G1(point) * w.random.fr()).affine();
      }
      bad.push_back({w.proven[2].claim.public_inputs, encode_proof(p)});
    }
  }
  for (size_t k = 0; k < kProofScalars; ++k) {
    for (int how = 0; how < 6; ++how) {
      Proof p = w.proven[2].proof;
      Fr& x = *scalars(p)[k];
      const Fr before = x;
      switch (how) {
        case 0: x += Fr::one(); break;
        case 1: x = -x; break;
        case 2: x = Fr::zero(); break;
        case 3: x = Fr::one(); break;
        case 4: x = *scalars(w.proven[3].proof)[k]; break;
        default: x = w.random.fr();
      }
      ASSERT_NE(x, before);
      bad.push_back({w.proven[2].claim.public_inputs, encode_proof(p)});
    }
  }
  // Two parts exchanged.
  for (size_t k = 0; k < 60; ++k) {
    Proof p = w.proven[2].proof;
    if (k % 2) std::swap(*points(p)[k / 2 % kProofPoints], *points(p)[(k / 2 + 1 + k % 7) % kProofPoints]);
    else std::swap(*scalars(p)[k / 2 % kProofScalars], *scalars(p)[(k / 2 + 1 + k % 7) % kProofScalars]);
    bad.push_back({w.proven[2].claim.public_inputs, encode_proof(p)});
  }
  w.refuse(bad);
}

// A7: everything the same point, all evaluations 0, and the like.
TEST(Verifier, degenerate_proofs) {
  auto& w = world();
  std::vector<Claim> bad;
  for (const Fr& value : {Fr::zero(), Fr::one(), -Fr::one()}) {
    Proof p;
    for (auto* point : points(p)) *point = G1Affine::generator();
    for (auto* x : scalars(p)) *x = value;
    for (const auto& publics : {w.proven[0].claim.public_inputs, std::vector<Fr>(kSmallPublics)}) bad.push_back({publics, encode_proof(p)});
  }
  for (size_t k = 0; k < kProofPoints; ++k) {
    Bytes b = w.proven[0].claim.proof;
    const size_t at = point_offsets()[k];
    std::fill_n(b.begin() + static_cast<std::ptrdiff_t>(at), 48, uint8_t{0});
    b[at] = 0xc0;
    bad.push_back({w.proven[0].claim.public_inputs, b});
  }
  bad.push_back({w.proven[0].claim.public_inputs, Bytes(kProofBytes, 0)});
  bad.push_back({w.proven[0].claim.public_inputs, Bytes(kProofBytes, 0xc0)});
  bad.push_back({w.proven[0].claim.public_inputs, {}});
  w.refuse(bad);
}

// Structured bad proofs, 10,000 in the long form: well-formed bytes whose parts come from valid proofs of the same and of other statements, from
// small multiples and negations, with one to three parts wrong, or all of them mixed.
TEST(Verifier, structured_bad_proofs) {
  auto& w = world();
  auto& random = w.random;
  auto again = w.prove_one(w.proven[0].witness, random);   // the same statement, other blinders
  // The parts are few, so their encodings are computed once.
  std::vector<Bytes> encoded;
  for (const auto& p : w.proven) encoded.push_back(p.claim.proof);
  encoded.push_back(again.claim.proof);
  std::vector<std::pair<size_t, size_t>> part;             // offset, size
  for (const size_t at : point_offsets()) part.emplace_back(at, 48);
  for (size_t i = 0; i < kProofScalars; ++i) part.emplace_back(16 * 48 + 32 * i, 32);
  std::vector<Claim> bad;
  while (bad.size() < cases(1'000, 10'000)) {
    Bytes b = encoded[0];
    const size_t kind = random.below(8);
    const auto take = [&](const std::pair<size_t, size_t>& p, const Bytes& from, size_t source) {
      std::copy_n(from.begin() + static_cast<std::ptrdiff_t>(source), p.second, b.begin() + static_cast<std::ptrdiff_t>(p.first));
    };
    const auto any_other = [&]() -> const Bytes& { return encoded[1 + random.below(encoded.size() - 1)]; };
    if (kind < 3) {                                        // one to three parts of another proof
      for (size_t i = 0; i <= kind; ++i) {
        const auto& p = part[random.below(part.size())];
        take(p, any_other(), p.first);
      }
    } else if (kind == 3) {                                // every part from a random proof
      for (const auto& p : part) take(p, encoded[random.below(encoded.size())], p.first);
    } else if (kind == 4) {                                // all before a cut from one proof, all after from another
      const size_t cut = 1 + random.below(part.size() - 1);
      const Bytes& from = any_other();
      for (size_t i = cut; i < part.size(); ++i) take(part[i], from, part[i].first);
    } else if (kind == 5) {                                // a part in another's place
      const bool point = random.below(2);
      const auto pick = [&] { return part[point ? random.below(kProofPoints) : kProofPoints + random.below(kProofScalars)]; };
      const auto to = pick(), from = pick();
      take(to, encoded[random.below(encoded.size())], from.first);
    } else if (kind == 6) {                                // sign of a point
      b[part[random.below(kProofPoints)].first] ^= 0x20;
    } else {                                               // a scalar that is a small or random number
      const auto& p = part[kProofPoints + random.below(kProofScalars)];
      const auto x = (random.below(2) ? random.fr() : Fr::from_u64(random.below(5))).encode();
      std::copy(x.begin(), x.end(), b.begin() + static_cast<std::ptrdiff_t>(p.first));
    }
    if (b == encoded[0] || b == encoded.back()) continue;  // nothing was changed
    bad.push_back({w.proven[0].claim.public_inputs, b});   // a whole other proof is bad too: its statement differs
  }
  w.refuse(bad);
}

TEST(Verifier, only_the_diagonal_of_proofs_keys_and_networks) {
  auto& w = world();
  struct Key {
    VerifyingKey vk;
    Network network;
  };
  // Another coefficient in the same shape; another circuit id; both; each on two networks.
  std::vector<Key> keys;
  std::vector<Claim> claims;
  const auto witness = w.proven[0].witness;
  for (const uint64_t k : {3u, 4u}) {
    const auto circuit = small_circuit(k);
    for (const uint16_t id : {uint16_t{7}, uint16_t{8}}) {
      const auto pk = make_proving_key(circuit, id, w.srs, w.pool);
      for (const uint8_t net : {uint8_t{1}, uint8_t{2}}) {
        keys.push_back({pk.vk, Network{net}});
        const auto a = small_assignment(witness, k);
        claims.push_back({a.public_inputs, encode_proof(prove(pk, Network{net}, a, w.random, w.pool))});
      }
    }
  }
  for (size_t key = 0; key < keys.size(); ++key) {
    const auto verdicts = verify_batch(keys[key].vk, keys[key].network, claims, w.random, w.pool);
    for (size_t i = 0; i < claims.size(); ++i) EXPECT_EQ(verdicts[i], i == key) << key << " " << i;
    // The same public inputs for all: only the coefficient differs.
    for (size_t i = 0; i < claims.size(); ++i) {
      Claim c = claims[i];
      c.public_inputs = claims[key].public_inputs;
      EXPECT_EQ(verify_batch(keys[key].vk, keys[key].network, {&c, 1}, w.random, w.pool)[0], i == key);
    }
  }
  std::set<std::string> digests;
  for (const auto& k : keys) digests.insert(to_hex(k.vk.digest));
  EXPECT_EQ(digests.size(), 4u);
}

TEST(Verifier, a_batch_is_the_and_of_its_singles) {
  auto& w = world();
  auto& random = w.random;
  for (size_t round = 0; round < cases(25, 2000); ++round) {
    std::vector<Claim> claims;
    std::vector<bool> expected;
    const size_t size = 1 + random.below(16), badness = random.below(4);   // from no bad one to many
    for (size_t i = 0; i < size; ++i) {
      const auto& p = w.proven[random.below(8)];
      claims.push_back(p.claim);
      const bool good = badness == 0 || random.below(8) >= (badness == 1 ? 1 : badness == 2 ? 4 : 7);
      expected.push_back(good);
      if (good) continue;
      switch (random.below(4)) {
        case 0: claims.back().public_inputs[random.below(kSmallPublics)] += Fr::one(); break;
        case 1: claims.back().proof[random.below(kProofBytes)] ^= 1; break;
        case 2: {
          Proof q = p.proof;
          q.opening = (G1(q.opening) + G1::generator()).affine();
          claims.back().proof = encode_proof(q);
          break;
        }
        default: claims.back().proof.resize(random.below(kProofBytes));
      }
    }
    ASSERT_EQ(w.verify(claims), expected);
    if (round % 5 == 0) {
      for (size_t i = 0; i < size; ++i) ASSERT_EQ(w.verify(claims[i]), expected[i]);
    }
  }
}

// A10: errors that cancel in an unweighted sum: W + X and W - X for one proof (its zeta does not depend on the openings, and an honest
// equation holds for every u); and such pairs of different proofs.
TEST(Verifier, openings_that_cancel_are_refused) {
  auto& w = world();
  for (size_t round = 0; round < 12; ++round) {
    const auto& a = w.proven[round % 4];
    const auto& b = round % 3 ? w.proven[4 + round % 4] : a;
    const G1 x = G1::generator() * w.random.fr();
    Proof p = a.proof, q = b.proof;
    auto& pw = round % 2 ? p.opening : p.opening_next;
    auto& qw = round % 2 ? q.opening : q.opening_next;
    pw = (G1(pw) + x).affine();
    qw = (G1(qw) + -x).affine();
    const std::vector<Claim> pair{{a.claim.public_inputs, encode_proof(p)}, {b.claim.public_inputs, encode_proof(q)}};
    EXPECT_EQ(w.verify(pair), std::vector<bool>(2, false));
    const std::vector<Claim> among{w.proven[5].claim, pair[0], w.proven[6].claim, pair[1], w.proven[7].claim};
    EXPECT_EQ(w.verify(among), (std::vector<bool>{true, false, true, false, true}));
  }
}

// A proof twice, and a claim next to its own altered copy.
TEST(Verifier, duplicates_in_a_batch) {
  auto& w = world();
  Claim altered = w.proven[0].claim;
  altered.public_inputs[0] += Fr::one();
  const std::vector<Claim> claims{w.proven[0].claim, altered, w.proven[0].claim, altered};
  EXPECT_EQ(w.verify(claims), (std::vector<bool>{true, false, true, false}));
}

// Fixed entropy must not weaken a batch: the weights hash its bytes.
class Constant : public Entropy {
 public:
  void fill(std::span<uint8_t> out) override { std::fill(out.begin(), out.end(), uint8_t{5}); }
};
TEST(Verifier, dead_entropy_still_gives_right_verdicts) {
  auto& w = world();
  Constant dead;
  Claim altered = w.proven[0].claim;
  altered.proof[kProofBytes - 1] ^= 1;
  std::vector<Claim> claims{w.proven[0].claim, w.proven[1].claim, altered, w.proven[2].claim};
  claims[2].public_inputs[0] += Fr::one();
  EXPECT_EQ(verify_batch(w.pk->vk, kNetwork, claims, dead, w.pool), (std::vector<bool>{true, true, false, true}));
}

TEST(Linearise, zeta_in_the_domain_and_zero_challenges) {
  auto& w = world();
  const auto& vk = w.pk->vk;
  const auto& publics = w.proven[0].claim.public_inputs;
  for (size_t i = 0; i < vk.domain->size(); ++i) {
    Challenges c{Fr::one(), Fr::one(), Fr::one(), vk.domain->elements()[i], Fr::one(), Fr::one()};
    EXPECT_FALSE(linearise(vk, publics, c, w.proven[0].proof).has_value());
  }
  // Zero challenges are ordinary values: no division by them.
  for (int which = 0; which < 5; ++which) {
    Challenges c{w.random.fr(), w.random.fr(), w.random.fr(), w.random.fr(), w.random.fr(), w.random.fr()};
    Fr* all[] = {&c.beta, &c.gamma, &c.alpha, &c.v, &c.u};
    *all[which] = Fr::zero();
    EXPECT_TRUE(linearise(vk, publics, c, w.proven[0].proof).has_value());
  }
  Challenges zero{};
  EXPECT_TRUE(linearise(vk, publics, zero, w.proven[0].proof).has_value());  // zeta = 0 is outside the domain
}

}  // namespace
}  // namespace sotto::plonk
