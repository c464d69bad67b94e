// A little world for the wallet's tests: a network with three assets, a chain of blocks that checks what it can without
// proofs, a committee that certifies, storage in memory that can fail, and a prover whose "proofs" are hashes of valid
// statements, so that thousands of payments run in seconds. wallet_e2e_test.cpp uses the real prover.
#pragma once
#include <map>
#include <random>
#include <set>

#include "crypto/hash.hpp"
#include "wallet/wallet.hpp"

namespace sotto::wallet {

class SeededEntropy final : public Entropy {
 public:
  explicit SeededEntropy(uint64_t seed) : random_(seed) {}
  void fill(std::span<uint8_t> out) override {
    for (uint8_t& b : out) b = static_cast<uint8_t>(random_());
  }
  uint64_t below(uint64_t n) { return random_() % n; }

 private:
  std::mt19937_64 random_;
};

class MemoryRows final : public RowStore {
 public:
  Status<Error> commit(const Changes& changes) override {
    if (fail_next) {
      fail_next = false;
      return Failure{Error{"disk full"}};
    }
    for (const RowKey& key : changes.erase) rows.erase(key);
    for (const Row& row : changes.put) rows[row.key] = row.value;
    ++commits;
    return Ok{};
  }
  Result<std::vector<Row>, Error> load() override {
    if (fail_next) return Failure{Error{"unreadable"}};
    std::vector<Row> out;
    for (const auto& [key, value] : rows) out.push_back({key, value});
    return out;
  }
  std::map<RowKey, Bytes> rows;
  bool fail_next = false;
  size_t commits = 0;
};

inline circuit::TransferProof stamp(const ledger::NetworkId& network, const circuit::TransferPublic& x) {
  Writer out;
  out.raw(network.value);
  for (const Fr& f : x.fields()) f.write(out);
  const Hash32 digest = crypto::sha256(out.bytes());
  circuit::TransferProof proof{};
  std::copy(digest.begin(), digest.end(), proof.begin());
  return proof;
}

class SetClock final : public Clock {
 public:
  uint64_t now_ms() const override { return ms; }
  uint64_t monotonic_us() const override { return ms * 1000; }
  uint64_t ms = 0;
};

class StampProver final : public Prover {
 public:
  circuit::TransferProof prove(const ledger::NetworkId& network, const circuit::TransferPublic& x, const circuit::TransferWitness& w) override {
    CHECK(circuit::holds(x, w) == circuit::Unsatisfied::none);
    ++proofs;
    return faulty ? circuit::TransferProof{} : stamp(network, x);
  }
  bool verify(const ledger::NetworkId& network, std::span<const circuit::TransferClaim> claims) override {
    for (const auto& claim : claims) {
      if (claim.proof != stamp(network, claim.statement)) return false;
    }
    return true;
  }
  size_t proofs = 0;
  bool faulty = false;
};

class StampVerifier final : public ledger::ProofVerifier {
 public:
  std::vector<bool> verify(const ledger::NetworkId& network, std::span<const circuit::TransferClaim> claims) override {
    std::vector<bool> out;
    for (const auto& claim : claims) out.push_back(claim.proof == stamp(network, claim.statement));
    return out;
  }
};

inline constexpr AssetOpening kNative{1, 0}, kUsd{2, 0}, kEur{3, 0};
inline constexpr Amount kFee{10};

inline ledger::GenesisContent test_content() {
  ledger::GenesisContent content;
  content.params.name = "sotto-test";
  content.params.anchor_window = 50;
  content.params.expiry_window = 20;
  content.params.fees = {0, 10};
  content.params.fee_assets = {1, 2};
  content.params.max_block_entries = 1000;
  content.params.max_block_bytes = 8 * 1024 * 1024;
  for (const AssetOpening& opening : {kNative, kUsd, kEur}) {
    ledger::Asset asset;
    asset.opening = opening;
    asset.symbol = "A" + std::to_string(opening.id);
    asset.title = "Asset";
    asset.decimals = 2;
    asset.issued = 1'000'000'000;
    content.assets.push_back(asset);
  }
  content.committee = Bytes{1};
  return content;
}

struct World {
  SeededEntropy entropy;
  ThreadPool pool{2};
  StampProver prover;
  StampVerifier verifier;
  ledger::FullAuthority authority{verifier, entropy};
  std::shared_ptr<const ledger::Network> network;
  std::vector<crypto::BlsSecretKey> validator_keys;
  std::shared_ptr<const settle::Committee> committee;

  std::vector<std::vector<ledger::Transaction>> blocks;
  std::vector<Fr> roots;
  note::NoteTreeFrontier tree;
  std::map<ByteArray<32>, TxId> spent;

  explicit World(uint64_t seed = 1, const ledger::GenesisContent& content = test_content())
      : entropy(seed), network(std::make_shared<const ledger::Network>(content)) {
    std::vector<settle::Validator> validators;
    for (uint8_t i = 0; i < 4; ++i) {
      validator_keys.push_back(crypto::BlsSecretKey::random(entropy));
      validators.push_back(settle::make_validator(network->id(), {{0, i}}, 1, validator_keys[i]));
    }
    auto made = settle::Committee::create(network->id(), 5, std::move(validators));
    CHECK(made.ok());
    committee = std::make_shared<const settle::Committee>(std::move(made).value());
  }

  uint64_t height() const { return blocks.size() - 1; }
  static note::Seed seed_of(uint8_t who) {
    ByteArray<64> bytes{};
    bytes.fill(who);
    return note::Seed(bytes);
  }
  Wallet wallet(RowStore& rows, uint8_t who) {
    auto made = Wallet::create(rows, network, seed_of(who), 0, std::nullopt);
    CHECK(made.ok());
    return std::move(made).value();
  }
  Wallet reopened(RowStore& rows) {
    auto made = Wallet::open(rows, network);
    CHECK(made.ok());
    return std::move(made).value();
  }

  // A transaction that brings `value` to `to` out of nothing, as genesis does.
  ledger::Transaction issue(const note::Address& to, const AssetOpening& asset, uint64_t value) {
    const note::AccountKeys issuer = note::AccountKeys::derive(seed_of(200), network->id().value, 0);
    TransferPlan plan;
    plan.asset = asset;
    plan.fee_asset = kNative;
    plan.v_in = Amount(value);
    plan.outputs[0] = OutputPlan{to, Amount(value), {}, std::nullopt};
    plan.anchor = tree.root();
    const auto built = build_transfer(issuer.view(), plan, entropy);
    CHECK(built.ok());
    ledger::Transaction tx = assemble(network->id(), 0, {&*built, 1});
    CHECK(authorise(tx, {&*built, 1}, issuer.ask(), prover, entropy).ok());
    return tx;
  }

  // The next block. Spent nullifiers are a bug of the test (a real ledger leaves such entries out).
  void block(std::vector<ledger::Transaction> transactions) {
    for (const ledger::Transaction& tx : transactions) {
      for (const ledger::Nullifier& nf : ledger::nullifiers(tx)) CHECK(spent.emplace(nf.bytes(), ledger::txid(tx)).second);
      for (const ledger::Commitment& cm : ledger::appended_commitments(tx)) CHECK(tree.append(cm.value));
    }
    blocks.push_back(std::move(transactions));
    roots.push_back(tree.root());
  }
  static uint64_t time_of(uint64_t height) { return 1'700'000'000'000 + height * 1000; }
  ScannedBlock scanned_block(uint64_t at) const {
    ScannedBlock out{at, {}, roots[at], {}, time_of(at)};
    for (const ledger::Transaction& tx : blocks[at]) out.transactions.push_back(&tx);
    return out;
  }
  BlockEffects sync(Wallet& wallet) {
    std::vector<ScannedBlock> news;
    for (uint64_t at = wallet.next_block(); at < blocks.size(); ++at) news.push_back(scanned_block(at));
    auto effects = wallet.apply_blocks(news, pool);
    CHECK(effects.ok());
    return std::move(effects).value();
  }

  ledger::Transaction decode(const Outgoing& out) const {
    auto tx = ledger::decode_checked(*out.bytes);
    CHECK(tx.ok() && ledger::check_stateless(*tx, *network, std::nullopt).ok());
    return std::move(tx).value();
  }
  bool anchors_known(const ledger::Transaction& tx) const {
    for (const auto& input : tx.transfers[0].inputs) {
      if (std::find(roots.begin(), roots.end(), input.anchor.value) == roots.end()) return false;
    }
    return true;
  }
  settle::SettlementCertificate certificate(const ledger::Transaction& tx, size_t signers = 3) const {
    const settle::Subject subject{committee->epoch(), ledger::generations(tx), ledger::txid(tx)};
    Bytes bitmap(1, 0);
    std::vector<crypto::BlsSignature> shares;
    for (size_t i = 0; i < signers; ++i) {
      bitmap[0] = static_cast<uint8_t>(bitmap[0] | (0x80 >> i));
      shares.push_back(crypto::bls_sign(validator_keys[i], settle::digest(settle::Phase::settle, network->id(), subject)));
    }
    return {subject, bitmap, *crypto::aggregate(shares)};
  }

  PayRequest request(const note::Address& to, const AssetOpening& asset, uint64_t amount) const {
    return {to, asset, Amount(amount), {}, kNative, kFee};
  }
};

// Alice has one native note of 1000 and one of 500 dollars; everybody is up to date.
struct Scene {
  World world{3};
  MemoryRows alice_rows, bob_rows;
  Wallet alice = world.wallet(alice_rows, 1), bob = world.wallet(bob_rows, 2);
  Scene() {
    world.block({world.issue(alice.address(), kNative, 1000), world.issue(alice.address(), kUsd, 500)});
    sync();
  }
  void sync() {
    world.sync(alice);
    world.sync(bob);
  }
  Outgoing pay(Wallet& from, const Wallet& to, const AssetOpening& asset, uint64_t amount) {
    auto out = from.pay(world.request(to.address(), asset, amount), world.prover, world.entropy);
    CHECK(out.ok());
    return std::move(out).value();
  }
  Reject refused(Wallet& from, const PayRequest& request) {
    const auto out = from.pay(request, world.prover, world.entropy);
    CHECK(!out.ok());
    return out.error().reject;
  }
};

}  // namespace sotto::wallet
