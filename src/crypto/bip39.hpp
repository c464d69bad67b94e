// BIP-39, English, 24 words (256 bits of entropy) only.
#pragma once
#include <array>
#include <optional>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"

namespace sotto::crypto {

enum class Bip39Reject : uint8_t {
  wrong_word_count,  // not 24, all of the list
  unknown_word,
  bad_checksum,
  bad_passphrase,  // not UTF-8
};
const char* name(Bip39Reject e);

inline constexpr size_t kBip39Words = 24;
using Bip39Entropy = Secret<ByteArray<32>>;

const std::array<std::string_view, 2048>& bip39_words();

// Words with one space between them, ASCII.
SecretBytes bip39_encode(const Bip39Entropy& entropy);
// Why a text is not the 24 words; for people, so it names places and never repeats what was typed.
struct Bip39Failure {
  Bip39Reject reject{};
  size_t words = 0;                    // how many there are
  struct Unknown {
    size_t number;                     // from 1
    std::string_view nearest;          // of the list; empty: nothing like it there
  };
  std::vector<Unknown> unknown{};      // of unknown_word: all of them
};
// Words are runs of letters, after NFKD, in any case: spaces, line ends, numbers ("1. abandon") and other signs may stand between them.
// Looking words up is not constant time: it happens on the owner's machine while the words are being typed.
Result<Bip39Entropy, Bip39Failure> bip39_decode(std::string_view text);
// How many words that text holds, known or not.
size_t bip39_word_count(std::string_view text);
// PBKDF2-HMAC-SHA512, 2048 rounds, over the words and the NFKD of the passphrase (UTF-8; empty for none).
Result<Secret<ByteArray<64>>, Bip39Reject> bip39_seed(const Bip39Entropy& entropy, std::string_view passphrase);

// Unicode NFKD (by utf8proc); nullopt if the text is not UTF-8.
std::optional<SecretBytes> nfkd(std::string_view text);

}  // namespace sotto::crypto
