#include "crypto/bip39.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <cstdlib>

#include "crypto/hash.hpp"

namespace sotto::crypto {

namespace {

constexpr uint32_t kRounds = 2048;
constexpr size_t kWordBits = 11;

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// Entropy and its 8 checksum bits: 24 x 11 bits.
Secret<ByteArray<33>> with_checksum(const Bip39Entropy& entropy) {
  Secret<ByteArray<33>> out;
  std::copy(entropy.expose().begin(), entropy.expose().end(), out.expose_mutable().begin());
  out.expose_mutable()[32] = sha256(entropy.expose())[0];
  return out;
}

}  // namespace

const char* name(Bip39Reject e) {
  switch (e) {
    case Bip39Reject::wrong_word_count: return "wrong_word_count";
    case Bip39Reject::unknown_word: return "unknown_word";
    case Bip39Reject::bad_checksum: return "bad_checksum";
    case Bip39Reject::bad_passphrase: return "bad_passphrase";
  }
  return "unknown";
}

SecretBytes bip39_encode(const Bip39Entropy& entropy) {
  const auto bits = with_checksum(entropy);
  Bytes out;
  out.reserve(kBip39Words * 9);  // words have at most 8 letters: no reallocation leaves a copy behind
  for (size_t word = 0; word < kBip39Words; ++word) {
    size_t index = 0;
    for (size_t i = word * kWordBits; i < (word + 1) * kWordBits; ++i)
      index = 2 * index + ((bits.expose()[i / 8] >> (7 - i % 8)) & 1);
    if (word > 0) out.push_back(' ');
    const std::string_view text = bip39_words()[index];
    out.insert(out.end(), text.begin(), text.end());
  }
  return SecretBytes(std::move(out));
}

Result<Bip39Entropy, Bip39Reject> bip39_decode(std::string_view words) {
  const auto& list = bip39_words();
  Secret<ByteArray<33>> bits;
  size_t count = 0;
  for (size_t i = 0; i < words.size();) {
    if (is_space(words[i])) {
      ++i;
      continue;
    }
    std::array<char, 9> word{};  // one longer than the longest: what does not fit is unknown
    size_t length = 0;
    for (; i < words.size() && !is_space(words[i]); ++i) {
      const char c = words[i] >= 'A' && words[i] <= 'Z' ? static_cast<char>(words[i] - 'A' + 'a') : words[i];
      if (length < word.size()) word[length++] = c;
    }
    const std::string_view text(word.data(), length);
    const auto found = std::lower_bound(list.begin(), list.end(), text);
    const bool known = found != list.end() && *found == text;
    wipe(word.data(), word.size());
    if (!known) return Failure{Bip39Reject::unknown_word};
    if (count == kBip39Words) return Failure{Bip39Reject::wrong_word_count};
    const auto index = static_cast<size_t>(found - list.begin());
    for (size_t b = 0; b < kWordBits; ++b) {
      const size_t at = count * kWordBits + b;
      uint8_t& byte = bits.expose_mutable()[at / 8];
      byte = static_cast<uint8_t>(byte | (((index >> (kWordBits - 1 - b)) & 1) << (7 - at % 8)));
    }
    ++count;
  }
  if (count != kBip39Words) return Failure{Bip39Reject::wrong_word_count};
  Bip39Entropy out;
  std::copy_n(bits.expose().begin(), 32, out.expose_mutable().begin());
  if (with_checksum(out).expose()[32] != bits.expose()[32]) return Failure{Bip39Reject::bad_checksum};
  return out;
}

std::optional<SecretBytes> nfkd(std::string_view text) {
  utf8proc_uint8_t* mapped = nullptr;
  const auto size =
      utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()), static_cast<utf8proc_ssize_t>(text.size()),
                   &mapped, static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT));
  if (size < 0) return std::nullopt;
  SecretBytes out(Bytes(mapped, mapped + size));
  wipe(mapped, static_cast<size_t>(size));
  std::free(mapped);
  return out;
}

Result<Secret<ByteArray<64>>, Bip39Reject> bip39_seed(const Bip39Entropy& entropy, std::string_view passphrase) {
  const auto normal = nfkd(passphrase);
  if (!normal) return Failure{Bip39Reject::bad_passphrase};
  const ByteView tail = normal->expose(), head = view("mnemonic");
  Bytes text(head.size() + tail.size());
  std::copy(tail.begin(), tail.end(), std::copy(head.begin(), head.end(), text.begin()));
  const SecretBytes salt(std::move(text));
  Secret<ByteArray<64>> out;
  pbkdf2_hmac_sha512(bip39_encode(entropy).expose(), salt.expose(), kRounds, out.expose_mutable());
  return out;
}

}  // namespace sotto::crypto
