#include "net/http.hpp"

#include <charconv>

namespace sotto::net {

std::string to_string(const Endpoint& e) {
  const bool v6 = e.address.find(':') != std::string::npos;
  return (v6 ? "[" + e.address + "]" : e.address) + ":" + std::to_string(e.port);
}

std::optional<uint64_t> parse_u64(std::string_view text) {
  uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, value);
  if (text.empty() || error != std::errc{} || at != end) return std::nullopt;
  return value;
}

Target parse_target(std::string_view target) {
  Target out;
  const size_t mark = target.find('?');
  out.path = std::string(target.substr(0, mark));
  if (mark == std::string_view::npos) return out;
  std::string_view rest = target.substr(mark + 1);
  while (!rest.empty()) {
    const size_t amp = rest.find('&');
    const std::string_view part = rest.substr(0, amp);
    rest = amp == std::string_view::npos ? std::string_view{} : rest.substr(amp + 1);
    if (part.empty()) continue;
    const size_t equals = part.find('=');
    out.query.emplace_back(part.substr(0, equals),
                           equals == std::string_view::npos ? std::string_view{} : part.substr(equals + 1));
  }
  return out;
}

std::optional<uint64_t> Target::number(std::string_view key, uint64_t otherwise) const {
  for (const auto& [name, value] : query)
    if (name == key) return parse_u64(value);
  return otherwise;
}

}  // namespace sotto::net
