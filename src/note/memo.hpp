// Memos as text: what a payer may send, and how a payee is shown what came. On the wire a memo is bytes (N-11); a stranger sends any.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace sotto::note {

enum class MemoReject : uint8_t {
  memo_too_long,        // above kMaxMemoBytes (note/encryption.hpp)
  memo_not_utf8,
  memo_hidden_mark,     // a control, an invisible character, or one that turns the direction of text: what is read is not what is there
};
const char* name(MemoReject reject);
struct MemoFailure {
  MemoReject reject{};
  std::string detail;   // for people: the limit, or which character
};

// Line feed and tab are text. Joiners and variation selectors are too, but only where scripts and pictures need them: after a visible
// character beyond ASCII.
Status<MemoFailure> check_memo(ByteView memo);

// Valid UTF-8, with every hidden mark as "<U+202E>" and every byte that is no text as "<0xFF>". `lines`: line feeds and tabs stay as they
// are; without, they become "<U+000A>" too: for one line of a terminal.
std::string visible(ByteView text, bool lines);

}  // namespace sotto::note
