// `sotto genesis …`: a network of several operators, put together out of what each has made (node/ceremony.hpp). Each function returns
// the exit code.
#pragma once
#include <string>
#include <vector>

#include "apps/console.hpp"
#include "note/address.hpp"

namespace sotto::apps {

struct DraftCommand {
  std::string dir, name;
  note::NetworkKind kind = note::NetworkKind::test;
  std::vector<std::string> cards;  // files
  uint64_t epoch_blocks = 0;       // an epoch's end is due after so many blocks (0: not for that), or after so many seconds
  uint64_t epoch_s = 24 * 3600;
};

// Cards in; DIR/draft and DIR/network.draft.json out, and 24 words, shown once, whose wallet owns the first notes.
int genesis_draft(Console& console, const DraftCommand& command);
// Possessions in; DIR/genesis and DIR/network.json out.
int genesis_seal(Console& console, const std::string& dir, const std::vector<std::string>& possessions);

}  // namespace sotto::apps
