// Base64 as JSON of CometBFT carries bytes (RFC 4648 section 4, with padding). By OpenSSL.
#pragma once
#include "base/bytes.hpp"

namespace sotto::comet {

std::string base64(ByteView bytes);
// nullopt unless it is exactly what base64() makes.
std::optional<Bytes> base64_decode(std::string_view text);

}  // namespace sotto::comet
