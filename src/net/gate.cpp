#include "net/gate.hpp"

#include <linux/filter.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <vector>

namespace sotto::net {

namespace {

constexpr uint32_t kTcpFlags = 13, kSyn = 0x02;                    // what a filter on a TCP socket sees begins with the TCP header
constexpr uint32_t kIp = static_cast<uint32_t>(SKF_NET_OFF);       // what comes before it
constexpr uint32_t kIpv4Source = kIp + 12, kIpv6Source = kIp + 8, kVersion4 = 0x40;
constexpr uint32_t kPass = 0xffffffff, kDrop = 0;

sock_filter load_byte(uint32_t at) { return BPF_STMT(BPF_LD | BPF_B | BPF_ABS, at); }
sock_filter load_word(uint32_t at) { return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, at); }
sock_filter unless_equal_skip(uint32_t value, uint8_t skipped) { return BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, skipped); }
sock_filter verdict(uint32_t value) { return BPF_STMT(BPF_RET | BPF_K, value); }

// Jumps reach 255 instructions: the long one, from IPv4 to IPv6, is BPF_JA.
std::vector<sock_filter> program(std::span<const uint64_t> sources) {
  std::vector<sock_filter> v4{load_word(kIpv4Source)}, v6;
  for (const uint64_t source : sources) {
    if (source <= UINT32_MAX) {
      v4.insert(v4.end(), {unless_equal_skip(static_cast<uint32_t>(source), 1), verdict(kDrop)});
    } else {
      v6.insert(v6.end(), {load_word(kIpv6Source), unless_equal_skip(static_cast<uint32_t>(source >> 32), 3),
                           load_word(kIpv6Source + 4), unless_equal_skip(static_cast<uint32_t>(source), 1), verdict(kDrop)});
    }
  }
  v4.push_back(verdict(kPass));
  v6.push_back(verdict(kPass));
  std::vector<sock_filter> out{
      load_byte(kTcpFlags), BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, kSyn, 1, 0), verdict(kPass),
      load_byte(kIp), BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xf0), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kVersion4, 1, 0),
      BPF_STMT(BPF_JMP | BPF_JA, static_cast<uint32_t>(v4.size())),
  };
  out.insert(out.end(), v4.begin(), v4.end());
  out.insert(out.end(), v6.begin(), v6.end());
  return out;
}

}  // namespace

bool turn_away(int listening_socket, std::span<const uint64_t> sources) {
  const auto open = [&] {
    const int nothing = 0;
    return setsockopt(listening_socket, SOL_SOCKET, SO_DETACH_FILTER, &nothing, sizeof nothing) == 0 || errno == ENOENT;
  };
  if (sources.empty()) return open();
  auto instructions = program(sources.first(std::min(sources.size(), kMostTurnedAway)));
  const sock_fprog filter{static_cast<uint16_t>(instructions.size()), instructions.data()};
  const auto attach = [&] { return setsockopt(listening_socket, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) == 0; };
  return attach() || (open() && attach());     // net.core.optmem_max may be too little for the old and the new one at once
}

}  // namespace sotto::net
