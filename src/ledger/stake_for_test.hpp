// For tests only: a world with stake, and what people do in it.
#pragma once
#include "crypto/bls.hpp"
#include "crypto/ed25519.hpp"
#include "ledger/stake_committee.hpp"
#include "ledger/test_support.hpp"

namespace sotto::ledger::testing {

inline ValidatorId validator(uint8_t index) { return {Hash32{index}}; }

struct StakeWorld : World {
  explicit StakeWorld(uint64_t seed = 1, const GenesisContent& content = stake_content()) : World(seed, content) {}

  const Pool& pool(const ValidatorId& id) const { return state.stake.pools.at(id); }
  const Supply& native() const { return state.supply[0]; }

  // A payment with those operations, whose one transfer takes in and gives out what they say, of `asset`.
  Transaction with(std::vector<Operation> operations, const note::AssetOpening& asset, uint64_t v_in, uint64_t v_out) {
    Transaction tx = payment();
    tx.operations = std::move(operations);
    tx.transfers[0].v_in = v_in;
    tx.transfers[0].v_out = v_out;
    tx.transfers[0].asset_pub = note::asset_of(asset);
    seal(tx);
    return tx;
  }
  Transaction bond(const ValidatorId& to, uint64_t amount, bool self = false) {
    return with({Bond{to, amount, self, owner.point}}, {1, 0}, 0, amount);
  }
  Transaction unbond(const ValidatorId& from, uint64_t tokens) {
    return with({Unbond{from, tokens, owner.point}}, {token_of(from), 0}, 0, tokens);
  }
  Transaction claim(const ClaimId& id) {
    const OpenClaim& open = state.stake.claims.at(id);
    const uint64_t asset = open.tokens ? token_of(open.validator) : 1;
    return with({Claim{id, asset, open.amount, state.generation(spent_by_claim(id)), owner.point, {}}}, {asset, 0}, open.amount, 0);
  }
  Transaction registration(const crypto::BlsSecretKey& key, uint64_t amount, uint16_t commission = 1'000) {
    Register op;
    op.vote_key = key.public_key().encode();
    const auto engine = crypto::ed25519_random(entropy);
    op.validator.value = engine.public_key;
    op.operator_key = owner.point;
    op.commission = commission;
    op.endpoint = "https://validator.example:8443";
    op.amount = amount;
    op.possession = crypto::bls_prove_possession(key, possession_context(network->id(), op.validator)).encode();
    op.engine_signature = crypto::ed25519_sign(engine, registration_message(network->id(), op));
    return with({op}, {1, 0}, 0, amount);
  }
  Transaction alone(Ordered op) {
    Transaction tx;
    tx.network = network->id();
    tx.ordered = std::move(op);
    return tx;
  }
  // By the genesis validators' operator.
  Transaction withdrawal(const ValidatorId& from, uint64_t tokens) {
    Transaction tx = alone(Withdraw{state.epoch, from, pool(from).withdrawals, tokens, owner.point, {}});
    std::get<Withdraw>(*tx.ordered).signature = crypto::redjubjub_sign(issuer.secret, issuer.point, claim_message(txid(tx)), entropy);
    return tx;
  }
  Transaction unjailing(const ValidatorId& id) {
    Unjail op{state.epoch, id, {}};
    op.signature[0] = pool(id).vote_key[0];
    return alone(op);
  }
  Transaction misconduct(const ValidatorId& id, uint64_t epoch) { return alone(Misconduct{epoch, id}); }
  Transaction evidence(const ValidatorId& id, uint64_t epoch) { return alone(Evidence{epoch, id, {pool(id).vote_key[0]}}); }

  Outcome outcome_of(const Transaction& tx) { return step({tx})[0]; }
  // Executes it, and the claim it opened.
  void take(const Transaction& tx) {
    CHECK(outcome_of(tx) == Outcome::executed || tx.ordered);
    CHECK(outcome_of(claim(claim_of(txid(tx), 0))) == Outcome::executed);
  }
  // The epoch closes, on the word of these validators.
  void next_epoch(std::initializer_list<uint16_t> reporting = {0, 1, 2, 3}) {
    CHECK(outcome_of(close(committee_by_stake(state))) == Outcome::took_effect);
    std::vector<Transaction> reports;
    for (const uint16_t v : reporting) reports.push_back(report(v, std::nullopt));
    const uint64_t before = state.epoch;
    step(reports);
    CHECK(state.epoch == before + 1);
  }
  // What must hold of the books whatever happened (D-3).
  void expect_books() const {
    Wide staked = 0;
    std::map<ValidatorId, Wide> waiting;
    for (const auto& [id, open] : state.stake.claims) {
      EXPECT_GT(open.amount, 0u);
      if (open.tokens) waiting[open.validator] += open.amount;
      else staked += open.amount;
    }
    for (const auto& [id, p] : state.stake.pools) {
      staked += p.amount;
      EXPECT_EQ(to_decimal(p.tokens), to_decimal(Wide{p.self} + p.held + waiting[id]));
      EXPECT_TRUE(p.tokens != 0 || p.amount == 0);
    }
    EXPECT_EQ(to_decimal(native().staked), to_decimal(staked));
    EXPECT_TRUE(native().holds());
  }
};

}  // namespace sotto::ledger::testing
