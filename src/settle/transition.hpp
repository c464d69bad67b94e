// From one committee to the next without the blocks between (M-8, S-79): what a wallet or a joining validator follows.
#pragma once
#include "ledger/execute.hpp"
#include "settle/durable.hpp"

namespace sotto::settle {

inline constexpr size_t kMaxTransitionBytes = 128 * 1024;

struct TransitionShare {
  uint16_t validator = 0;                                 // in the committee of the epoch that ended
  crypto::BlsSignature signature;
};

struct TransitionCertificate {
  Transition transition;
  Bytes bitmap;
  crypto::BlsSignature signature;

  Bytes encode() const;
  static Result<TransitionCertificate, DecodeError> decode(ByteView bytes);
};

// The transition out of the epoch that the block closed; nullopt if it closed none. `circuits`: M-8.
std::optional<Transition> transition_of(const ledger::Execution& execution, const Hash32& circuits);

bool verify(const TransitionShare& share, const Transition& transition, const Committee& committee);
// From shares that verify, each validator once; nullopt below a quorum.
std::optional<TransitionCertificate> make_transition(const Committee& committee, Transition transition,
                                                     std::span<const TransitionShare> shares);

enum class TransitionReject : uint8_t {
  wrong_epoch,         // not the one after the committee's
  bad_committee,       // the next committee does not decode, or is of another network or epoch
  no_quorum,           // bitmap: S-21
  bad_signature,
};
const char* name(TransitionReject reject);
// The next committee, if `committee` said so.
Result<Committee, TransitionReject> follow(const TransitionCertificate& certificate, const Committee& committee);

}  // namespace sotto::settle
