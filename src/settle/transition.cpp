#include "settle/transition.hpp"

namespace sotto::settle {

const char* name(TransitionReject reject) {
  switch (reject) {
    case TransitionReject::wrong_epoch: return "wrong_epoch";
    case TransitionReject::bad_committee: return "bad_committee";
    case TransitionReject::no_quorum: return "no_quorum";
    case TransitionReject::bad_signature: return "bad_signature";
  }
  return "?";
}

Bytes TransitionCertificate::encode() const {
  Writer out;
  transition.write(out);
  out.sized(bitmap);
  signature.write(out);
  return std::move(out).bytes();
}

Result<TransitionCertificate, DecodeError> TransitionCertificate::decode(ByteView bytes) {
  if (bytes.size() > kMaxTransitionBytes) return Failure{DecodeError::too_large};
  Reader in(bytes);
  TRY(transition, Transition::read(in));
  TRY(bitmap, in.sized(ledger::kMaxBitmapBytes));
  TRY(signature, crypto::BlsSignature::read(in));
  TRY_OK(in.finish());
  return TransitionCertificate{std::move(transition), {bitmap.begin(), bitmap.end()}, signature};
}

std::optional<Transition> transition_of(const ledger::Execution& execution, const Hash32& circuits) {
  if (!execution.changes.epoch_closed) return std::nullopt;
  const ledger::State& after = execution.next;
  return Transition{execution.block.header.epoch, after.height, after.time_ms, after.last_block, circuits, after.committee};
}

bool verify(const TransitionShare& share, const Transition& transition, const Committee& committee) {
  return share.validator < committee.size() && transition.epoch == committee.epoch() &&
         crypto::bls_fast_aggregate_verify(committee[share.validator].key, transition.digest(committee.network()), share.signature);
}

std::optional<TransitionCertificate> make_transition(const Committee& committee, Transition transition,
                                                     std::span<const TransitionShare> shares) {
  Bytes bitmap(committee.bitmap_bytes(), 0);
  Stake stake = 0;
  std::vector<crypto::BlsSignature> signatures;
  for (const TransitionShare& share : shares) {
    CHECK(share.validator < committee.size());
    uint8_t& byte = bitmap[share.validator / 8];
    byte = static_cast<uint8_t>(byte | (0x80 >> (share.validator % 8)));
    stake += committee[share.validator].stake;
    signatures.push_back(share.signature);
  }
  if (!committee.is_quorum(stake)) return std::nullopt;
  const auto sum = crypto::aggregate(signatures);
  if (!sum) return std::nullopt;
  return TransitionCertificate{std::move(transition), std::move(bitmap), *sum};
}

Result<Committee, TransitionReject> follow(const TransitionCertificate& certificate, const Committee& committee) {
  const Transition& transition = certificate.transition;
  if (transition.epoch != committee.epoch()) return Failure{TransitionReject::wrong_epoch};
  const auto key = key_of_signers(certificate.bitmap, committee);
  if (!key) return Failure{TransitionReject::no_quorum};
  if (!crypto::bls_fast_aggregate_verify(*key, transition.digest(committee.network()), certificate.signature))
    return Failure{TransitionReject::bad_signature};
  auto next = Committee::decode(transition.next);
  if (!next || next->epoch() != committee.epoch() + 1 || next->network() != committee.network())
    return Failure{TransitionReject::bad_committee};
  return std::move(next).value();
}

}  // namespace sotto::settle
