// Completeness over the whole space of statements, and every clause of the relation broken alone: the plain relation and the
// circuit must refuse together. SOTTO_LONG=1: 100,000 statements, every combination of options, 300 real proofs.
#include <gtest/gtest.h>

#include <set>

#include "base/source_dir_for_test.hpp"
#include "circuit/labels_for_test.hpp"
#include "circuit/transfer_proof.hpp"
#include "plonk/random_for_test.hpp"
#include "plonk/verifier.hpp"

namespace sotto::circuit {
namespace {

using crypto::hash;
using crypto::Tag;
using plonk::cases;

const plonk::Circuit<Fr>& the_circuit() {
  static const auto circuit = transfer_circuit();
  return circuit;
}
bool satisfies(const TransferPublic& x, const TransferWitness& w) {
  plonk::Builder<Fr> b;
  constrain_transfer(b, x, w);
  return plonk::first_violation(plonk::gate_set(), the_circuit(), b.assignment(kTransferLogN)).kind == plonk::Violation::none;
}
void accepted(const RandomStatement& s) {
  ASSERT_EQ(holds(s.statement, s.witness), Unsatisfied::none) << name(holds(s.statement, s.witness));
  ASSERT_TRUE(satisfies(s.statement, s.witness));
}

Fr owner_of(const TransferWitness& w, const Fr& diversifier) {
  return hash(Tag::owner, hash(Tag::account, w.ak.u, w.ak.v, w.nk), diversifier, Fr::zero());
}
Fr leaf(const TransferWitness& w, size_t i) {
  const Fr asset = i < 2 ? hash(Tag::asset, w.asset_id, Fr::zero(), Fr::zero()) : w.fee_asset;
  const auto& in = w.inputs[i];
  return hash(Tag::note, hash(Tag::value, asset, Fr::from_u64(in.value), owner_of(w, in.diversifier)), in.rho, in.rcm);
}
// Makes input i's path lead from `at` again, keeping the other siblings; the root changes.
void repath(TransferWitness& w, size_t i, Fr at, size_t from_level = 0) {
  auto& path = w.inputs[i].path;
  for (size_t l = from_level; l < kTreeDepth; ++l) {
    path.children[l][path.position[l]] = at;
    at = crypto::node(path.children[l][0], path.children[l][1], path.children[l][2], path.children[l][3]);
  }
}

TEST(Completeness, every_kind_of_statement) {
  SeededEntropy random(41);
  size_t done = 0, at = 0;
  for (unsigned bits = 0; bits < 128; ++bits) {
    for (const unsigned side : {0u, 3u, 4u}) {
      // Short form: a spread of 24, all-dummy and all-real among them.
      if (!plonk::long_form() && at++ % 17 != 0 && bits != 7 && bits != 127) continue;
      StatementOptions o;
      for (size_t i = 0; i < kSlots; ++i) o.dummy[i] = bits >> i & 1;
      o.same_asset = bits >> 3 & 1;
      o.has_b = bits >> 4 & 1;
      o.public_values = bits >> 5 & 1;
      o.extreme = bits >> 6 & 1;
      o.path_side = side;
      accepted(random_statement(random, o));
      ++done;
    }
  }
  EXPECT_GT(done, 20u);
}

TEST(Completeness, random_statements) {
  SeededEntropy random(42);
  for (size_t i = 0; i < cases(40, 100'000); ++i) accepted(random_statement(random));
}

TEST(Completeness, payments_people_make) {
  SeededEntropy random(43);
  {  // To oneself: every output back to an address of the account.
    StatementOptions o;
    o.has_b = true;
    auto s = random_statement(random, o);
    for (auto* out : {&s.witness.outputs[0], &s.witness.outputs[1], &s.witness.outputs[2], &s.witness.outputs_b[0], &s.witness.outputs_b[1]})
      out->owner = owner_of(s.witness, random.fr());
    s.statement = public_of(s.witness);
    accepted(s);
  }
  {  // One note of the fee asset in slot 0 pays, gives change and covers the fee by the carry.
    StatementOptions o;
    o.same_asset = true;
    o.dummy[1] = o.dummy[2] = true;
    auto s = random_statement(random, o);
    auto& w = s.witness;
    w.inputs[0].value = 1000;
    repath(w, 0, leaf(w, 0));
    w.outputs[0].value = 600;
    w.outputs[1].value = 390;
    w.outputs[2].value = 0;
    w.carry = w.fee = 10;
    w.v_in = w.v_out = 0;
    s.statement = public_of(w);
    accepted(s);
  }
  {  // Everything at its maximum: 2^64 - 1 in, 2^64 - 1 out, in all slots and branches.
    StatementOptions o;
    o.has_b = true;
    auto s = random_statement(random, o);
    auto& w = s.witness;
    for (size_t i = 0; i < kSlots; ++i) {
      w.inputs[i].value = w.outputs[i].value = UINT64_MAX;
      repath(w, i, leaf(w, i));
    }
    for (auto& out : w.outputs_b) out.value = UINT64_MAX;
    w.carry = w.fee = w.v_in = w.v_out = 0;
    s.statement = public_of(w);
    accepted(s);
    w.v_in = w.v_out = UINT64_MAX;
    s.statement = public_of(w);
    accepted(s);
  }
  {  // Nothing at all moves.
    StatementOptions o;
    for (bool& d : o.dummy) d = true;
    auto s = random_statement(random, o);
    for (auto& out : s.witness.outputs) out.value = 0;
    s.witness.fee = 0;
    s.statement = public_of(s.witness);
    accepted(s);
    // A dummy names any anchor.
    for (auto& root : s.statement.root) root = random.fr();
    accepted(s);
  }
  {  // alpha = 0: rk is ak; the largest alpha; a path of equal siblings.
    auto s = random_statement(random, {});
    for (const auto& alpha : {crypto::JubjubScalar::zero(), -crypto::JubjubScalar::one()}) {
      s.witness.alpha = alpha;
      s.statement = public_of(s.witness);
      accepted(s);
    }
    for (auto& level : s.witness.inputs[0].path.children) level.fill(level[0]);
    Fr at = leaf(s.witness, 0);
    for (auto& level : s.witness.inputs[0].path.children) {
      level.fill(at);
      at = crypto::node(at, at, at, at);
    }
    s.statement = public_of(s.witness);
    accepted(s);
  }
}

// One clause broken, the rest made right again: `expected` is what the plain relation says, and the circuit refuses too.
struct Broken {
  const char* what;
  Unsatisfied expected;
  StatementOptions options;
  std::function<void(TransferPublic&, TransferWitness&, SeededEntropy&)> change;
};

StatementOptions plain() { return {}; }
StatementOptions branch_b() {
  StatementOptions o;
  o.has_b = true;
  return o;
}
StatementOptions same_asset() {
  StatementOptions o;
  o.same_asset = true;
  return o;
}
StatementOptions moving() {
  StatementOptions o;
  o.public_values = true;
  return o;
}
StatementOptions dummies() {
  StatementOptions o;
  for (bool& d : o.dummy) d = true;
  return o;
}

std::vector<Broken> broken() {
  using U = Unsatisfied;
  using P = TransferPublic;
  using W = TransferWitness;
  using E = SeededEntropy;
  std::vector<Broken> out;
  const auto add = [&](const char* what, U expected, StatementOptions o, std::function<void(P&, W&, E&)> change) {
    out.push_back({what, expected, o, std::move(change)});
  };
  const auto again = [](P& x, W& w) { x = public_of(w); };
  for (const bool create : {true, false}) {
    const uint64_t by = create ? 1 : UINT64_MAX;   // +1, -1
    for (size_t i : {0, 1})
      add(create ? "a unit created in slot 0, 1" : "a unit destroyed in slot 0, 1", U::balance, plain(),
          [=](P& x, W& w, E&) { w.outputs[i].value += by; again(x, w); });
    add("a unit too many or few in the fee slot", U::fee_balance, plain(), [=](P& x, W& w, E&) { w.outputs[2].value += by; again(x, w); });
    add("fee other than paid", U::fee_balance, plain(), [=](P& x, W&, E&) { x.fee += by; });
    add("carry other than given", U::balance, same_asset(), [=](P& x, W& w, E&) { w.carry += by; again(x, w); });
    for (size_t i : {0, 1})
      add("a unit too many or few in branch B", U::balance_b, branch_b(), [=](P& x, W& w, E&) { w.outputs_b[i].value += by; again(x, w); });
    add("v_in other than used", U::balance, moving(), [=](P& x, W&, E&) { x.v_in += by; });
    add("v_out other than given", U::balance, moving(), [=](P& x, W&, E&) { x.v_out += by; });
  }
  add("hidden asset into the fee slot", U::balance, plain(), [=](P& x, W& w, E&) {
    w.outputs[0].value -= 1;
    w.outputs[2].value += 1;
    w.fee = w.inputs[2].value - w.outputs[2].value;
    again(x, w);
  });
  add("carry between different assets", U::carry_asset, plain(), [=](P& x, W& w, E&) {
    (w.outputs[0].value > 0 ? w.outputs[0] : w.outputs[1]).value -= 1;
    w.carry = 1;
    w.fee += 1;
    again(x, w);
  });
  add("the whole note carried between different assets", U::carry_asset, plain(), [=](P& x, W& w, E&) {
    w.carry = w.outputs[0].value;
    w.outputs[0].value = 0;
    w.inputs[2].value = w.outputs[2].value = 0;
    w.fee = w.carry;
    repath(w, 2, leaf(w, 2));
    again(x, w);
  });
  add("money in without naming the asset", U::asset_pub, plain(), [=](P& x, W& w, E&) {
    w.v_in = w.v_out = 9;
    again(x, w);
    x.asset_pub = Fr::zero();
  });
  add("money in under another asset's name", U::asset_pub, moving(), [=](P& x, W& w, E& r) {
    w.v_in += 1;
    w.v_out += 1;
    again(x, w);
    x.asset_pub = r.fr();
  });
  for (size_t i = 0; i < kSlots; ++i) {
    add("nullifier", U::nullifier, plain(), [=](P& x, W&, E& r) { x.nf[i] = r.fr(); });
    add("nullifier plus one", U::nullifier, dummies(), [=](P& x, W&, E&) { x.nf[i] += Fr::one(); });
    add("commitment", U::commitment, plain(), [=](P& x, W&, E& r) { x.cm[i] = r.fr(); });
    add("an output's owner", U::commitment, plain(), [=](P&, W& w, E&) { w.outputs[i].owner += Fr::one(); });
    add("an output's rcm", U::commitment, plain(), [=](P&, W& w, E&) { w.outputs[i].rcm += Fr::one(); });
    add("another anchor", U::root, plain(), [=](P& x, W&, E& r) { x.root[i] = r.fr(); });
    add("a note that is not in the tree", U::root, plain(), [=](P& x, W& w, E&) {
      const auto root = x.root[i];
      w.inputs[i].rcm += Fr::one();
      repath(w, i, leaf(w, i));
      again(x, w);
      x.root[i] = root;
    });
    add("a dummy worth one unit", U::root, dummies(), [=](P& x, W& w, E& r) {
      w.inputs[i].value = 1;
      w.outputs[i].value += 1;
      repath(w, i, leaf(w, i));
      again(x, w);
      x.root[i] = r.fr();
    });
    add("a dummy whose path does not hang together", U::root, dummies(), [=](P& x, W& w, E&) {
      auto& path = w.inputs[i].path;
      path.children[0][path.position[0]] += Fr::one();
      again(x, w);
    });
    add("a real note called a dummy", U::root, plain(), [=](P& x, W& w, E&) {
      w.inputs[i].value = 0;
      again(x, w);
    });
    add("a note worth more than it is", U::root, plain(), [=](P& x, W& w, E&) {
      w.inputs[i].value += 5;
      if (i < 2) w.outputs[i].value += 5;
      else w.fee += 5;
      again(x, w);
    });
    for (const size_t level : {size_t{0}, size_t{9}, kTreeDepth - 1}) {
      add("a wrong sibling", U::root, plain(), [=](P& x, W& w, E&) {
        auto& path = w.inputs[i].path;
        path.children[level][(path.position[level] + 1) % 4] += Fr::one();
        const auto root = x.root[i];
        again(x, w);
        x.root[i] = root;   // at the top level the path still hangs together and only the root differs
      });
      add("a wrong sibling and the path above recomputed", U::root, plain(), [=](P& x, W& w, E&) {
        auto& path = w.inputs[i].path;
        auto& c = path.children[level];
        c[(path.position[level] + 1) % 4] += Fr::one();
        repath(w, i, crypto::node(c[0], c[1], c[2], c[3]), level + 1);
        const auto root = x.root[i];
        again(x, w);
        x.root[i] = root;
      });
    }
    add("another diversifier", U::root, plain(), [=](P& x, W& w, E&) { w.inputs[i].diversifier += Fr::one(); again(x, w); });
    add("another rho, for a second nullifier of one note", U::root, plain(), [=](P& x, W& w, E&) { w.inputs[i].rho += Fr::one(); again(x, w); });
  }
  add("another nk, for a second nullifier of every note", U::root, plain(), [=](P& x, W& w, E&) { w.nk += Fr::one(); again(x, w); });
  add("another nk under the old nullifiers", U::nullifier, plain(), [=](P&, W& w, E&) { w.nk += Fr::one(); });
  add("another's ak", U::root, plain(), [=](P& x, W& w, E&) { w.ak = crypto::jubjub_generator(); again(x, w); });
  add("ak with its sign changed", U::root, plain(), [=](P& x, W& w, E&) { w.ak = -w.ak; again(x, w); });
  add("ak with a point of order two added", U::root, plain(), [=](P& x, W& w, E&) {
    w.ak = {-w.ak.u, -w.ak.v};
    again(x, w);
  });
  add("another asset id", U::root, plain(), [=](P& x, W& w, E&) { w.asset_id += Fr::one(); again(x, w); });
  add("another fee asset", U::root, plain(), [=](P& x, W& w, E&) { w.fee_asset += Fr::one(); again(x, w); });
  add("rk", U::rk, plain(), [](P& x, W&, E&) { x.rk = crypto::jubjub_generator(); });
  add("rk with its sign changed", U::rk, plain(), [](P& x, W&, E&) { x.rk = -x.rk; });
  add("rk.u", U::rk, plain(), [](P& x, W&, E&) { x.rk.u += Fr::one(); });
  add("rk.v", U::rk, plain(), [](P& x, W&, E&) { x.rk.v += Fr::one(); });
  add("alpha", U::rk, plain(), [](P&, W& w, E&) { w.alpha += crypto::JubjubScalar::one(); });
  add("ak off the curve", U::ak_off_curve, dummies(), [=](P& x, W& w, E&) {
    w.ak.u += Fr::one();
    for (size_t i = 0; i < kSlots; ++i) repath(w, i, leaf(w, i));
    again(x, w);
  });
  add("ak = (0, 0)", U::ak_off_curve, dummies(), [=](P& x, W& w, E&) {
    w.ak = {Fr::zero(), Fr::zero()};
    for (size_t i = 0; i < kSlots; ++i) repath(w, i, leaf(w, i));
    again(x, w);
  });
  for (size_t i = 0; i < kBranchSlots; ++i) {
    add("cm' without a branch B", U::commitment_b, plain(), [=](P& x, W&, E& r) { x.cm_b[i] = r.fr(); });
    add("cm' that would be right, without a branch B", U::commitment_b, plain(), [=](P& x, W& w, E&) {
      w.has_b = true;
      x.cm_b[i] = public_of(w).cm_b[i];
      w.has_b = false;
    });
    add("cm' zero with a branch B", U::commitment_b, branch_b(), [=](P& x, W&, E&) { x.cm_b[i] = Fr::zero(); });
    add("cm' wrong", U::commitment_b, branch_b(), [=](P& x, W&, E&) { x.cm_b[i] += Fr::one(); });
  }
  add("branch B denied but its commitments shown", U::commitment_b, branch_b(), [](P& x, W& w, E&) { x.has_b = w.has_b = false; });
  return out;
}

TEST(Relation, every_clause_broken_alone_is_refused_by_both) {
  SeededEntropy random(44);
  std::set<Unsatisfied> seen;
  size_t count = 0;
  for (const auto& b : broken()) {
    for (size_t round = 0; round < cases(1, 20); ++round) {
      // Amounts in the middle, so that one unit more or less stays a number (all-dummy statements have no amounts).
      const auto middle = [](uint64_t v) { return v != 0 && v != UINT64_MAX; };
      RandomStatement s;
      do {
        s = random_statement(random, b.options);
      } while (!b.options.dummy[0] && !(middle(s.witness.inputs[0].value) && middle(s.witness.inputs[1].value) && middle(s.witness.inputs[2].value) &&
                                        middle(s.witness.outputs[0].value) && middle(s.witness.outputs[1].value) && middle(s.witness.outputs[2].value)));
      ASSERT_EQ(holds(s.statement, s.witness), Unsatisfied::none);
      b.change(s.statement, s.witness, random);
      const auto verdict = holds(s.statement, s.witness);
      EXPECT_EQ(verdict, b.expected) << b.what << ": " << name(verdict);
      EXPECT_FALSE(satisfies(s.statement, s.witness)) << b.what;
      seen.insert(verdict);
      ++count;
    }
  }
  std::printf("clauses broken: %zu cases\n", count);
  for (const auto u : {Unsatisfied::rk, Unsatisfied::ak_off_curve, Unsatisfied::nullifier, Unsatisfied::root, Unsatisfied::commitment,
                       Unsatisfied::commitment_b, Unsatisfied::balance, Unsatisfied::balance_b, Unsatisfied::fee_balance, Unsatisfied::carry_asset,
                       Unsatisfied::asset_pub}) {
    EXPECT_TRUE(seen.count(u)) << name(u);
    EXPECT_STRNE(name(u), "unknown");
  }
}

// B10: one unit created, destroyed or moved, anywhere.
TEST(Relation, random_amounts_moved_are_refused) {
  SeededEntropy random(45);
  for (size_t i = 0; i < cases(30, 10'000); ++i) {
    auto s = random_statement(random);
    uint64_t* amounts[] = {&s.witness.outputs[0].value, &s.witness.outputs[1].value, &s.witness.outputs[2].value, &s.witness.carry,
                           &s.witness.v_in, &s.witness.v_out, &s.witness.fee};
    const auto before = holds(s.statement, s.witness);
    ASSERT_EQ(before, Unsatisfied::none);
    const uint64_t by = random.below(3) ? 1 : random.u64();
    auto& from = *amounts[random.below(7)];
    auto& to = *amounts[random.below(7)];
    from -= by;
    if (random.below(2)) to += by;
    s.statement = public_of(s.witness);
    // Some moves are honest (between the two outputs); the two must agree on which.
    ASSERT_EQ(satisfies(s.statement, s.witness), holds(s.statement, s.witness) == Unsatisfied::none);
  }
}

// --- what no witness struct can express: raw values in the circuit's variables, everything after recomputed ---

struct Raw {
  plonk::System system{plonk::gate_set(), the_circuit()};
  Labels labels{system};
  std::vector<Fr> x;
  plonk::Order order;
  explicit Raw(const StatementOptions& o) {
    SeededEntropy random(46);
    const auto s = random_statement(random, o);
    x = values_of(system, s.statement, s.witness);
    order = plonk::derive(system, x, labels.roots(x, system));
  }
  std::vector<uint32_t> violated(std::initializer_list<std::pair<Unknown, Fr>> changes) const {
    auto y = x;
    return plonk::mutate(system, order, y, {changes.begin(), changes.size()});
  }
};

TEST(Raw, amounts_beyond_64_bits_are_stopped_by_their_range_and_by_nothing_else) {
  const Raw raw(plain());
  const Fr two64 = Fr::from_u64(UINT64_MAX) + Fr::one();
  std::vector<Unknown> amounts{raw.labels.carry};
  for (const auto& o : raw.labels.outputs) amounts.push_back(o.value);
  for (const auto& o : raw.labels.outputs_b) amounts.push_back(o.value);
  for (const Unknown u : amounts) {
    for (const Fr& v : {two64, two64 + Fr::one(), -Fr::one(), -two64, Fr::from_u64(2).inverse(), two64.square()}) {
      if (u == raw.labels.carry) continue;
      const auto bad = raw.violated({{u, v}});
      ASSERT_EQ(bad.size(), 1u) << "the balance is recomputed, so only the range may object";
      const auto& c = raw.system.constraint(bad[0]);
      EXPECT_EQ(c.selector, plonk::kRange);
      EXPECT_EQ(c.index, 8);
    }
  }
  StatementOptions o = same_asset();
  const Raw same(o);
  for (const Fr& v : {two64, -Fr::one(), -two64}) {
    const auto bad = same.violated({{same.labels.carry, v}});
    ASSERT_EQ(bad.size(), 1u);
    EXPECT_EQ(same.system.constraint(bad[0]).selector, plonk::kRange);
  }
}

TEST(Raw, has_b_is_zero_or_one) {
  const Raw raw(branch_b());
  for (const Fr& v : {Fr::from_u64(2), -Fr::one(), Fr::from_u64(2).inverse()}) {
    const auto bad = raw.violated({{raw.labels.fields[11], v}});
    ASSERT_EQ(bad.size(), 1u);
    EXPECT_EQ(raw.system.constraint(bad[0]).selector, plonk::kQc);
  }
}

TEST(Raw, an_asset_with_a_policy_does_not_pass) {
  const Raw raw(plain());
  // The hidden asset as the circuit computes it: found by value.
  const Fr id = raw.x[raw.labels.asset_id], asset = hash(Tag::asset, id, Fr::zero(), Fr::zero());
  Unknown computed = plonk::kNoVar;
  for (Unknown u = 0; u < raw.system.circuit().variables; ++u)
    if (raw.x[u] == asset) computed = u;
  ASSERT_NE(computed, plonk::kNoVar);
  for (uint64_t policy = 1; policy < 4; ++policy) {
    const auto bad = raw.violated({{computed, hash(Tag::asset, id, Fr::from_u64(policy), Fr::zero())}});
    ASSERT_EQ(bad.size(), 1u);   // its own hash; the notes would all be consistent with it
    EXPECT_LE(raw.system.constraint(bad[0]).selector, plonk::kP8);
  }
}

// Documented limit (docs/spec/transfer.md): fee, v_in and v_out are u64 because the wire says so, not because the circuit does. This
// test fails if that ever changes silently in either direction: the fields come from u64, and the circuit alone would mint.
TEST(Raw, public_amounts_are_bounded_by_the_wire_alone) {
  const Raw raw(plain());
  const Fr negative = -Fr::from_u64(1000);
  EXPECT_TRUE(raw.violated({{raw.labels.fields[16], negative}}).empty()) << "r - 1000 as a fee";
  TransferPublic x;
  x.fee = x.v_in = x.v_out = UINT64_MAX;
  for (const size_t i : {12, 13, 16}) EXPECT_EQ(x.fields()[i].to_u64(), UINT64_MAX);
}

// --- real proofs ---

struct System {
  ThreadPool pool{2};
  SeededEntropy random{47};
  std::shared_ptr<const ProofSystem> system;
  plonk::VerifyingKey vk;   // made apart, for public inputs that no TransferPublic can hold
  System() {
    auto loaded = load_proof_system(source_dir() + "/data/srs.bin", true, pool);
    auto srs = poly::load_srs(source_dir() + "/data/srs.bin", 2, pool);
    EXPECT_TRUE(loaded.ok() && srs.ok());
    system = *loaded;
    vk = plonk::make_verifying_key(the_circuit(), kTransferCircuit, *srs, pool);
  }
};
System& real() {
  static System s;
  return s;
}
const ByteArray<32> kNetwork{9};

TEST(Proofs, every_public_field_binds) {
  auto& r = real();
  StatementOptions o;
  o.has_b = o.public_values = o.same_asset = true;
  const auto s = random_statement(r.random, o);
  const auto proof = prove_transfer(*r.system, kNetwork, s.statement, s.witness, r.random, r.pool);
  const auto fields = s.statement.fields();
  const auto verify = [&](std::vector<Fr> publics) -> bool {
    const plonk::Claim claim{std::move(publics), {proof.begin(), proof.end()}};
    return plonk::verify_batch(r.vk, kNetwork, {&claim, 1}, r.random, r.pool)[0];
  };
  const std::vector<Fr> good(fields.begin(), fields.end());
  ASSERT_TRUE(verify(good));
  for (size_t i = 0; i < good.size(); ++i) {
    for (const Fr& by : {Fr::one(), -Fr::one()}) {
      auto bad = good;
      bad[i] += by;
      EXPECT_FALSE(verify(bad)) << i;
    }
    for (size_t k = 0; k < i; ++k) {
      if (!plonk::long_form() && (i + k) % 3 != 0) continue;
      auto bad = good;
      if (bad[i] == bad[k]) continue;
      std::swap(bad[i], bad[k]);
      EXPECT_FALSE(verify(bad)) << i << "," << k;
    }
  }
  // A dummy's anchor and an unused asset_pub are free in the relation, but not in a proof already made.
  const auto d = random_statement(r.random, dummies());
  const auto dummy_proof = prove_transfer(*r.system, kNetwork, d.statement, d.witness, r.random, r.pool);
  TransferClaim claim{d.statement, dummy_proof};
  EXPECT_TRUE(verify_transfer(*r.system, kNetwork, claim, r.random, r.pool));
  for (auto& root : claim.statement.root) root += Fr::one();
  EXPECT_EQ(holds(claim.statement, d.witness), Unsatisfied::none);
  EXPECT_FALSE(verify_transfer(*r.system, kNetwork, claim, r.random, r.pool));
  claim.statement = d.statement;
  claim.statement.asset_pub += Fr::one();
  EXPECT_FALSE(verify_transfer(*r.system, kNetwork, claim, r.random, r.pool));
}

TEST(Proofs, false_statements_are_not_proven) {
  auto& r = real();
  const auto all = broken();
  for (size_t i = 0; i < all.size(); i += plonk::long_form() ? 1 : 19) {
    auto s = random_statement(r.random, all[i].options);
    all[i].change(s.statement, s.witness, r.random);
    if (holds(s.statement, s.witness) == Unsatisfied::none) continue;   // a random amount was 0
    const TransferClaim claim{s.statement, prove_transfer(*r.system, kNetwork, s.statement, s.witness, r.random, r.pool)};
    EXPECT_FALSE(verify_transfer(*r.system, kNetwork, claim, r.random, r.pool)) << all[i].what;
  }
}

TEST(Proofs, bits_flipped_and_another_network) {
  auto& r = real();
  const auto s = random_statement(r.random);
  const TransferClaim good{s.statement, prove_transfer(*r.system, kNetwork, s.statement, s.witness, r.random, r.pool)};
  EXPECT_TRUE(verify_transfer(*r.system, kNetwork, good, r.random, r.pool));
  EXPECT_FALSE(verify_transfer(*r.system, ByteArray<32>{8}, good, r.random, r.pool));
  for (size_t bit = 0; bit < 8 * kTransferProofBytes; bit += plonk::long_form() ? 1 : 1 + r.random.below(120)) {
    auto bad = good;
    bad.proof[bit / 8] ^= static_cast<uint8_t>(1u << bit % 8);
    ASSERT_FALSE(verify_transfer(*r.system, kNetwork, bad, r.random, r.pool)) << bit;
  }
}

TEST(Proofs, valid_statements_prove) {
  auto& r = real();
  std::vector<TransferClaim> claims;
  for (size_t i = 0; i < cases(3, 300); ++i) {
    const auto s = random_statement(r.random);
    claims.push_back({s.statement, prove_transfer(*r.system, kNetwork, s.statement, s.witness, r.random, r.pool)});
  }
  EXPECT_EQ(verify_transfers(*r.system, kNetwork, claims, r.random, r.pool), std::vector<bool>(claims.size(), true));
}

}  // namespace
}  // namespace sotto::circuit
