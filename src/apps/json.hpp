// JSON as commands print it. Text from the command line or the disk may not be UTF-8: what is not becomes U+FFFD, so that a
// report never fails after the fact it reports.
#pragma once
#include <nlohmann/json.hpp>

namespace sotto::apps {
inline constexpr auto kReplaceBadUtf8 = nlohmann::detail::error_handler_t::replace;
}  // namespace sotto::apps
