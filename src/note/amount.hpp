// Amounts: whole units of an asset, 0 .. 2^64 - 1. Never negative, never wrapping, no implicit conversions.
// A decimal point exists only in text: an asset with 2 decimals shows 1234 units as "12.34".
#pragma once
#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include "base/codec.hpp"

namespace sotto::note {

class Amount {
 public:
  constexpr Amount() = default;
  explicit constexpr Amount(uint64_t units) : units_(units) {}
  constexpr uint64_t units() const { return units_; }
  constexpr bool is_zero() const { return units_ == 0; }
  // nullopt on overflow / when `other` is larger.
  constexpr std::optional<Amount> plus(Amount other) const {
    if (units_ > UINT64_MAX - other.units_) return std::nullopt;
    return Amount(units_ + other.units_);
  }
  constexpr std::optional<Amount> minus(Amount other) const {
    if (units_ < other.units_) return std::nullopt;
    return Amount(units_ - other.units_);
  }
  friend constexpr auto operator<=>(const Amount&, const Amount&) = default;

 private:
  uint64_t units_ = 0;
};

inline constexpr unsigned kMaxDecimals = 18;

enum class AmountError : uint8_t {
  empty,               // nothing to read, or a point without digits around it
  not_a_number,        // anything but digits and one point: no sign, no exponent, no spaces, no separators
  too_many_decimals,   // more digits behind the point than the asset has (even if they are zeros: nothing is rounded)
  too_large,           // 2^64 units or more
};
const char* name(AmountError e);

// "12.34", "0.05", "7" for 0 decimals. Always exactly `decimals` digits behind the point. decimals <= kMaxDecimals.
std::string format_amount(Amount amount, unsigned decimals);
// Accepts "12", "12.3", "12.34", ".5", "12."; format_amount's output always reads back to the same amount.
Result<Amount, AmountError> parse_amount(std::string_view text, unsigned decimals);

}  // namespace sotto::note
