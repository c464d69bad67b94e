// Byte strings as they travel: owned, viewed, fixed-size, and as hex text.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sotto {

using Bytes = std::vector<uint8_t>;
using ByteView = std::span<const uint8_t>;
template <size_t N>
using ByteArray = std::array<uint8_t, N>;
using Hash32 = ByteArray<32>;

inline ByteView view(std::string_view s) { return {reinterpret_cast<const uint8_t*>(s.data()), s.size()}; }

std::string to_hex(ByteView bytes);
// Lower- or upper-case, even length; anything else is nullopt.
std::optional<Bytes> from_hex(std::string_view hex);

}  // namespace sotto
