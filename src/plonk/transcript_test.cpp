// The transcript: what is absorbed, in which order, and that leaving any of it out matters. A second prover
// (reference_for_test.hpp) makes proofs for bent transcripts: each is accepted by the verifier bent the same way (the attack is
// real) and refused by the product's.
#include "base/source_dir_for_test.hpp"
#include "plonk/transcript.hpp"

#include <gtest/gtest.h>

#include <set>

#include "plonk/reference_for_test.hpp"
#include "plonk/small_for_test.hpp"
#include "plonk/verifier.hpp"

namespace sotto::plonk {
namespace {

using crypto::Fr;

const ByteArray<32> kNetwork{1, 2, 3};

// The smallest real circuit: x y = product, both public, sixteen rows.
struct Tiny {
  ThreadPool pool{2};
  poly::Srs srs;
  Circuit<Fr> circuit;
  VerifyingKey vk;
  std::optional<Reference> reference;
  TestEntropy random{11};

  static void constrain(Builder<Fr>& b, const Fr& x, const Fr& y, const Fr& product) {
    const Var vp = b.public_input(product), vx = b.public_input(x), vy = b.variable(y);
    b.arithmetic({.qm01 = Fr::one(), .q2 = -Fr::one()}, vx, vy, vp);
  }
  Tiny() {
    auto loaded = poly::load_srs(source_dir() + "/data/srs.bin", 65, pool);
    EXPECT_TRUE(loaded.ok());
    srs = *loaded;
    Builder<Fr> b;
    constrain(b, Fr(), Fr(), Fr());
    circuit = b.circuit(4);
    vk = make_verifying_key(circuit, 9, srs, pool);
    reference.emplace(circuit, vk, srs);
  }
  Assignment<Fr> assignment(bool truth) {
    Builder<Fr> b;
    const Fr x = random.fr(), y = random.fr();
    constrain(b, x, y, truth ? x * y : x * y + Fr::one());
    return b.assignment(4);
  }
  // Every gate holds on every row, and one copy does not: the public product, or the public x, is another one than the row's.
  Assignment<Fr> broken_copy(size_t which) {
    auto a = assignment(true);
    a.public_inputs[which] += Fr::one();
    a.wires[0][circuit.public_rows[which]] += Fr::one();
    EXPECT_EQ(first_violation(gate_set(), circuit, a).kind, Violation::copy);
    return a;
  }
  bool accepts(const Assignment<Fr>& a, const Proof& p) {
    const Claim claim{a.public_inputs, encode_proof(p)};
    return verify_batch(vk, kNetwork, {&claim, 1}, random, pool)[0];
  }
};

Tiny& tiny() {
  static Tiny t;
  return t;
}

std::vector<std::string> expected_list() {
  std::vector<std::string> out{"network", "circuit", "verifying-key", "public-inputs"};
  const auto add = [&](size_t count, const char* label) { out.insert(out.end(), count, label); };
  add(10, "wire");
  add(1, "?beta");
  add(1, "?gamma");
  add(1, "z");
  add(1, "?alpha");
  add(5, "t");
  add(1, "?zeta");
  add(10, "w");
  add(6, "w-next");
  add(3, "sigma");
  add(1, "z-next");
  add(1, "?v");
  add(1, "opening");
  add(1, "opening-next");
  add(1, "?u");
  return out;
}

TEST(Transcript, the_absorb_list_of_a_proof_is_pinned) {
  Proof p;
  for (auto& point : p.wires) point = crypto::G1Affine::generator();
  p.z = p.opening = p.opening_next = crypto::G1Affine::generator();
  p.t.fill(crypto::G1Affine::generator());
  std::vector<std::string> log;
  Challenges c;
  const std::vector<Fr> publics{Fr::one()};
  Schedule schedule(tiny().vk, {kNetwork, publics}, &log);
  schedule.wires(p.wires, c);
  schedule.permutation(p.z, c);
  schedule.quotient(p.t, c);
  schedule.evaluations(p, c);
  schedule.openings(p.opening, p.opening_next, c);
  EXPECT_EQ(log, expected_list());
  // The bytes too, by the challenges they give.
  Challenges mine;
  BentTranscript transcript({});
  transcript.begin(tiny().vk, kNetwork, publics);
  transcript.round1(p, mine);
  transcript.round2(p, mine);
  transcript.round3(p, mine);
  transcript.round4(p, mine);
  transcript.round5(p, mine);
  for (const auto& [a, b] : {std::pair{c.beta, mine.beta}, {c.gamma, mine.gamma}, {c.alpha, mine.alpha}, {c.zeta, mine.zeta}, {c.v, mine.v}, {c.u, mine.u}})
    EXPECT_EQ(a, b);
}

// A literal answer, so that nobody changes the encoding unnoticed.
TEST(Transcript, known_answer) {
  Transcript t("Sotto.plonk.v1");
  t.absorb("network", Bytes{1, 2, 3});
  const Fr first = t.challenge("beta"), second = t.challenge("gamma");
  // SHA-256 by hand: state = H(0^32 | len label | len pending | pending), value = H(state|1) H(state|2) mod r.
  const auto sized = [](std::string_view s) {
    Writer w;
    w.sized(view(s));
    return w.bytes();
  };
  Bytes pending;
  for (const auto& part : {sized("protocol"), sized("Sotto.plonk.v1"), sized("network"), sized(std::string_view("\1\2\3", 3))})
    pending.insert(pending.end(), part.begin(), part.end());
  const auto squeeze = [&](const Hash32& state, std::string_view label, const Bytes& absorbed) {
    Writer w;
    w.raw(state);
    w.sized(view(label));
    w.sized(absorbed);
    return crypto::sha256(w.bytes());
  };
  const auto reduce = [](const Hash32& state) {
    ByteArray<64> wide;
    for (uint8_t half = 1; half <= 2; ++half) {
      Writer w;
      w.raw(state);
      w.u8(half);
      const auto h = crypto::sha256(w.bytes());
      std::copy(h.begin(), h.end(), wide.begin() + 32 * (half - 1));
    }
    return Fr::reduce512(wide);
  };
  const Hash32 state = squeeze({}, "beta", pending);
  EXPECT_EQ(first, reduce(state));
  EXPECT_EQ(second, reduce(squeeze(state, "gamma", {})));
}

TEST(Transcript, different_sequences_differ) {
  using Step = std::pair<std::string, std::string>;   // label "?" = challenge
  const std::vector<std::vector<Step>> sequences{
      {}, {{"a", ""}}, {{"", "a"}}, {{"a", "b"}}, {{"ab", ""}}, {{"", "ab"}}, {{"a", "bc"}}, {{"ab", "c"}}, {{"a", "b"}, {"c", "d"}}, {{"c", "d"}, {"a", "b"}},
      {{"a", "bcd"}}, {{"a", "b"}, {"a", "b"}}, {{"a", "bb"}}, {{"?", "x"}}, {{"?", "y"}}, {{"a", "b"}, {"?", "x"}}, {{"?", "x"}, {"a", "b"}},
      {{"?", "x"}, {"?", "x"}}, {{"a", std::string(1, '\0')}}, {{"a", std::string(2, '\0')}}};
  std::set<std::string> seen;
  for (const auto& protocol : {"p", "q"})
    for (const auto& s : sequences) {
      Transcript t(protocol);
      for (const auto& [label, data] : s) {
        if (label == "?") t.challenge(data);
        else t.absorb(label, view(data));
      }
      EXPECT_TRUE(seen.insert(t.challenge("end").hex()).second);
      Transcript other(protocol);
      for (const auto& [label, data] : s) {
        if (label == "?") other.challenge(data);
        else other.absorb(label, view(data));
      }
      EXPECT_TRUE(seen.insert(other.challenge("other end").hex()).second);
    }
}

TEST(Transcript, the_second_prover_and_verifier_agree_with_the_product) {
  auto& t = tiny();
  for (size_t i = 0; i < 3; ++i) {
    const auto a = t.assignment(true);
    const auto p = t.reference->prove(kNetwork, a, t.random);
    EXPECT_TRUE(t.reference->verify(kNetwork, a.public_inputs, p));
    EXPECT_TRUE(t.accepts(a, p));
    const auto lie = t.assignment(false);
    const auto q = t.reference->prove(kNetwork, lie, t.random);
    EXPECT_FALSE(t.reference->verify(kNetwork, lie.public_inputs, q));
    EXPECT_FALSE(t.accepts(lie, q));
  }
}

// One mutant per absorbed item; the two openings, on which only u depends, are the next test's.
TEST(Transcript, each_absorb_left_out_is_refused) {
  auto& t = tiny();
  const auto a = t.assignment(true);
  for (size_t skip = 0; skip < kAbsorbed - 2; ++skip) {
    const Bent bent{skip, false};
    const auto p = t.reference->prove(kNetwork, a, t.random, bent);
    ASSERT_TRUE(t.reference->verify(kNetwork, a.public_inputs, p, bent)) << skip;
    ASSERT_FALSE(t.accepts(a, p)) << skip;
    ASSERT_FALSE(t.reference->verify(kNetwork, a.public_inputs, p)) << skip;
  }
}

// A2: openings chosen after u, both or one of them: with either left out of the hash false statements are proven.
TEST(Transcript, last_challenge_attacks) {
  auto& t = tiny();
  constexpr size_t opening = kAbsorbed - 2, opening_next = kAbsorbed - 1;
  const std::pair<Bent, Reference::Cheat> attacks[] = {{{kNone, true}, Reference::Cheat::both_openings},
                                                       {{opening, false}, Reference::Cheat::opening},
                                                       {{opening_next, false}, Reference::Cheat::opening_next}};
  for (const auto& [bent, cheat] : attacks) {
    for (size_t i = 0; i < 2; ++i) {
      const auto lie = t.assignment(false);
      const auto forged = t.reference->prove(kNetwork, lie, t.random, bent, cheat);
      ASSERT_TRUE(t.reference->verify(kNetwork, lie.public_inputs, forged, bent)) << "the forger should beat the mutant";
      ASSERT_FALSE(t.accepts(lie, forged));
      // Against the real rule the forger has to guess u.
      const auto guess = t.reference->prove(kNetwork, lie, t.random, {}, cheat);
      ASSERT_FALSE(t.accepts(lie, guess));
    }
  }
}

// A3: an evaluation chosen after v.
TEST(Transcript, phantom_challenge_attack) {
  auto& t = tiny();
  constexpr size_t sigma0 = 4 + 10 + 1 + 5 + 10 + 6;
  for (size_t i = 0; i < 4; ++i) {
    const auto lie = t.assignment(false);
    const Bent bent{sigma0, false};
    const auto forged = t.reference->prove(kNetwork, lie, t.random, bent, Reference::Cheat::solve_sigma);
    ASSERT_TRUE(t.reference->verify(kNetwork, lie.public_inputs, forged, bent)) << "the forger should beat the mutant";
    ASSERT_FALSE(t.accepts(lie, forged));
    const auto guess = t.reference->prove(kNetwork, lie, t.random, {}, Reference::Cheat::solve_sigma);
    ASSERT_FALSE(t.accepts(lie, guess));
  }
}

// The verifier adds its two equations with weights of its own. Who knows their ratio proves what he likes (P-11).
TEST(Transcript, known_weights_attack) {
  auto& t = tiny();
  for (const Fr& ratio : {Fr::one(), -Fr::one(), Fr::from_u64(2)}) {
    const auto lie = t.assignment(false);
    const Bent bent{.ratio = ratio};
    const auto forged = t.reference->prove(kNetwork, lie, t.random, bent, Reference::Cheat::both_openings);
    ASSERT_TRUE(t.reference->verify(kNetwork, lie.public_inputs, forged, bent)) << "the forger should beat the mutant";
    for (int i = 0; i < 4; ++i) ASSERT_FALSE(t.accepts(lie, forged));
    // In a batch too, first and last, beside a good one and beside itself.
    const auto truth = t.assignment(true);
    const Claim bad{lie.public_inputs, encode_proof(forged)}, good{truth.public_inputs, encode_proof(t.reference->prove(kNetwork, truth, t.random))};
    const std::vector<Claim> batch{bad, good, bad, bad};
    ASSERT_EQ(verify_batch(t.vk, kNetwork, batch, t.random, t.pool), (std::vector<bool>{false, true, false, false}));
  }
}

// Each term of the permutation argument is what refuses one of these: L_0 (z - 1), L_guard (z - 1), the product rule.
TEST(Transcript, broken_copies_are_refused_however_z_is_bent) {
  auto& t = tiny();
  for (size_t which = 0; which < 2; ++which)
    for (const auto cheat : {Reference::Cheat::none, Reference::Cheat::z_free_start, Reference::Cheat::z_constant, Reference::Cheat::z_jump}) {
      const auto lie = t.broken_copy(which);
      const auto forged = t.reference->prove(kNetwork, lie, t.random, {}, cheat);
      ASSERT_FALSE(t.accepts(lie, forged)) << which << " " << static_cast<int>(cheat);
    }
}

// A list cut short: a prover takes the inputs left out for 0. Only the count stands in the way.
TEST(Transcript, missing_public_inputs_are_not_zeros) {
  auto& t = tiny();
  Builder<Fr> b;
  Tiny::constrain(b, Fr::zero(), t.random.fr(), Fr::zero());
  auto a = b.assignment(4);
  EXPECT_TRUE(t.accepts(a, t.reference->prove(kNetwork, a, t.random)));
  while (!a.public_inputs.empty()) {
    a.public_inputs.pop_back();
    const auto p = t.reference->prove(kNetwork, a, t.random);
    EXPECT_TRUE(t.reference->verify(kNetwork, a.public_inputs, p)) << "a verifier that does not count would take it";
    EXPECT_FALSE(t.accepts(a, p));
  }
}

// Frozen Heart: public inputs left out of the hash, then solved for. Here: the proof of one statement under another's inputs,
// which the mutant takes only if they do not enter the identity; the identity has them too.
TEST(Transcript, public_inputs_enter_the_hash_and_the_identity) {
  auto& t = tiny();
  const Bent bent{3, false};
  const auto a = t.assignment(true);
  const auto p = t.reference->prove(kNetwork, a, t.random, bent);
  auto other = a;
  other.public_inputs[0] += Fr::one();
  EXPECT_TRUE(t.reference->verify(kNetwork, a.public_inputs, p, bent));
  EXPECT_FALSE(t.reference->verify(kNetwork, other.public_inputs, p, bent));
  EXPECT_FALSE(t.accepts(other, p));
}

}  // namespace
}  // namespace sotto::plonk
