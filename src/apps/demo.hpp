// `sotto demo`: a network, three people, two payments, four ways to cheat and an observer, all on this machine and all
// real. Measures every step; issue-2 document for --json (docs/cli.md).
#pragma once
#include "apps/console.hpp"

namespace sotto::apps {

// Returns the exit code: ok only if every step succeeded, every attempt was refused and the observer agrees.
int demo(Console& console);

}  // namespace sotto::apps
