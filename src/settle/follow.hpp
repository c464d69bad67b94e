// Following committees without blocks: from one that is believed, transition by transition, to today's (docs/spec/settlement.md
// S-110..). What a wallet keeps of it is a checkpoint.
#pragma once
#include <map>

#include "settle/transition.hpp"

namespace sotto::settle {

// A committee, and when it was last known to be the one in office. `block`: the one it came in with; its hash stands for all before.
struct Checkpoint {
  Committee committee;
  uint64_t height = 0;
  ledger::BlockHash block;
  uint64_t as_of_ms = 0;
  Bytes encode() const;
  static Result<Checkpoint, DecodeError> decode(ByteView bytes);   // possession and the like are checked as always
};
inline constexpr size_t kMaxCheckpointBytes = 128 * 1024;

enum class FollowReject : uint8_t {
  gap,                 // not out of the epoch it stands in: certificates are missing
  checkpoint_too_old,  // its committee may be out of office, and free of its stake, for too long to be believed
  bad_committee,
  no_quorum,
  bad_signature,
};
const char* name(FollowReject reject);

class Follower {
 public:
  // `trust_ms`: a network's parameter, shorter than it takes to get stake back; 0: for ever.
  Follower(Checkpoint start, uint64_t trust_ms) : trust_ms_(trust_ms), now_(std::move(start)) { remember(); }

  uint64_t epoch() const { return now_.committee.epoch(); }
  const Checkpoint& now() const { return now_; }
  // Of the epoch it stands in.
  std::shared_ptr<const Committee> committee() const { return passed_.at(epoch()); }
  // Of an epoch it has come through; nullptr: of one before it began, or after.
  std::shared_ptr<const Committee> committee(uint64_t epoch) const;
  // The block that ended an epoch it has come through.
  struct End {
    uint64_t height = 0;
    ledger::BlockHash block;
  };
  std::optional<End> end_of(uint64_t epoch) const;

  bool too_old(uint64_t now_ms) const { return trust_ms_ > 0 && now_ms > now_.as_of_ms && now_ms - now_.as_of_ms > trust_ms_; }
  // One epoch further. `now_ms`: the follower's own clock.
  Status<FollowReject> follow(const TransitionCertificate& certificate, uint64_t now_ms);
  // The caller has heard from this very committee that it is in office.
  void in_office(uint64_t now_ms) { now_.as_of_ms = std::max(now_.as_of_ms, now_ms); }

 private:
  void remember() { passed_[epoch()] = std::make_shared<const Committee>(now_.committee); }

  uint64_t trust_ms_;
  Checkpoint now_;
  std::map<uint64_t, std::shared_ptr<const Committee>> passed_;
  std::map<uint64_t, End> ends_;
};

}  // namespace sotto::settle
