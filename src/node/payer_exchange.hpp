// The sender's side when validators exchange votes among themselves (node/exchange_messages.hpp, docs/adr/0080): one request
// instead of two rounds. Nothing here trusts a single validator: what counts is a settlement certificate that verifies. Whatever
// goes wrong, the very same bytes can be gathered for (node/payer.hpp): that decides, and says why.
#pragma once
#include "node/payer.hpp"

namespace sotto::node {

struct Handing {
  net::Client& client;
  const std::shared_ptr<const settle::Committee>& committee;
  const std::vector<net::Endpoint>& validators;        // in committee order
  Entropy& entropy;
  SettleMode mode = SettleMode::exchange;              // or one
  size_t first = 0;                                    // of mode one: who is asked first
};

struct HandingFailed {
  bool unknown_here = false;           // nobody who answered knows the request: these validators do not exchange votes
};

// Failed: not settled this way within `patience_ms`; nothing is known.
Result<Settled, HandingFailed> hand_over(const Handing& to, const settle::DecodedCandidate& transaction, uint32_t patience_ms,
                                         const Payer::Watch& watch);

}  // namespace sotto::node
