// Bech32m (BIP-350; Bech32's older checksum is refused). The checksum finds any 4 wrong characters in strings of up to
// 90; longer ones (addresses) keep a 2^-30 chance of a wrong string passing, so what is inside must stand on its own.
#pragma once
#include "base/bytes.hpp"
#include "base/result.hpp"

namespace sotto::crypto {

enum class Bech32mReject : uint8_t {
  too_long,       // above the limit given
  too_short,      // fewer than the 6 checksum characters
  mixed_case,
  no_separator,
  bad_prefix,     // empty, longer than 83, or outside printable ASCII
  bad_character,  // outside the alphabet, after the separator
  bad_checksum,
  bad_padding,    // the last group carries more than 4 bits of padding, or ones
};
const char* name(Bech32mReject e);

inline constexpr size_t kBech32mLimit = 90;

struct Bech32mText {
  std::string prefix;  // lower case
  Bytes data;
};

// Lower case. CHECKs the prefix (1 to 83 characters, printable ASCII, no capitals).
std::string bech32m_encode(std::string_view prefix, ByteView data);
// `limit` bounds the whole string. All upper case is read too, as the BIP has it for QR codes.
Result<Bech32mText, Bech32mReject> bech32m_decode(std::string_view text, size_t limit = kBech32mLimit);

// The layer below: 5-bit groups, checksum taken off.
struct Bech32mGroups {
  std::string prefix;
  Bytes groups;  // each below 32
};
std::string bech32m_encode_groups(std::string_view prefix, ByteView groups);
Result<Bech32mGroups, Bech32mReject> bech32m_decode_groups(std::string_view text, size_t limit = kBech32mLimit);
Result<Bytes, Bech32mReject> bytes_from_groups(ByteView groups);

}  // namespace sotto::crypto
