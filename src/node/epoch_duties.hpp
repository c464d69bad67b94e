// What a validator has under way about the ends of epochs: signatures gathered from the others (validator_epochs.cpp). State
// thread only; the client's answers are brought there.
#pragma once
#include <chrono>
#include <set>

#include "net/client.hpp"
#include "node/gathering.hpp"

namespace sotto::node {

struct EpochDuties {
  // `identity`: whom the others serve before strangers.
  explicit EpochDuties(const std::optional<net::TlsIdentity>& identity) : client({}, identity) {}

  using Time = std::chrono::steady_clock::time_point;
  // Signatures on one thing, and whom they were asked of.
  struct Round {
    Gathering shares;
    uint64_t epoch = 0;
    Time since;                                           // complete since; or begun
    std::optional<Time> offered;
    std::set<settle::ValidatorId> asked = {};             // who has not answered yet
  };
  std::optional<Round> close;                             // of this epoch's end, while it is due
  std::optional<Round> transition;                        // out of the first epoch without a certificate
  uint64_t certified = 0;                                 // epochs before this one have their certificate in the store
  uint64_t looks = 0;                                     // for certificates that others have made
  bool asking_certificates = false;
  std::shared_ptr<const settle::Committee> committee;     // of epoch `certified`
  Time next;
  std::optional<Time> closing;                            // since when nothing settles here
  Time reported;                                          // offered last
  bool reports_due(Time now) {
    if (now < reported + std::chrono::seconds(1)) return false;
    reported = now;
    return true;
  }
  // Last: it ends first, and its callbacks with it.
  net::Client client;
};

}  // namespace sotto::node
