// A listening socket's filter: the kernel drops the SYNs of sources that would be refused anyway, before there is a connection. To them we
// are not there, and their own retries let them in once they are let in again. A packet filter as tcpdump's: socket(7), SO_ATTACH_FILTER.
#pragma once
#include <cstdint>
#include <span>

namespace sotto::net {

inline constexpr size_t kMostTurnedAway = 256;

// From now on these and no others (source_of, net/listen.hpp); of more than kMostTurnedAway the first. False: the kernel refuses the
// filter, perhaps there is none now, and the sources are refused when they are accepted.
bool turn_away(int listening_socket, std::span<const uint64_t> sources);

}  // namespace sotto::net
