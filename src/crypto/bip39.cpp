#include "crypto/bip39.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <cstdlib>
#include <tuple>

#include "crypto/hash.hpp"

namespace sotto::crypto {

namespace {

constexpr uint32_t kRounds = 2048;
constexpr size_t kWordBits = 11;
constexpr size_t kLongestGuess = 16;   // a longer word is not guessed at

// Of any script: only ASCII has signs that stand between words once a text is NFKD.
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<uint8_t>(c) >= 0x80; }

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

namespace {

// The next word of a text and what is left of it; empty at the end.
std::string_view take_word(std::string_view& text) {
  size_t begin = 0;
  while (begin < text.size() && !is_letter(text[begin])) ++begin;
  size_t end = begin;
  while (end < text.size() && is_letter(text[end])) ++end;
  const auto word = text.substr(begin, end - begin);
  text.remove_prefix(end);
  return word;
}

// Letters to change, drop or add to make one of the other.
size_t distance(std::string_view a, std::string_view b) {
  std::array<size_t, kLongestGuess + 1> row{};
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t above = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

std::string_view nearest(std::string_view word) {
  if (word.size() > kLongestGuess) return {};
  std::string_view best;
  size_t least = 3;                    // more than two letters off is another word
  for (const std::string_view known : bip39_words()) {
    const size_t d = distance(word, known);
    if (d < least) std::tie(best, least) = std::pair(known, d);
  }
  return best;
}

}  // namespace

size_t bip39_word_count(std::string_view text) {
  size_t count = 0;
  while (!take_word(text).empty()) ++count;
  return count;
}

Result<Bip39Entropy, Bip39Failure> bip39_decode(std::string_view typed) {
  const auto normal = nfkd(typed);
  if (!normal) return Failure{Bip39Failure{Bip39Reject::unknown_word}};
  Bytes lower(normal->expose().begin(), normal->expose().end());
  for (uint8_t& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<uint8_t>(c - 'A' + 'a') : c;
  const SecretBytes folded(std::move(lower));
  std::string_view text(reinterpret_cast<const char*>(folded.expose().data()), folded.expose().size());
  const auto& list = bip39_words();
  Secret<ByteArray<33>> bits;
  Bip39Failure failure;
  for (std::string_view word = take_word(text); !word.empty(); word = take_word(text)) {
    const size_t at = failure.words++;
    const auto found = std::lower_bound(list.begin(), list.end(), word);
    if (found == list.end() || *found != word) {
      failure.unknown.push_back({at + 1, nearest(word)});
      continue;
    }
    if (at >= kBip39Words) continue;
    const auto index = static_cast<size_t>(found - list.begin());
    for (size_t b = 0; b < kWordBits; ++b) {
      const size_t bit = at * kWordBits + b;
      uint8_t& byte = bits.expose_mutable()[bit / 8];
      byte = static_cast<uint8_t>(byte | (((index >> (kWordBits - 1 - b)) & 1) << (7 - bit % 8)));
    }
  }
  failure.reject = failure.unknown.empty() ? Bip39Reject::wrong_word_count : Bip39Reject::unknown_word;
  if (!failure.unknown.empty() || failure.words != kBip39Words) return Failure{std::move(failure)};
  Bip39Entropy out;
  std::copy_n(bits.expose().begin(), 32, out.expose_mutable().begin());
  if (with_checksum(out).expose()[32] != bits.expose()[32]) return Failure{Bip39Failure{Bip39Reject::bad_checksum, kBip39Words}};
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
