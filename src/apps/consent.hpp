// The yes of a person before money moves (ADR 0108).
#pragma once
#include <vector>

#include "apps/console.hpp"
#include "base/result.hpp"

namespace sotto::apps {

// Refused (usage, needs_yes) where nobody can be asked: without --yes, and with standard input no terminal. For commands
// to say before they do any work.
Status<CommandFailure> can_agree(bool yes);
// Shows `review`, a line each, and asks `question` unless `yes`. The question goes to the terminal, whatever becomes of
// stdout, and so does the review where stdout is no terminal. Refused (failed, not_agreed): anything but y or yes.
Status<CommandFailure> agree(Console& console, bool yes, const std::vector<std::string>& review, const std::string& question);

}  // namespace sotto::apps
