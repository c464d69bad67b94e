#include "crypto/bech32m.hpp"

#include <algorithm>

namespace sotto::crypto {

namespace {

constexpr std::string_view kAlphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
constexpr uint32_t kBech32mConstant = 0x2bc830a3;
constexpr size_t kChecksum = 6;
constexpr size_t kMaxPrefix = 83;

// The BCH code's remainder over GF(32), fed one group at a time.
class Polymod {
 public:
  void feed(uint8_t group) {
    static constexpr uint32_t kGenerator[5] = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3};
    const uint32_t top = state_ >> 25;
    state_ = ((state_ & 0x1ffffff) << 5) ^ group;
    for (size_t i = 0; i < 5; ++i)
      if ((top >> i) & 1) state_ ^= kGenerator[i];
  }
  void feed_prefix(std::string_view prefix) {
    for (char c : prefix) feed(static_cast<uint8_t>(static_cast<uint8_t>(c) >> 5));
    feed(0);
    for (char c : prefix) feed(static_cast<uint8_t>(c) & 31);
  }
  uint32_t state() const { return state_; }

 private:
  uint32_t state_ = 1;
};

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_prefix(std::string_view prefix) {
  return !prefix.empty() && prefix.size() <= kMaxPrefix &&
         std::all_of(prefix.begin(), prefix.end(), [](char c) { return c >= 33 && c <= 126; });
}

}  // namespace

const char* name(Bech32mReject e) {
  switch (e) {
    case Bech32mReject::too_long: return "too_long";
    case Bech32mReject::too_short: return "too_short";
    case Bech32mReject::mixed_case: return "mixed_case";
    case Bech32mReject::no_separator: return "no_separator";
    case Bech32mReject::bad_prefix: return "bad_prefix";
    case Bech32mReject::bad_character: return "bad_character";
    case Bech32mReject::bad_checksum: return "bad_checksum";
    case Bech32mReject::bad_padding: return "bad_padding";
  }
  return "unknown";
}

std::string bech32m_encode_groups(std::string_view prefix, ByteView groups) {
  CHECK(is_prefix(prefix) && std::none_of(prefix.begin(), prefix.end(), is_upper));
  Polymod code;
  code.feed_prefix(prefix);
  std::string out(prefix);
  out += '1';
  for (uint8_t group : groups) {
    CHECK(group < 32);
    code.feed(group);
    out += kAlphabet[group];
  }
  for (size_t i = 0; i < kChecksum; ++i) code.feed(0);
  const uint32_t checksum = code.state() ^ kBech32mConstant;
  for (size_t i = 0; i < kChecksum; ++i) out += kAlphabet[(checksum >> (5 * (kChecksum - 1 - i))) & 31];
  return out;
}

Result<Bech32mGroups, Bech32mReject> bech32m_decode_groups(std::string_view text, size_t limit) {
  if (text.size() > limit) return Failure{Bech32mReject::too_long};
  if (std::any_of(text.begin(), text.end(), is_upper) && std::any_of(text.begin(), text.end(), is_lower))
    return Failure{Bech32mReject::mixed_case};
  const size_t separator = text.rfind('1');
  if (separator == std::string_view::npos) return Failure{Bech32mReject::no_separator};
  if (!is_prefix(text.substr(0, separator))) return Failure{Bech32mReject::bad_prefix};
  if (text.size() - separator - 1 < kChecksum) return Failure{Bech32mReject::too_short};
  Bech32mGroups out;
  for (char c : text.substr(0, separator)) out.prefix += is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
  Polymod code;
  code.feed_prefix(out.prefix);
  for (char c : text.substr(separator + 1)) {
    const size_t group = kAlphabet.find(is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c);
    if (group == std::string_view::npos) return Failure{Bech32mReject::bad_character};
    out.groups.push_back(static_cast<uint8_t>(group));
    code.feed(out.groups.back());
  }
  if (code.state() != kBech32mConstant) return Failure{Bech32mReject::bad_checksum};
  out.groups.resize(out.groups.size() - kChecksum);
  return out;
}

Result<Bytes, Bech32mReject> bytes_from_groups(ByteView groups) {
  Bytes out;
  uint32_t pending = 0;
  unsigned bits = 0;
  for (uint8_t group : groups) {
    pending = ((pending << 5) | group) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      out.push_back(static_cast<uint8_t>(pending >> bits));
    }
  }
  if (bits >= 5 || (pending & ((1u << bits) - 1)) != 0) return Failure{Bech32mReject::bad_padding};
  return out;
}

std::string bech32m_encode(std::string_view prefix, ByteView data) {
  Bytes groups;
  uint32_t pending = 0;
  unsigned bits = 0;
  for (uint8_t byte : data) {
    pending = ((pending << 8) | byte) & 0xfff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      groups.push_back((pending >> bits) & 31);
    }
  }
  if (bits > 0) groups.push_back((pending << (5 - bits)) & 31);
  return bech32m_encode_groups(prefix, groups);
}

Result<Bech32mText, Bech32mReject> bech32m_decode(std::string_view text, size_t limit) {
  TRY(groups, bech32m_decode_groups(text, limit));
  TRY(data, bytes_from_groups(groups.groups));
  return Bech32mText{std::move(groups.prefix), std::move(data)};
}

}  // namespace sotto::crypto
