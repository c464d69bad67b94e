#include "note/amount.hpp"

namespace sotto::note {

const char* name(AmountError e) {
  switch (e) {
    case AmountError::empty: return "empty";
    case AmountError::not_a_number: return "not_a_number";
    case AmountError::too_many_decimals: return "too_many_decimals";
    case AmountError::too_large: return "too_large";
  }
  return "unknown";
}

std::string format_amount(Amount amount, unsigned decimals) {
  CHECK(decimals <= kMaxDecimals);
  std::string digits = std::to_string(amount.units());
  if (decimals == 0) return digits;
  if (digits.size() <= decimals) digits = std::string(decimals + 1 - digits.size(), '0') + digits;
  const size_t whole = digits.size() - decimals;
  return digits.substr(0, whole) + '.' + digits.substr(whole);
}

Result<Amount, AmountError> parse_amount(std::string_view text, unsigned decimals) {
  CHECK(decimals <= kMaxDecimals);
  const size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  const std::string_view fraction = point == std::string_view::npos ? std::string_view() : text.substr(point + 1);
  if (whole.empty() && fraction.empty()) return Failure{AmountError::empty};
  for (const std::string_view part : {whole, fraction}) {
    for (const char c : part) {
      if (c < '0' || c > '9') return Failure{AmountError::not_a_number};
    }
  }
  if (fraction.size() > decimals) return Failure{AmountError::too_many_decimals};
  uint64_t units = 0;
  const auto push = [&units](unsigned digit) {
    return !__builtin_mul_overflow(units, uint64_t{10}, &units) && !__builtin_add_overflow(units, uint64_t{digit}, &units);
  };
  for (const std::string_view part : {whole, fraction}) {
    for (const char c : part) {
      if (!push(static_cast<unsigned>(c - '0'))) return Failure{AmountError::too_large};
    }
  }
  for (size_t i = fraction.size(); i < decimals; ++i) {
    if (!push(0)) return Failure{AmountError::too_large};
  }
  return Amount(units);
}

}  // namespace sotto::note
