// For tests only: a ledger in memory behind CometBFT, of transactions with stand-in proofs (ledger/test_support.hpp).
#pragma once
#include <stdlib.h>

#include <atomic>
#include <filesystem>
#include <mutex>

#include "comet/application.hpp"
#include "comet/home.hpp"
#include "ledger/test_support.hpp"

namespace sotto::comet::testing {

using ledger::testing::certified;
using ledger::testing::World;

class Folder {
 public:
  Folder() {
    char name[] = "/tmp/sotto_comet_XXXXXX";
    CHECK(::mkdtemp(name));
    path = name;
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::filesystem::path path;
};

class WorldReplica final : public order::Replica {
 public:
  WorldReplica() { refresh(0); }
  uint64_t height() const override { return point().height; }
  Status<Error> execute(const order::Batch& batch) override {
    TRY(hash, compute(batch));
    static_cast<void>(hash);
    return keep(point().engine_height);
  }
  Point point() const override {
    const std::lock_guard lock(mutex_);
    return point_;
  }
  Result<ledger::BlockHash, Error> compute(const order::Batch& batch) override {
    ++computed_times;
    CHECK(batch.height == world.state.height + 1);
    auto execution = ledger::execute(world.state, world.archive, batch.entries, batch.time_ms, ledger::testing::test_certificate_holds, world.authority,
                                     ledger::testing::test_committee());
    if (!execution.ok()) return Failure{Error{ledger::name(execution.error())}};
    computed_ = std::move(execution).value();
    return computed_->next.last_block;
  }
  Status<Error> keep(uint64_t engine_height) override {
    if (fail_keep) return Failure{Error{"the disk is full"}};
    if (computed_) {
      entries += computed_->block.entries.size();
      for (const auto& entry : computed_->block.entries) executed += entry.outcome == ledger::Outcome::executed;
      ledger::commit(std::move(*std::exchange(computed_, std::nullopt)), world.state, world.archive);
    }
    refresh(engine_height);
    return Ok{};
  }
  void forget() override { computed_.reset(); }
  Result<std::vector<ledger::CertifiedTransaction>, Error> entries_against(std::span<const order::Accusation> accusations, size_t limit) override {
    std::vector<ledger::CertifiedTransaction> out;
    for (const auto& accusation : accusations) {
      ledger::Transaction tx;
      tx.network = world.network->id();
      ledger::Misconduct op{accusation.time_ms, {}};
      std::ranges::copy(accusation.validator, op.validator.value.begin());
      tx.ordered = op;
      if (out.size() < limit) out.push_back({std::move(tx), {}});
    }
    return out;
  }
  std::optional<order::Handover> handover() const override {
    const auto found = computed_ ? handovers.find(computed_->next.height) : handovers.end();
    return found == handovers.end() ? std::nullopt : std::optional(found->second);
  }

  World world{1};
  std::map<uint64_t, order::Handover> handovers;          // by the height of the block that brings them; set before it starts
  std::atomic<bool> fail_keep{false};
  std::atomic<size_t> entries{0}, executed{0}, computed_times{0};

 private:
  void refresh(uint64_t engine_height) {
    const std::lock_guard lock(mutex_);
    point_ = {engine_height, world.state.height, world.state.time_ms, world.state.last_block};
  }
  std::optional<ledger::Execution> computed_;
  mutable std::mutex mutex_;
  Point point_;
};

inline std::vector<bool> test_admission(std::span<const ledger::CertifiedTransaction* const> entries) {
  std::vector<bool> out;
  for (const auto* c : entries)
    out.push_back(ledger::testing::test_certificate_holds(c->transaction, ledger::txid(c->transaction), c->certificate, {}));
  return out;
}

inline LedgerRules rules_of(const World& world) {
  const auto& params = world.network->params();
  return {chain_id_of(world.network->id().value), ledger::genesis_hash(world.genesis), params.max_block_entries, params.max_block_bytes};
}

}  // namespace sotto::comet::testing
