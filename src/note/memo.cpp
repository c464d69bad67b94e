#include "note/memo.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "note/encryption.hpp"

namespace sotto::note {

namespace {

struct Character {
  uint32_t point = 0;
  size_t bytes = 0;                    // 0: no UTF-8 begins here
};

Character next(ByteView text) {
  const uint8_t first = text[0];
  const size_t length = first < 0x80                    ? 1
                        : first >= 0xC2 && first < 0xE0 ? 2
                        : first >= 0xE0 && first < 0xF0 ? 3
                        : first >= 0xF0 && first < 0xF5 ? 4
                                                        : 0;
  if (length == 0 || length > text.size()) return {};
  if (length == 1) return {first, 1};
  uint32_t point = first & (0x7Fu >> length);
  for (size_t i = 1; i < length; ++i) {
    if ((text[i] & 0xC0) != 0x80) return {};
    point = (point << 6) | (text[i] & 0x3Fu);
  }
  constexpr std::array<uint32_t, 5> kSmallest = {0, 0, 0x80, 0x800, 0x10000};
  if (point < kSmallest[length] || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) return {};
  return {point, length};
}

struct Range {
  uint32_t first, last;
};
template <size_t N>
bool among(const std::array<Range, N>& ranges, uint32_t point) {
  return std::ranges::any_of(ranges, [&](const Range& r) { return point >= r.first && point <= r.last; });
}

// Unicode's default ignorable characters, separators of lines and paragraphs, directional marks, annotations, and blanks that are letters.
constexpr std::array<Range, 20> kHidden{{{0x00AD, 0x00AD}, {0x034F, 0x034F}, {0x061C, 0x061C}, {0x115F, 0x1160}, {0x17B4, 0x17B5},
                                         {0x180B, 0x180F}, {0x200B, 0x200B}, {0x200E, 0x200F}, {0x2028, 0x202E}, {0x2060, 0x206F},
                                         {0x2800, 0x2800}, {0x3164, 0x3164}, {0xFEFF, 0xFEFF}, {0xFFA0, 0xFFA0}, {0xFFF0, 0xFFFB},
                                         {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF}, {0xFDD0, 0xFDEF}, {0xFFFE, 0xFFFF}}};
constexpr bool joins(uint32_t point) { return point == 0x200C || point == 0x200D; }
constexpr bool varies(uint32_t point) { return point >= 0xFE00 && point <= 0xFE0F; }

// Walks over the characters of a text.
class Walk {
 public:
  explicit Walk(ByteView text) : left_(text) {}
  bool done() const { return left_.empty(); }
  ByteView left() const { return left_; }
  enum class Is { text, line_or_tab, hidden, no_text };
  struct Step {
    Is is{};
    uint32_t point = 0;                // or the byte that is no text
    ByteView bytes;
  };
  Step step() {
    const Character c = next(left_);
    const size_t size = std::max<size_t>(c.bytes, 1);
    Step out{Is::text, c.bytes == 0 ? left_[0] : c.point, left_.first(size)};
    left_ = left_.subspan(size);
    if (c.bytes == 0) out.is = Is::no_text;
    else if (c.point == '\n' || c.point == '\t') out.is = Is::line_or_tab;
    else if (c.point < 0x20 || (c.point >= 0x7F && c.point < 0xA0) || among(kHidden, c.point)) out.is = Is::hidden;
    else if ((joins(c.point) && before_ == Before::other) || (varies(c.point) && before_ != Before::visible)) out.is = Is::hidden;
    // One variant of a character, one joiner after it: a row of them would hide any message.
    const bool visible = out.is == Is::text && c.point >= 0xA0 && !joins(c.point);
    before_ = !visible ? Before::other : varies(c.point) ? Before::variant : Before::visible;
    return out;
  }

 private:
  ByteView left_;
  enum class Before { other, visible, variant } before_ = Before::other;
};

std::string code_point(uint32_t point) {
  char text[16];
  std::snprintf(text, sizeof text, "U+%04X", point);
  return text;
}

}  // namespace

const char* name(MemoReject reject) {
  switch (reject) {
    case MemoReject::memo_too_long: return "memo_too_long";
    case MemoReject::memo_not_utf8: return "memo_not_utf8";
    case MemoReject::memo_hidden_mark: return "memo_hidden_mark";
  }
  return "unknown";
}

Status<MemoFailure> check_memo(ByteView memo) {
  if (memo.size() > kMaxMemoBytes)
    return Failure{MemoFailure{MemoReject::memo_too_long,
                               "the memo has " + std::to_string(memo.size()) + " bytes, and " + std::to_string(kMaxMemoBytes) + " is the most"}};
  for (Walk walk(memo); !walk.done();) {
    const size_t at = memo.size() - walk.left().size();
    const auto step = walk.step();
    if (step.is == Walk::Is::no_text)
      return Failure{MemoFailure{MemoReject::memo_not_utf8, "the memo is no UTF-8 text: byte " + std::to_string(at + 1) + " of it"}};
    if (step.is == Walk::Is::hidden)
      return Failure{MemoFailure{MemoReject::memo_hidden_mark, "the memo has a character that cannot be seen or turns text around: " + code_point(step.point)}};
  }
  return Ok{};
}

std::string visible(ByteView text, bool lines) {
  std::string out;
  for (Walk walk(text); !walk.done();) {
    const auto step = walk.step();
    if (step.is == Walk::Is::text || (lines && step.is == Walk::Is::line_or_tab)) {
      out.append(step.bytes.begin(), step.bytes.end());
    } else if (step.is == Walk::Is::no_text) {
      char byte[8];
      std::snprintf(byte, sizeof byte, "<0x%02X>", step.point);
      out += byte;
    } else {
      out += "<" + code_point(step.point) + ">";
    }
  }
  return out;
}

}  // namespace sotto::note
