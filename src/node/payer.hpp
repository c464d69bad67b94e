// The sender's side of settlement: a transaction goes to all validators at once, a quorum of votes becomes the lock
// certificate, a quorum of acknowledgements the settlement certificate. Nothing here trusts a single validator: shares
// are checked before they count, and what a liar can do is be left out.
#pragma once
#include <functional>

#include "net/client.hpp"
#include "node/api.hpp"
#include "node/deadline.hpp"
#include "settle/certificate.hpp"

namespace sotto::node {

struct Timings {                       // all from the start of settle()
  double lock_certificate_ms = 0;
  double settled_ms = 0;
};

// What happened on the way, for display; `at_ms` from the start of settle().
struct SettleStep {
  enum class Kind : uint8_t { vote, refused, unreachable, lock_certificate, acknowledgement, settled };
  Kind kind{};
  size_t validator = 0;                // not for certificates
  size_t count = 0;                    // votes or acknowledgements so far, this one included
  double at_ms = 0;
  std::string detail;                  // of a refusal or error
};

struct Settled {
  settle::LockCertificate lock;
  settle::SettlementCertificate settlement;
  Timings timings;
};

enum class NotSettled : uint8_t {
  refused,            // so many refused that the others are no quorum; see SettleFailure::may_still_move
  unreachable,        // too few validators answered in time
  no_settlement,      // a lock certificate stands (the transaction will execute), acknowledgements are missing
};
const char* name(NotSettled n);

struct SettleFailure {
  NotSettled why{};
  // False only if a quorum refused for good (not "busy", "retry later" or "already executed"): then honest validators
  // with a third of the stake or more will never vote for these bytes, and the money has not moved and will not.
  bool may_still_move = true;
  std::optional<RefusalMessage> refusal;                   // why it cannot move; else a rival's before others, "not now" after them
  // Say validators with more than a third of the stake, or one while others say nothing: others vote, or will.
  bool epoch_ended = false;
  std::optional<settle::LockCertificate> lock;             // if it got that far
  std::string detail;
};

// "Not now": too much in flight, or the validator is a block behind us.
bool is_retryable(const RefusalMessage& refusal);

// Who brings votes and acknowledgements together (docs/adr/0080).
enum class SettleMode : uint8_t {
  gather,       // this wallet: two rounds with all validators
  exchange,     // validators exchange votes; this wallet sends to all of them and gathers acknowledgements
  one,          // the same, through one validator
};
const char* name(SettleMode m);
std::optional<SettleMode> parse_settle_mode(std::string_view text);
inline constexpr uint32_t kExchangePatienceMs = 2'000;     // then the wallet gathers

class Payer {
 public:
  // `validators` in committee order.
  Payer(net::Client& client, std::shared_ptr<const settle::Committee> committee, std::vector<net::Endpoint> validators,
        Entropy& entropy)
      : client_(client), committee_(std::move(committee)), validators_(std::move(validators)), entropy_(entropy) {}

  using Watch = std::function<void(const SettleStep&)>;    // on the caller's thread
  // Sends, gathers, returns once final or once it cannot be. Any number of times for the same bytes: validators repeat
  // their answers. Blocks until `deadline` at most.
  // In any other mode than `gather` it gathers all the same when that does not bring a certificate within kExchangePatienceMs.
  Result<Settled, SettleFailure> settle(const settle::DecodedCandidate& transaction, const Deadline& deadline,
                                        const Watch& watch = {});
  void use(SettleMode mode) { mode_ = mode; }
  SettleMode mode() const { return mode_; }

 private:
  struct Gathering;
  net::Client& client_;
  std::shared_ptr<const settle::Committee> committee_;
  std::vector<net::Endpoint> validators_;
  Entropy& entropy_;
  SettleMode mode_ = SettleMode::gather;
  size_t settled_ = 0;                 // so that in mode `one` they take turns
};

}  // namespace sotto::node
