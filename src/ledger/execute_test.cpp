#include "ledger/execute.hpp"

#include <gtest/gtest.h>

#include "ledger/test_support.hpp"

namespace sotto::ledger {
namespace {

using testing::certified;
using testing::World;

TEST(Execute, OnePayment) {
  World world;
  const State before = world.state;
  const Transaction tx = world.payment();
  auto e = world.run({certified(tx)});
  ASSERT_TRUE(e.ok());
  EXPECT_EQ(e->block.entries[0].outcome, Outcome::executed);
  EXPECT_EQ(e->details[0].txid, txid(tx));
  EXPECT_EQ(e->details[0].first_leaf, before.tree.size());
  // Nothing has changed yet: computing and assigning are two steps.
  EXPECT_EQ(app_hash(world.state), app_hash(before));
  EXPECT_FALSE(world.archive.spend_of(tx.transfers[0].inputs[0].nf));
  const BlockHeader header = e->block.header;
  commit(std::move(e).value(), world.state, world.archive);
  EXPECT_EQ(world.state.height, 1u);
  EXPECT_EQ(world.state.last_block, block_hash(header));
  EXPECT_EQ(header.previous, before.last_block);
  EXPECT_EQ(header.app_hash, app_hash(world.state));
  EXPECT_EQ(header.note_root, world.state.newest_root());
  EXPECT_EQ(header.notes, before.tree.size() + 3);
  EXPECT_EQ(world.state.supply[0].fees, 1u);
  for (const Nullifier& nf : nullifiers(tx)) EXPECT_EQ(world.archive.spend_of(nf)->txid, txid(tx));
  auto tree = before.tree;
  for (const Commitment& cm : appended_commitments(tx)) ASSERT_TRUE(tree.append(cm.value));
  EXPECT_EQ(tree.root(), world.state.newest_root().value);
  EXPECT_TRUE(world.archive.known_root(world.state.newest_root()));
}

TEST(Execute, EmptyBlocksDoNotChangeTheAppHash) {  // L-33
  World world;
  world.step({world.payment()});
  const Hash32 before = app_hash(world.state);
  const BlockHash last = world.state.last_block;
  for (int i = 0; i < 20; ++i) world.step({});  // far beyond the anchor window
  EXPECT_EQ(app_hash(world.state), before);
  EXPECT_NE(world.state.last_block, last);
  // Nor does a block in which nothing executes.
  Transaction bad = world.payment();
  bad.transfers[0].proof[0] ^= 1;
  EXPECT_EQ(world.step({bad}), std::vector{Outcome::invalid});
  EXPECT_EQ(app_hash(world.state), before);
}

TEST(Execute, AppHashCoversTheWholeState) {
  World world;
  world.step({world.payment()});
  const State base = world.state;
  std::set<Hash32> hashes{app_hash(base)};
  const auto differs = [&](auto change) {
    State s = base;
    change(s);
    EXPECT_TRUE(hashes.insert(app_hash(s)).second);
  };
  // Taken apart, so that a new field does not compile before somebody decides whether it is covered.
  const auto& [network, height, epoch, time_ms, last_block, chain, tree, spent, spent_set, roots, supply, generations, recoveries,
              began, due, closing, committee, stake] = base;
  (void)network; (void)height; (void)epoch; (void)time_ms; (void)last_block; (void)chain; (void)tree; (void)spent; (void)spent_set;
  (void)roots; (void)supply; (void)generations; (void)recoveries; (void)began; (void)due; (void)closing; (void)committee; (void)stake;
  differs([](State& s) { GenesisContent c = s.network->content(); c.salt[0] ^= 1; s.network = std::make_shared<Network>(c); });
  differs([](State& s) { ++s.epoch; });
  differs([](State& s) { ASSERT_TRUE(s.tree.append(Fr::one())); });
  differs([](State& s) { ++s.spent; });
  differs([](State& s) { s.spent_set.add(view("x")); });
  differs([](State& s) { s.roots.pop_back(); });
  differs([](State& s) { ++s.roots[0].since; });
  differs([](State& s) { ++s.supply[0].minted; });
  differs([](State& s) { s.supply[0].minted += Wide{1} << 64; });
  differs([](State& s) { ++s.supply[1].burned; });
  differs([](State& s) { ++s.supply[1].fees; });
  differs([](State& s) { s.supply[1].halted = true; });
  differs([](State& s) { s.generations[{Fr::one()}] = 1; });
  differs([](State& s) { s.recoveries[{Fr::one()}]; });
  differs([](State& s) { s.recoveries[{Fr::one()}].generation = 1; });
  differs([](State& s) { s.recoveries[{Fr::one()}].since = 1; });
  differs([](State& s) { s.recoveries[{Fr::one()}].reports.validators = {1}; });
  differs([](State& s) { s.recoveries[{Fr::one()}].reports.stake = 1; });
  differs([](State& s) { ++s.began.height; });
  differs([](State& s) { ++s.began.time_ms; });
  differs([](State& s) { s.due.emplace(); });
  differs([](State& s) { s.due = Due{1, {}}; });
  differs([](State& s) { s.due = Due{0, {1}}; });
  differs([](State& s) { s.closing.emplace(); });
  differs([](State& s) { s.closing = Closing{1, {}, {}}; });
  differs([](State& s) { s.closing = Closing{0, {1}, {}}; });
  differs([](State& s) { s.closing = Closing{0, {}, {{1}, 0}}; });
  differs([](State& s) { s.committee = {1}; });
  differs([](State& s) { ++s.supply[0].staked; });
  differs([](State& s) { s.stake.pools[{}]; });
  differs([](State& s) { s.stake.claims[{}]; });
  State same = base;
  ++same.height;
  ++same.time_ms;
  same.last_block.value[0] ^= 1;
  same.chain.append(same.last_block);
  EXPECT_EQ(app_hash(same), app_hash(base));
}

TEST(Execute, DeterministicToTheByte) {
  std::optional<Bytes> first;
  for (int round = 0; round < 2; ++round) {
    World world(3);
    std::vector<CertifiedTransaction> entries;
    for (int i = 0; i < 5; ++i) entries.push_back(certified(world.payment()));
    world.verifier_entropy.bytes<7>();  // the verifier's randomness decides nothing
    const auto e = world.run(entries);
    if (!first) first = encode(e->block);
    EXPECT_EQ(encode(e->block), *first);
  }
}

// A certified payment executes whatever expired since, and however old its anchor is (T-8, L-31).
TEST(Execute, SettledPaymentsNeverExpire) {
  World world;
  Transaction tx = world.payment();
  tx.expiry = 0;
  world.seal(tx);
  for (int i = 0; i < 12; ++i) world.step({world.payment()});
  const auto vote = check_for_vote(encode(tx), world.state, world.archive, world.authority);
  ASSERT_FALSE(vote.ok());
  EXPECT_EQ(vote.error(), Reject::expired);
  EXPECT_FALSE(anchor_is_recent(world.state, tx.transfers[0].inputs[0].anchor));
  EXPECT_EQ(world.step({tx}), std::vector{Outcome::executed});
}

TEST(Execute, TwiceIsOnceWithTheSameAnswer) {
  World world;
  const Transaction tx = world.payment();
  EXPECT_EQ(world.step({tx, tx}), (std::vector{Outcome::executed, Outcome::repeated}));
  const Hash32 hash = app_hash(world.state);
  for (int i = 0; i < 3; ++i) {
    const auto e = world.run({certified(tx)});
    EXPECT_EQ(e->block.entries[0].outcome, Outcome::repeated);
    EXPECT_EQ(e->details[0].spend, (Spend{txid(tx), 1}));
    EXPECT_EQ(app_hash(e->next), hash);
  }
}

TEST(Execute, RivalsInOneBlockAndAcrossBlocks) {
  World world;
  const Transaction first = world.payment(), bystander = world.payment();
  Transaction rival = world.payment();
  rival.transfers[0].inputs[2].nf = first.transfers[0].inputs[0].nf;
  world.seal(rival);
  auto e = world.run({certified(first), certified(rival), certified(bystander)});
  EXPECT_EQ(e->block.entries[1].outcome, Outcome::spent);
  EXPECT_EQ(e->details[1].spend, (Spend{txid(first), 1}));
  EXPECT_EQ(e->block.entries[2].outcome, Outcome::executed);
  EXPECT_EQ(e->next.spent, world.state.spent + 6);
  EXPECT_EQ(world.step({rival, first}), (std::vector{Outcome::executed, Outcome::spent}));  // first ordered wins
  EXPECT_EQ(world.step({first}), std::vector{Outcome::spent});
}

// A bad twin (same txid, other proof) is a refused message, never a verdict on the txid.
TEST(Execute, BadTwinDoesNotPoison) {
  World world;
  const Transaction good = world.payment();
  Transaction twin = good;
  twin.transfers[0].proof[100] ^= 1;
  ASSERT_EQ(txid(twin), txid(good));
  // In one block each entry's own bytes are judged; later blocks answer for the executed txid without looking.
  EXPECT_EQ(world.step({twin, good, twin}), (std::vector{Outcome::invalid, Outcome::executed, Outcome::invalid}));
  EXPECT_EQ(world.step({twin}), std::vector{Outcome::repeated});
}

TEST(Execute, OutcomesEachAlone) {
  World world;
  std::set<Outcome> seen{Outcome::executed, Outcome::repeated, Outcome::spent};  // above
  const auto outcome = [&](const Transaction& tx) {
    const auto e = world.run({certified(tx)});
    seen.insert(e->block.entries[0].outcome);
    if (e->block.entries[0].outcome == Outcome::invalid) { EXPECT_TRUE(e->details[0].reject); }
    EXPECT_EQ(e->next.spent, world.state.spent);
    EXPECT_EQ(e->next.tree.size(), world.state.tree.size());
    EXPECT_FALSE(e->changes.root);
    EXPECT_TRUE(e->changes.spends.empty());
    return e->block.entries[0].outcome;
  };
  Transaction tx = world.payment();
  tx.transfers[0].inputs[1].generation = 1;
  world.seal(tx);
  EXPECT_EQ(outcome(tx), Outcome::outdated_generation);
  tx = world.payment();
  tx.transfers[0].inputs[1].anchor = {world.entropy.field()};
  world.seal(tx);
  EXPECT_EQ(outcome(tx), Outcome::unknown_anchor);
  tx = world.payment();
  tx.transfers[0].fee = 3;
  world.seal(tx);
  EXPECT_EQ(outcome(tx), Outcome::invalid);
  tx = world.payment();
  tx.transfers[0].signature.S[0] ^= 1;
  EXPECT_EQ(outcome(tx), Outcome::invalid);
  tx = world.payment();
  tx.transfers[0].inputs[2].nf = tx.transfers[0].inputs[1].nf;
  world.seal(tx);
  EXPECT_EQ(outcome(tx), Outcome::invalid);
  tx = world.payment();
  auto e = world.run({{tx, Bytes(32)}});
  EXPECT_EQ(e->block.entries[0].outcome, Outcome::uncertified);
  seen.insert(Outcome::uncertified);
  // 2,000 + 3,001 of 5,000: neither alone is a breach.
  tx = world.burn(3'001);
  EXPECT_EQ(world.step({world.burn(2'000)}), std::vector{Outcome::executed});
  EXPECT_EQ(outcome(tx), Outcome::turnstile);
  EXPECT_EQ(world.step({tx}), std::vector{Outcome::turnstile});
  EXPECT_TRUE(world.state.supply[1].halted);
  EXPECT_FALSE(world.state.supply[0].halted);
  EXPECT_EQ(outcome(world.burn(1)), Outcome::burns_halted);
  EXPECT_EQ(world.step({world.payment(), world.mint(1)}), (std::vector{Outcome::executed, Outcome::executed}));
  // A tree with room for two more leaves.
  Writer full;
  full.u64(note::NoteTreeFrontier::kCapacity - 2);
  for (size_t i = 0; i < 2 + 3 * (note::kTreeDepth - 1); ++i) Fr::one().write(full);
  Reader in(full.bytes());
  auto frontier = note::NoteTreeFrontier::read(in);
  ASSERT_TRUE(frontier.ok());
  world.state.tree = *frontier;
  EXPECT_EQ(outcome(world.payment()), Outcome::tree_full);
  // Room for five: what the first of a block's payments takes is not there for the second.
  Writer almost;
  almost.u64(note::NoteTreeFrontier::kCapacity - 5);
  for (size_t i = 0; i < 3 + 2 + 3 * (note::kTreeDepth - 2); ++i) Fr::one().write(almost);
  Reader again(almost.bytes());
  frontier = note::NoteTreeFrontier::read(again);
  ASSERT_TRUE(frontier.ok());
  world.state.tree = *frontier;
  EXPECT_EQ(world.step({world.payment(), world.payment()}), (std::vector{Outcome::executed, Outcome::tree_full}));
  EXPECT_EQ(world.state.tree.room(), 2u);
  // What ordered operations come to is ordered_test.cpp's.
  for (uint8_t i = 0; i < static_cast<uint8_t>(Outcome::took_effect); ++i) {
    EXPECT_TRUE(seen.contains(static_cast<Outcome>(i))) << name(static_cast<Outcome>(i));
    EXPECT_STRNE(name(static_cast<Outcome>(i)), "?");
  }
}

TEST(Execute, HaltSurvivesInTheAppHash) {
  World world;
  const Hash32 before = app_hash(world.state);
  world.step({world.burn(5'001)});
  EXPECT_NE(app_hash(world.state), before);
}

TEST(Execute, KnownSpendsCostNoProof) {
  World world;
  const Transaction tx = world.payment();
  world.step({tx});
  world.proofs.verified = 0;
  world.step({tx, tx, tx});
  EXPECT_EQ(world.proofs.verified, 0u);
}

TEST(Execute, MintsAndBurnsMoveTheTurnstile) {
  World world;
  world.step({world.mint(100), world.burn(30), world.mint(UINT64_MAX, {3, 0}), world.mint(UINT64_MAX, {3, 0})});
  EXPECT_EQ(world.state.supply[1].minted, 5'100u);
  EXPECT_EQ(world.state.supply[1].burned, 30u);
  EXPECT_EQ(to_decimal(world.state.supply[2].shielded()), "36893488147419103230");  // beyond u64, not wrapped
  EXPECT_EQ(to_decimal(world.state.supply[0].fees), "4");
}

TEST(Execute, Limits) {
  World world;
  const auto tx = certified(world.payment());
  const uint32_t most = world.network->params().max_block_entries;
  EXPECT_TRUE(world.run(std::vector<CertifiedTransaction>(most, tx)).ok());
  EXPECT_EQ(world.run(std::vector<CertifiedTransaction>(most + 1, tx)).error(), BlockReject::too_many_entries);
  EXPECT_EQ(execute(world.state, world.archive, {}, world.state.time_ms, testing::test_certificate_holds, world.authority)->block.header.height, 1u);
  world.step({});
  EXPECT_EQ(execute(world.state, world.archive, {}, world.state.time_ms - 1, testing::test_certificate_holds, world.authority).error(), BlockReject::time_reversed);
  GenesisContent content = testing::test_content();
  content.params.max_block_bytes = 2 * kMaxTransactionBytes;
  content.params.max_block_entries = kMaxBlockEntries;
  World small(1, content);
  const auto one = certified(small.payment());
  const size_t fit = (content.params.max_block_bytes - encoded_header_size()) / encoded_size(one);
  const auto full = small.run(std::vector<CertifiedTransaction>(fit, one));
  ASSERT_TRUE(full.ok());
  EXPECT_EQ(encode(full->block).size(), encoded_header_size() + fit * encoded_size(one));
  EXPECT_EQ(small.run(std::vector<CertifiedTransaction>(fit + 1, one)).error(), BlockReject::too_large);
}

TEST(Block, CodecIsCanonical) {
  World world;
  Transaction bad = world.payment();
  bad.transfers[0].proof[0] ^= 1;
  world.step({world.payment(), bad, world.mint(3)});
  const Bytes bytes = encode(world.blocks[0]);
  const auto back = decode_block(bytes);
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(encode(*back), bytes);
  EXPECT_EQ(back->header, world.blocks[0].header);
  for (size_t n = 0; n < bytes.size(); n += 13) EXPECT_FALSE(decode_block(ByteView(bytes).first(n)).ok());
  Bytes other = bytes;
  other.push_back(0);
  EXPECT_EQ(decode_block(other).error(), DecodeError::trailing_bytes);
  other = bytes;
  other[0] = 9;
  EXPECT_EQ(decode_block(other).error(), DecodeError::bad_version);
  other = bytes;
  other.back() = kOutcomes;
  EXPECT_EQ(decode_block(other).error(), DecodeError::bad_version);
  other = bytes;
  other[encoded_header_size() - 3] = 0xff;
  EXPECT_EQ(decode_block(other).error(), DecodeError::too_large);
  EXPECT_EQ(decode_block(Bytes(kMaxBlockBytes + 1)).error(), DecodeError::too_large);
  const auto entry = certified(world.payment());
  const Bytes encoded = encode(entry);
  EXPECT_EQ(encode(*decode_certified(encoded)), encoded);
  Bytes too_long = encode(CertifiedTransaction{entry.transaction, Bytes(kMaxCertificateBytes)});
  too_long[encode(entry.transaction).size() + 4 + 2] = 0x10;
  too_long[encode(entry.transaction).size() + 4 + 3] = 1;
  too_long.push_back(0);
  EXPECT_EQ(decode_certified(too_long).error(), DecodeError::too_large);
}

TEST(Block, HashCoversEveryHeaderField) {
  World world;
  world.step({world.payment()});
  const BlockHeader base = world.blocks[0].header;
  std::set<Hash32> hashes{block_hash(base).value};
  for (int n = 0; n < 10; ++n) {
    BlockHeader h = base;
    auto& [network, height, epoch, time_ms, previous, chain, entries, notes, note_root, app] = h;
    switch (n) {
      case 0: network.value[0] ^= 1; break;
      case 1: ++height; break;
      case 2: ++epoch; break;
      case 3: ++time_ms; break;
      case 4: previous.value[0] ^= 1; break;
      case 5: entries[0] ^= 1; break;
      case 6: ++notes; break;
      case 7: note_root.value += Fr::one(); break;
      case 8: app[0] ^= 1; break;
      case 9: chain[0] ^= 1; break;
    }
    EXPECT_TRUE(hashes.insert(block_hash(h).value).second) << n;
  }
}

TEST(Block, EveryRejectAlone) {
  World world;
  world.step({});
  Transaction bad = world.payment();
  bad.transfers[0].proof[0] ^= 1;
  auto e = world.run({certified(world.payment()), certified(bad)});
  const Block good = e->block;
  std::set<BlockReject> seen{BlockReject::malformed};  // audit_test.cpp
  const auto verdict = [&](const Block& block) -> std::optional<BlockReject> {
    const auto r = check_block(world.state, world.archive, block, testing::test_certificate_holds, world.authority);
    if (r.ok()) return std::nullopt;
    seen.insert(r.error().reject);
    return r.error().reject;
  };
  EXPECT_EQ(verdict(good), std::nullopt);
  const auto after = [&](auto change) {
    Block b = good;
    change(b);
    return verdict(b);
  };
  EXPECT_EQ(after([](Block& b) { b.header.network.value[0] ^= 1; }), BlockReject::wrong_network);
  EXPECT_EQ(after([](Block& b) { ++b.header.height; }), BlockReject::wrong_height);
  EXPECT_EQ(after([](Block& b) { ++b.header.epoch; }), BlockReject::wrong_epoch);
  EXPECT_EQ(after([](Block& b) { b.header.previous.value[0] ^= 1; }), BlockReject::wrong_previous);
  EXPECT_EQ(after([](Block& b) { b.header.chain[0] ^= 1; }), BlockReject::wrong_chain);
  EXPECT_EQ(after([](Block& b) { b.header.entries[0] ^= 1; }), BlockReject::wrong_entries);
  EXPECT_EQ(after([](Block& b) { b.entries[0].certified.certificate[0] ^= 1; }), BlockReject::wrong_entries);
  EXPECT_EQ(after([](Block& b) { b.entries[0].certified.transaction.transfers[0].proof[0] ^= 1; }), BlockReject::wrong_entries);
  EXPECT_EQ(after([](Block& b) { ++b.header.notes; }), BlockReject::wrong_notes);
  EXPECT_EQ(after([](Block& b) { b.header.note_root.value += Fr::one(); }), BlockReject::wrong_note_root);
  EXPECT_EQ(after([](Block& b) { b.header.app_hash[0] ^= 1; }), BlockReject::wrong_app_hash);
  EXPECT_EQ(after([](Block& b) { b.header.time_ms = 1; }), BlockReject::time_reversed);
  // Consistent lies: an outcome, a forged certificate, a tampered proof passed off as executed.
  const auto lie = [&](auto change) {
    return after([&](Block& b) {
      change(b);
      b.header.entries = entries_hash(b.entries);
    });
  };
  EXPECT_EQ(lie([](Block& b) { b.entries[1].outcome = Outcome::executed; }), BlockReject::wrong_outcome);
  EXPECT_EQ(lie([](Block& b) { b.entries[0].outcome = Outcome::spent; }), BlockReject::wrong_outcome);
  EXPECT_EQ(lie([](Block& b) { b.entries[0].certified.certificate[0] ^= 1; }), BlockReject::wrong_outcome);
  EXPECT_EQ(lie([](Block& b) { b.entries[0].certified.transaction.transfers[0].proof[0] ^= 1; }), BlockReject::wrong_outcome);
  EXPECT_EQ(lie([&](Block& b) { b.entries.resize(world.network->params().max_block_entries + 1, b.entries[0]); }), BlockReject::too_many_entries);
  EXPECT_EQ(lie([&](Block& b) {
    Transaction huge = world.payment();
    huge.transfers.resize(kMaxTransfers, huge.transfers[0]);
    b.entries.assign(world.network->params().max_block_entries, {certified(huge), Outcome::invalid});
  }), BlockReject::too_large);
  for (int i = 0; i <= static_cast<int>(BlockReject::wrong_app_hash); ++i) {
    EXPECT_TRUE(seen.contains(static_cast<BlockReject>(i))) << name(static_cast<BlockReject>(i));
    EXPECT_STRNE(name(static_cast<BlockReject>(i)), "?");
  }
}

TEST(SetHash, OrderFreeAndSensitive) {
  SetHash a, b;
  for (int i = 0; i < 20; ++i) a.add({reinterpret_cast<const uint8_t*>(&i), sizeof i});
  for (int i = 20; i-- > 0;) b.add({reinterpret_cast<const uint8_t*>(&i), sizeof i});
  EXPECT_EQ(a.digest(), b.digest());
  EXPECT_NE(a.digest(), SetHash().digest());
  SetHash twice = a;
  const int three = 3;
  twice.add({reinterpret_cast<const uint8_t*>(&three), sizeof three});
  EXPECT_NE(twice.digest(), a.digest());
  Writer out;
  a.write(out);
  EXPECT_EQ(out.bytes().size(), SetHash::kBytes);
  Reader in(out.bytes());
  EXPECT_EQ(*SetHash::read(in), a);
}

TEST(MemoryArchive, KeepsSpendsAndRoots) {
  MemoryArchive archive;
  const Nullifier nf{Fr::from_u64(7)};
  EXPECT_FALSE(archive.spend_of(nf));
  archive.commit({3, {{nf, {TxId{}, 3}}}, Anchor{Fr::from_u64(9)}});
  EXPECT_EQ(archive.spend_of(nf)->height, 3u);
  EXPECT_TRUE(archive.known_root({Fr::from_u64(9)}));
  EXPECT_FALSE(archive.known_root({Fr::from_u64(8)}));
  EXPECT_DEATH(archive.commit({4, {{nf, {TxId{}, 4}}}, std::nullopt}), "");
}

}  // namespace
}  // namespace sotto::ledger
