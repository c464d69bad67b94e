// Looking for blocks while a validator hangs: it takes connections and answers nobody.
#include "node/network_client.hpp"

#include <gtest/gtest.h>

#include <atomic>

#include "net/server.hpp"
#include "node/dev_genesis.hpp"
#include "settle/settle_for_test.hpp"

namespace sotto::node {
namespace {

using Steady = std::chrono::steady_clock;
constexpr uint32_t kTimeoutMs = 2'500;

// A network of four without transactions.
ledger::Genesis small_genesis() {
  settle::SeededEntropy entropy(4);
  ledger::Genesis genesis;
  genesis.content.params.name = "small";
  genesis.content.params.fees = {0};
  genesis.content.params.fee_assets = {1};
  ledger::Asset asset;
  asset.opening = {1, 0};
  asset.symbol = "ONE";
  asset.title = "One";
  asset.decimals = 2;
  genesis.content.assets.push_back(asset);
  genesis.content.params.anchor_window = genesis.content.params.expiry_window = 10;
  genesis.content.params.max_block_entries = 10;
  genesis.content.params.max_block_bytes = 1024 * 1024;
  std::vector<crypto::BlsSecretKey> keys;
  std::vector<settle::Seat> seats;
  for (size_t i = 0; i < 4; ++i) {
    keys.push_back(crypto::BlsSecretKey::random(entropy));
    seats.push_back({settle::test_id(i), 1, keys[i].public_key()});
  }
  genesis.content.committee = settle::seats_encoding(seats);
  std::vector<settle::Validator> validators;
  const auto id = ledger::network_id(genesis.content);
  for (size_t i = 0; i < 4; ++i) validators.push_back(settle::make_validator(id, settle::test_id(i), 1, keys[i]));
  genesis.committee_proofs = settle::Committee::create(id, 0, std::move(validators))->encode();
  return genesis;
}

struct Validators {
  std::vector<std::unique_ptr<net::Server>> servers;
  std::array<std::atomic<size_t>, 4> asked{};
  std::unique_ptr<NetworkClient> client;
  settle::SeededEntropy entropy{1};

  // Those in `hanging` keep what they are asked to themselves; the others have no blocks.
  explicit Validators(const std::set<size_t>& hanging, uint32_t timeout_ms = kTimeoutMs) {
    NetworkInfo info{ledger::encode(small_genesis()), {}, 0};
    for (size_t i = 0; i < 4; ++i) {
      auto server = net::Server::start({}, {}, [this, i, hangs = hanging.contains(i)](const net::Request& request, const net::Reply& reply) {
        if (request.target.starts_with(kBlocksPath)) ++asked[i];
        if (!hangs && request.target.starts_with(kBlocksPath)) reply({200, BlocksMessage{}.encode(), net::kBinary});
        if (!hangs && request.target == kTreePath) reply({200, TreeMessage{}.encode(), net::kBinary});
      });
      CHECK(server.ok());
      info.validators.push_back((*server)->endpoint());
      servers.push_back(std::move(server).value());
    }
    auto known = NetworkClient::known(info, entropy, timeout_ms);
    CHECK(known.ok());
    client = std::move(known).value();
  }
  double blocks_ms() {
    const auto start = Steady::now();
    EXPECT_TRUE(client->blocks(1, 0).ok());
    return std::chrono::duration<double, std::milli>(Steady::now() - start).count();
  }
};

TEST(NetworkClient, who_hangs_is_waited_for_once_and_not_for_long) {
  Validators v({0});
  EXPECT_LT(v.blocks_ms(), 2'000);
  for (int i = 0; i < 3; ++i) v.blocks_ms();
  EXPECT_EQ(v.asked[0], 1u);
}

TEST(NetworkClient, a_quorum_of_words_is_not_kept_up_by_who_hangs) {
  Validators v({3});
  const auto start = Steady::now();
  EXPECT_TRUE(v.client->tree().ok());
  EXPECT_LT(Steady::now() - start, std::chrono::milliseconds(1'500));
}

TEST(NetworkClient, everybody_is_asked_and_who_hangs_is_passed_over) {
  Validators v({3});
  const auto start = Steady::now();
  const auto answers = v.client->ask_all({net::Method::get, kTreePath, {}, ""}, kTimeoutMs);
  EXPECT_LT(Steady::now() - start, std::chrono::milliseconds(1'500));
  ASSERT_EQ(answers.size(), 4u);
  for (size_t i = 0; i < 4; ++i) EXPECT_EQ(answers[i].ok(), i != 3) << i;
}

TEST(NetworkClient, one_that_has_no_blocks_is_not_believed_twice) {
  Validators v({1, 2, 3}, 200);                // the second round must not count the first one's word again
  EXPECT_FALSE(v.client->blocks(1, 0).ok());
  EXPECT_EQ(v.asked[0], 1u);
  EXPECT_EQ(v.asked[1], 2u);
}

}  // namespace
}  // namespace sotto::node
