// What people type: bech32m strings and BIP-39 words. First byte picks the reader. Whatever is read writes back to the
// same text, up to the case and spacing the reader forgives.
#include <algorithm>

#include "crypto/bech32m.hpp"
#include "crypto/bip39.hpp"

using namespace sotto;
using namespace sotto::crypto;

namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return out;
}

// NFKD, lower case, one space between words, nothing else of ASCII.
std::string plain(std::string_view words) {
  const auto normal = nfkd(words);
  CHECK(normal);
  std::string out;
  bool gap = false;
  for (const char c : lower({reinterpret_cast<const char*>(normal->expose().data()), normal->expose().size()})) {
    if ((c < 'a' || c > 'z') && static_cast<uint8_t>(c) < 0x80) {
      gap = true;
      continue;
    }
    if (gap && !out.empty()) out += ' ';
    gap = false;
    out += c;
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  switch (data[0]) {
    case 'b':
      if (const auto read = bech32m_decode(text, 256); read.ok()) {
        CHECK(text.size() <= 256);
        CHECK(bech32m_encode(read->prefix, read->data) == lower(text));
      }
      if (const auto read = bech32m_decode_groups(text); read.ok())
        CHECK(bech32m_encode_groups(read->prefix, read->groups) == lower(text));
      break;
    case 'w':
      if (const auto entropy = bip39_decode(text); entropy.ok()) {
        const SecretBytes words = bip39_encode(*entropy);
        const std::string expected = plain(text);
        CHECK(std::equal(words.expose().begin(), words.expose().end(), expected.begin(), expected.end()));
      }
      break;
    case 'n':
      // Normalising twice changes nothing more.
      if (const auto once = nfkd(text)) {
        const ByteView bytes = once->expose();
        const auto twice = nfkd({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
        CHECK(twice && std::equal(bytes.begin(), bytes.end(), twice->expose().begin(), twice->expose().end()));
      }
      break;
    default: break;
  }
  return 0;
}
