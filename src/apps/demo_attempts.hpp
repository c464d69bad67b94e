// The attempts that must fail. Each is made by somebody who holds everything a real attacker would: keys of their own,
// the prover, honest transactions and certificates seen before, and a line to every validator.
#pragma once
#include "apps/demo_party.hpp"
#include "apps/demo_report.hpp"

namespace sotto::apps {

struct AttemptScene {
  DemoReport& report;
  DemoWorld& world;
  Party& alice;
  Party& alices_other_device;          // the same words, a wallet of its own
  Party& bob;
  Party& carol;
  const node::Paid& earlier_payment;   // Alice to Bob, final
};
void run_attempts(AttemptScene& scene);

}  // namespace sotto::apps
