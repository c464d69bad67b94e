#include "settle/follow.hpp"

namespace sotto::settle {

const char* name(FollowReject reject) {
  switch (reject) {
    case FollowReject::gap: return "gap";
    case FollowReject::checkpoint_too_old: return "checkpoint_too_old";
    case FollowReject::bad_committee: return "bad_committee";
    case FollowReject::no_quorum: return "no_quorum";
    case FollowReject::bad_signature: return "bad_signature";
  }
  return "?";
}

namespace {

FollowReject of(TransitionReject reject) {
  switch (reject) {
    case TransitionReject::wrong_epoch: return FollowReject::gap;
    case TransitionReject::bad_committee: return FollowReject::bad_committee;
    case TransitionReject::no_quorum: return FollowReject::no_quorum;
    case TransitionReject::bad_signature: return FollowReject::bad_signature;
  }
  return FollowReject::bad_signature;
}

}  // namespace

Bytes Checkpoint::encode() const {
  Writer out;
  out.u64(height);
  out.raw(block.value);
  out.u64(as_of_ms);
  out.sized(committee.encode());
  return std::move(out).bytes();
}

Result<Checkpoint, DecodeError> Checkpoint::decode(ByteView bytes) {
  if (bytes.size() > kMaxCheckpointBytes) return Failure{DecodeError::too_large};
  Reader in(bytes);
  TRY(height, in.u64());
  TRY(block, in.array<32>());
  TRY(as_of_ms, in.u64());
  TRY(table, in.sized(ledger::kMaxNextCommitteeBytes));
  TRY_OK(in.finish());
  auto committee = Committee::decode(table);
  if (!committee) return Failure{DecodeError::non_canonical};
  return Checkpoint{std::move(committee).value(), height, {block}, as_of_ms};
}

std::shared_ptr<const Committee> Follower::committee(uint64_t epoch) const {
  const auto found = passed_.find(epoch);
  return found == passed_.end() ? nullptr : found->second;
}

std::optional<Follower::End> Follower::end_of(uint64_t epoch) const {
  const auto found = ends_.find(epoch);
  return found == ends_.end() ? std::nullopt : std::optional(found->second);
}

Status<FollowReject> Follower::follow(const TransitionCertificate& certificate, uint64_t now_ms) {
  if (too_old(now_ms)) return Failure{FollowReject::checkpoint_too_old};
  auto next = settle::follow(certificate, now_.committee);
  if (!next) return Failure{of(next.error())};
  const Transition& t = certificate.transition;
  ends_[t.epoch] = {t.height, t.block};
  now_ = Checkpoint{std::move(next).value(), t.height, t.block, std::max(now_.as_of_ms, t.time_ms)};
  remember();
  return Ok{};
}

}  // namespace sotto::settle
