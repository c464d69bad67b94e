#include "ledger/genesis.hpp"

#include <gtest/gtest.h>

#include "ledger/audit.hpp"
#include "ledger/test_support.hpp"

namespace sotto::ledger {
namespace {

using testing::World;

TEST(Genesis, BringsInWhatItsContentSays) {
  World world;
  EXPECT_EQ(world.state.height, 0u);
  EXPECT_EQ(world.state.supply[0].minted, 1'000'000u);
  EXPECT_EQ(world.state.supply[1].minted, 5'000u);
  EXPECT_EQ(world.state.supply[2].minted, 0u);
  EXPECT_EQ(world.state.tree.size(), 6u);
  EXPECT_EQ(world.state.spent, 6u);
  EXPECT_EQ(world.state.network->id(), network_id(world.genesis.content));
  EXPECT_TRUE(world.archive.known_root(world.state.newest_root()));
  EXPECT_FALSE(world.archive.known_root(genesis_anchor()));
  EXPECT_EQ(world.state.last_block, block_hash(world.genesis_block.header));
  EXPECT_EQ(world.genesis_block.header.previous.value, genesis_hash(world.genesis));
  EXPECT_EQ(world.genesis_block.header.app_hash, app_hash(world.state));
}

TEST(Genesis, CodecIsCanonical) {
  World world;
  world.genesis.committee_proofs = {9, 9};
  const Bytes bytes = encode(world.genesis);
  const auto back = decode_genesis(bytes);
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(encode(*back), bytes);
  EXPECT_EQ(back->content, world.genesis.content);
  for (size_t n = 0; n < bytes.size(); n += 7) EXPECT_FALSE(decode_genesis(ByteView(bytes).first(n)).ok());
  Bytes other = bytes;
  other.push_back(0);
  EXPECT_EQ(decode_genesis(other).error(), DecodeError::trailing_bytes);
  other = bytes;
  other[0] = 3;                                  // the version without a kind
  EXPECT_EQ(decode_genesis(other).error(), DecodeError::bad_version);
  for (const uint8_t kind : {uint8_t{0}, uint8_t{4}, uint8_t{255}}) {
    other = bytes;
    other[1] = kind;
    EXPECT_EQ(decode_genesis(other).error(), DecodeError::bad_version);
  }
  for (const auto kind : {note::NetworkKind::main, note::NetworkKind::test, note::NetworkKind::dev}) {
    other = bytes;
    other[1] = static_cast<uint8_t>(kind);
    EXPECT_EQ(decode_genesis(other)->content.kind, kind);
  }
  EXPECT_EQ(decode_genesis(Bytes(kMaxGenesisBytes + 1)).error(), DecodeError::too_large);
}

// L-20: the id covers the content and nothing else; the genesis hash covers every byte.
TEST(Genesis, WhatTheIdCovers) {
  const GenesisContent base = testing::test_content();
  std::set<Hash32> ids{network_id(base).value};
  const auto& [kind, params, assets, committee, salt] = base;
  const auto& [name, anchor_window, expiry_window, fees, fee_assets, entries, bytes, contracts, epoch_blocks, epoch_ms, trust_ms, stake] = params;
  const auto& [opening, symbol, title, decimals, issuer, issued] = assets[0];
  (void)kind; (void)committee; (void)salt; (void)name; (void)anchor_window; (void)expiry_window; (void)fees; (void)fee_assets;
  (void)entries; (void)bytes; (void)contracts; (void)epoch_blocks; (void)epoch_ms; (void)trust_ms; (void)stake;
  (void)opening; (void)symbol; (void)title; (void)decimals; (void)issuer; (void)issued;
  const std::vector<std::function<void(GenesisContent&)>> rows = {
      [](GenesisContent& c) { c.kind = note::NetworkKind::main; }, [](GenesisContent& c) { c.kind = note::NetworkKind::test; },
      [](GenesisContent& c) { c.params.name += "x"; },       [](GenesisContent& c) { ++c.params.anchor_window; },
      [](GenesisContent& c) { ++c.params.expiry_window; },   [](GenesisContent& c) { c.params.fees.push_back(99); },
      [](GenesisContent& c) { c.params.fee_assets.pop_back(); }, [](GenesisContent& c) { --c.params.max_block_entries; },
      [](GenesisContent& c) { --c.params.max_block_bytes; }, [](GenesisContent& c) { c.params.contracts_enabled = true; },
      [](GenesisContent& c) { ++c.params.epoch_blocks; },    [](GenesisContent& c) { ++c.params.epoch_ms; },
      [](GenesisContent& c) { ++c.params.trust_ms; },
      [](GenesisContent& c) { c.assets.pop_back(); },        [](GenesisContent& c) { ++c.assets[0].opening.id; },
      [](GenesisContent& c) { ++c.assets[0].opening.policy; }, [](GenesisContent& c) { c.assets[0].symbol += "x"; },
      [](GenesisContent& c) { c.assets[0].title += "x"; },   [](GenesisContent& c) { ++c.assets[0].decimals; },
      [](GenesisContent& c) { c.assets[1].issuer.reset(); }, [](GenesisContent& c) { c.assets[1].issuer = crypto::jubjub_generator(); },
      [](GenesisContent& c) { ++c.assets[0].issued; },       [](GenesisContent& c) { c.committee.push_back(0); },
      [](GenesisContent& c) { c.salt[31] ^= 1; },
      [](GenesisContent& c) { c.params.stake.max_validators = 1; },  [](GenesisContent& c) { c.params.stake.min_self_bond = 1; },
      [](GenesisContent& c) { c.params.stake.min_bond = 1; },        [](GenesisContent& c) { c.params.stake.unbonding_epochs = 1; },
      [](GenesisContent& c) { c.params.stake.evidence_epochs = 1; }, [](GenesisContent& c) { c.params.stake.slash = 1; },
      [](GenesisContent& c) { c.params.stake.absence_epochs = 1; },  [](GenesisContent& c) { c.params.stake.jail_epochs = 1; },
      [](GenesisContent& c) { c.params.stake.issuance = 1; },
      [](GenesisContent& c) { c.params.stake.operators.resize(1); }};
  for (const auto& row : rows) {
    GenesisContent c = base;
    row(c);
    EXPECT_TRUE(ids.insert(network_id(c).value).second) << ids.size();
  }
  World world;
  Genesis other = world.genesis;
  std::swap(other.transactions[0], other.transactions[1]);
  EXPECT_NE(genesis_hash(other), genesis_hash(world.genesis));
  other = world.genesis;
  other.committee_proofs.push_back(0);
  EXPECT_NE(genesis_hash(other), genesis_hash(world.genesis));
  EXPECT_NE(execute_genesis(other, world.authority)->next.last_block, world.state.last_block);
}

TEST(Genesis, ContentRulesEachAlone) {
  std::set<ContentReject> seen;
  const auto after = [&](const std::function<void(GenesisContent&)>& change) -> std::optional<ContentReject> {
    GenesisContent c = testing::test_content();
    change(c);
    const auto status = check_content(c);
    if (status.ok()) return std::nullopt;
    seen.insert(status.error());
    return status.error();
  };
  EXPECT_EQ(after([](GenesisContent&) {}), std::nullopt);
  EXPECT_EQ(after([](GenesisContent& c) { c.params.name.clear(); }), ContentReject::bad_name);
  EXPECT_EQ(after([](GenesisContent& c) { c.params.name.assign(33, 'a'); }), ContentReject::bad_name);
  EXPECT_EQ(after([](GenesisContent& c) { c.assets[0].symbol = "\n"; }), ContentReject::bad_name);
  EXPECT_EQ(after([](GenesisContent& c) { c.assets[0].title = "\xc3\xa9"; }), ContentReject::bad_name);
  EXPECT_EQ(after([](GenesisContent& c) { c.params.anchor_window = 0; }), ContentReject::zero_window);
  EXPECT_EQ(after([](GenesisContent& c) { c.params.expiry_window = 0; }), ContentReject::zero_window);
  EXPECT_EQ(after([](GenesisContent& c) { c.params.fees.clear(); }), ContentReject::no_fees);
  EXPECT_EQ(after([](GenesisContent& c) { c.params.fees = {1, 1}; }), ContentReject::no_fees);
  EXPECT_EQ(after([](GenesisContent& c) { c.params.fee_assets.clear(); }), ContentReject::bad_fee_assets);
  EXPECT_EQ(after([](GenesisContent& c) { c.params.fee_assets = {2, 1}; }), ContentReject::bad_fee_assets);
  EXPECT_EQ(after([](GenesisContent& c) { c.params.fee_assets = {4}; }), ContentReject::bad_fee_assets);
  EXPECT_EQ(after([](GenesisContent& c) { c.params.fee_assets = {9}; }), ContentReject::bad_fee_assets);
  EXPECT_EQ(after([](GenesisContent& c) { c.params.max_block_entries = 0; }), ContentReject::bad_block_limits);
  EXPECT_EQ(after([](GenesisContent& c) { c.params.max_block_entries = kMaxBlockEntries + 1; }), ContentReject::bad_block_limits);
  EXPECT_EQ(after([](GenesisContent& c) { c.params.max_block_bytes = kMaxTransactionBytes; }), ContentReject::bad_block_limits);
  EXPECT_EQ(after([](GenesisContent& c) { c.params.max_block_bytes = kMaxBlockBytes + 1; }), ContentReject::bad_block_limits);
  EXPECT_EQ(after([](GenesisContent& c) { c.params.contracts_enabled = true; }), ContentReject::contracts_unsupported);
  EXPECT_EQ(after([](GenesisContent& c) { c.assets.clear(); }), ContentReject::bad_assets);
  EXPECT_EQ(after([](GenesisContent& c) { c.assets[1].opening.id = 1; }), ContentReject::bad_assets);
  EXPECT_EQ(after([](GenesisContent& c) { c.assets[2].decimals = 19; }), ContentReject::bad_decimals);
  EXPECT_EQ(after([](GenesisContent& c) { c.assets[1].issuer = crypto::JubjubAffine::identity(); }), ContentReject::bad_issuer);
  EXPECT_EQ(after([](GenesisContent& c) { c.assets[3].opening.id = kTokenRange; }), ContentReject::reserved_asset);
  EXPECT_EQ(after([](GenesisContent& c) { c.params.stake.issuance = 1; }), ContentReject::bad_stake);   // its rules: stake_test.cpp
  EXPECT_EQ(after([](GenesisContent& c) { c.params.fees.assign(kMaxFees + 1, 0); }), ContentReject::too_large);
  EXPECT_EQ(after([](GenesisContent& c) { c.committee.resize(kMaxCommitteeBytes + 1); }), ContentReject::too_large);
  EXPECT_EQ(after([](GenesisContent& c) { c.assets.resize(kMaxAssets + 1, c.assets[0]); }), ContentReject::too_large);
  for (int i = 0; i <= static_cast<int>(ContentReject::too_large); ++i) {
    EXPECT_TRUE(seen.contains(static_cast<ContentReject>(i))) << name(static_cast<ContentReject>(i));
    EXPECT_STRNE(name(static_cast<ContentReject>(i)), "?");
  }
}

TEST(Genesis, EveryRejectAlone) {
  World world;
  std::set<GenesisReject> seen;
  const auto verdict = [&](const Genesis& g) -> std::optional<GenesisReject> {
    const auto r = execute_genesis(g, world.authority);
    if (r.ok()) return std::nullopt;
    EXPECT_FALSE(describe(r.error()).empty());
    seen.insert(r.error().reject);
    return r.error().reject;
  };
  const auto after = [&](const std::function<void(Genesis&, Transaction&)>& change) {
    Genesis g = world.genesis;
    change(g, g.transactions[0]);
    for (Transaction& tx : g.transactions) world.seal(tx);
    return verdict(g);
  };
  const auto t = [](Transaction& tx) -> Transfer& { return tx.transfers[0]; };
  EXPECT_EQ(after([](Genesis&, Transaction&) {}), std::nullopt);
  EXPECT_EQ(after([](Genesis& g, Transaction&) { g.content.params.fees.clear(); }), GenesisReject::bad_content);
  EXPECT_EQ(after([](Genesis&, Transaction& tx) { tx.network.value[0] ^= 1; }), GenesisReject::bad_transaction);
  EXPECT_EQ(after([](Genesis& g, Transaction&) { g.content.salt[0] ^= 1; }), GenesisReject::bad_transaction);
  EXPECT_EQ(after([](Genesis&, Transaction& tx) { tx.operations.push_back(Mint{{2, 0}, 5, {}}); }), GenesisReject::has_operation);
  EXPECT_EQ(after([&](Genesis&, Transaction& tx) { t(tx).fee = 1; }), GenesisReject::has_fee);
  EXPECT_EQ(after([&](Genesis&, Transaction& tx) { t(tx).v_out = 1; }), GenesisReject::has_v_out);
  EXPECT_EQ(after([&](Genesis&, Transaction& tx) { t(tx).inputs[1].anchor = {Fr::one()}; }), GenesisReject::wrong_anchor);
  EXPECT_EQ(after([&](Genesis&, Transaction& tx) { t(tx).inputs[1].generation = 1; }), GenesisReject::wrong_generation);
  EXPECT_EQ(after([&](Genesis&, Transaction& tx) { tx.expiry = 1; }), GenesisReject::wrong_expiry);
  EXPECT_EQ(after([&](Genesis&, Transaction& tx) { t(tx).asset_pub = Fr::one(); }), GenesisReject::unknown_asset);
  EXPECT_EQ(after([&](Genesis&, Transaction& tx) { t(tx).asset_pub = note::asset_of({9, 7}); }), GenesisReject::regulated_asset);
  EXPECT_EQ(after([&](Genesis&, Transaction& tx) { t(tx).v_in = 0; }), GenesisReject::stray_asset_pub);
  EXPECT_EQ(after([&](Genesis& g, Transaction& tx) { t(tx).inputs[0].nf = g.transactions[1].transfers[0].inputs[2].nf; }), GenesisReject::spent);
  EXPECT_EQ(after([&](Genesis&, Transaction& tx) { ++t(tx).v_in; }), GenesisReject::wrong_issue);
  EXPECT_EQ(after([&](Genesis& g, Transaction&) { g.transactions.pop_back(); }), GenesisReject::wrong_issue);
  Genesis g = world.genesis;
  g.transactions[1].transfers[0].proof[0] ^= 1;
  EXPECT_EQ(verdict(g), GenesisReject::bad_transaction);
  const auto r = execute_genesis(g, world.authority);
  EXPECT_EQ(r.error().transaction, Reject::bad_proof);
  EXPECT_EQ(r.error().index, 1u);
  g = world.genesis;
  g.transactions[0].transfers[0].signature.S[0] ^= 1;
  EXPECT_EQ(execute_genesis(g, world.authority).error().transaction, Reject::bad_signature);
  g.transactions.resize(kMaxGenesisTransactions + 1, g.transactions[0]);
  EXPECT_EQ(verdict(g), GenesisReject::too_many_transactions);
  World staked(1, testing::stake_content());
  EXPECT_EQ(verdict(staked.genesis), std::nullopt);
  staked.genesis.committee_proofs.back() ^= 1;              // a proof of possession: settle's to judge
  EXPECT_EQ(verdict(staked.genesis), std::nullopt);
  staked.genesis.committee_proofs.pop_back();
  EXPECT_EQ(verdict(staked.genesis), GenesisReject::bad_committee);
  for (int i = 0; i <= static_cast<int>(GenesisReject::bad_committee); ++i) {
    EXPECT_TRUE(seen.contains(static_cast<GenesisReject>(i))) << name(static_cast<GenesisReject>(i));
    EXPECT_STRNE(name(static_cast<GenesisReject>(i)), "?");
  }
}

TEST(Audit, NamesWhatFails) {
  World world;
  for (int i = 0; i < 3; ++i) world.step({world.payment(), world.mint(2)});
  std::vector<Bytes> blocks;
  for (const Block& b : world.blocks) blocks.push_back(encode(b));
  size_t progress = 0;
  const auto run = [&](const Genesis& genesis, const std::vector<Bytes>& from) {
    MemoryArchive archive;
    return audit(genesis, [&](uint64_t h) { return h <= from.size() ? std::optional(from[h - 1]) : std::nullopt; },
                 archive, testing::test_certificate_holds, world.authority, [&](const AuditReport&) { ++progress; }, {});
  };
  const auto good = run(world.genesis, blocks);
  ASSERT_TRUE(good.ok());
  EXPECT_EQ(progress, 4u);
  EXPECT_EQ(good->blocks, 3u);
  EXPECT_EQ(good->executed, 8u);
  EXPECT_EQ(good->proofs, 8u);
  EXPECT_EQ(good->state.supply, world.state.supply);
  EXPECT_EQ(good->state.last_block, world.state.last_block);

  auto bad = blocks;
  bad[1].pop_back();
  EXPECT_EQ(run(world.genesis, bad).error().block->reject, BlockReject::malformed);
  EXPECT_EQ(run(world.genesis, bad).error().height, 2u);
  bad = blocks;
  bad.erase(bad.begin());
  EXPECT_EQ(describe(run(world.genesis, bad).error()), "block 1: wrong_height");
  // A block rewritten with a tampered proof and hashes to match: the proof gives it away.
  Block forged = world.blocks[1];
  forged.entries[0].certified.transaction.transfers[0].proof[3] ^= 1;
  forged.header.entries = entries_hash(forged.entries);
  bad = blocks;
  bad[1] = encode(forged);
  EXPECT_EQ(describe(run(world.genesis, bad).error()), "block 2: wrong_outcome at entry 0, should be invalid");
  Genesis genesis = world.genesis;
  genesis.transactions[0].transfers[0].proof[3] ^= 1;
  EXPECT_EQ(describe(run(genesis, blocks).error()), "genesis: bad_transaction: bad_proof at 0");
  genesis = world.genesis;
  genesis.committee_proofs = {1};
  EXPECT_EQ(describe(run(genesis, blocks).error()), "block 1: wrong_previous");
}

}  // namespace
}  // namespace sotto::ledger
