// Offers a corpus to a validator and measures what it answers. One thread, kept connections, bytes made beforehand: the
// less the harness does, the more of the machine is the validator's.
#pragma once
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace sotto::bench {

// Both requests of a payment as they go over the wire, and what the answers must be.
struct Script {
  Bytes lock_request, certificate_request;
  Bytes vote, acknowledgement;
};

struct LoadOptions {
  uint16_t port = 0;
  double per_second = 0;       // arrivals, evenly spaced; 0: as many as there are connections, always (closed loop)
  size_t connections = 256;    // payments under way at most; beyond that arrivals wait, and the wait counts
  size_t sources = 16;         // addresses 127.0.0.2, ... they come from
  double limit_s = 120;        // give up after so long
  bool only_votes = false;     // ends a payment with its vote
};

struct LoadResult {
  double seconds = 0;          // first arrival to last acknowledgement
  std::vector<double> vote_ms, settled_ms;  // from the arrival that was due, in order of completion
};

// An answer other than the expected one is an error: nothing that is measured may be refused.
Result<LoadResult, Error> offer(const std::vector<Script>& payments, const LoadOptions& options);

}  // namespace sotto::bench
