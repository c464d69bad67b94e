// Signatures of an epoch's committee on one message, gathered from its validators until a quorum stands.
#pragma once
#include <map>

#include "settle/committee.hpp"

namespace sotto::node {

// As validators hand it out: 50 bytes.
struct SignedShare {
  static constexpr size_t kBytes = 2 + crypto::BlsSignature::kBytes;
  uint16_t validator = 0;                                 // in the epoch's committee
  crypto::BlsSignature signature;
  Bytes encode() const;
  static Result<SignedShare, DecodeError> decode(ByteView bytes);
};

class Gathering {
 public:
  Gathering(std::shared_ptr<const settle::Committee> committee, const Hash32& message) : committee_(std::move(committee)), message_(message) {}
  const settle::Committee& committee() const { return *committee_; }
  const Hash32& message() const { return message_; }
  // Does it verify? One pairing; from any thread.
  bool holds(const SignedShare& share) const;
  // One that holds; twice changes nothing.
  void count(const SignedShare& share);
  bool has(uint16_t validator) const { return shares_.contains(validator); }
  bool complete() const { return committee_->is_quorum(stake_); }
  template <class Share>
  std::vector<Share> shares() const {
    std::vector<Share> all;
    for (const auto& [validator, signature] : shares_) all.push_back({validator, signature});
    return all;
  }

 private:
  const std::shared_ptr<const settle::Committee> committee_;
  const Hash32 message_;
  std::map<uint16_t, crypto::BlsSignature> shares_;
  settle::Stake stake_ = 0;
};

}  // namespace sotto::node
