// BIP-39, English, 24 words (256 bits of entropy) only.
#pragma once
#include <array>
#include <optional>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"

namespace sotto::crypto {

enum class Bip39Reject : uint8_t {
  wrong_word_count,  // not 24
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
// Any ASCII white space around and between words, any case. Looking words up is not constant time: it happens on the
// owner's machine while the words are being typed.
Result<Bip39Entropy, Bip39Reject> bip39_decode(std::string_view words);
// PBKDF2-HMAC-SHA512, 2048 rounds, over the words and the NFKD of the passphrase (UTF-8; empty for none).
Result<Secret<ByteArray<64>>, Bip39Reject> bip39_seed(const Bip39Entropy& entropy, std::string_view passphrase);

// Unicode NFKD (by utf8proc); nullopt if the text is not UTF-8.
std::optional<SecretBytes> nfkd(std::string_view text);

}  // namespace sotto::crypto
