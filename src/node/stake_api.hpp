// What is at stake, as validators tell it to everybody:
//
//   GET /v1/stake   -> 200 StakeMessage     the whole table: asking tells nobody which validator or claim is of interest
//
// A wallet takes it once validators with more than a third of the stake say the very same (NetworkClient::stake).
#pragma once
#include "ledger/stake.hpp"

namespace sotto::node {

inline constexpr const char* kStakePath = "/v1/stake";
// What one request may be answered with; a longer table costs its source as many requests more.
inline constexpr size_t kStakeBytesOfARequest = 64 * 1024;

struct StakeMessage {
  uint64_t epoch = 0;
  ledger::Stake stake;
  Bytes encode() const;
  static Result<StakeMessage, DecodeError> decode(ByteView bytes);
};

}  // namespace sotto::node
