#include "netlab/namespace.hpp"

#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstring>
#include <thread>

namespace sotto::netlab {

namespace {

bool raise_loopback() {
  const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return false;
  ifreq request{};
  std::strncpy(request.ifr_name, "lo", IFNAMSIZ - 1);
  bool up = ::ioctl(socket, SIOCGIFFLAGS, &request) == 0;
  request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP);
  up = up && ::ioctl(socket, SIOCSIFFLAGS, &request) == 0;
  const int why = errno;
  ::close(socket);
  errno = why;
  return up;
}

}  // namespace

// A namespace belongs to a thread, not to the process: the one that makes it ends, the descriptor keeps it.
Result<std::shared_ptr<const Namespace>, Error> Namespace::create() {
  int descriptor = -1;
  std::string trouble;
  std::thread([&] {
    if (::unshare(CLONE_NEWNET) == 0 && raise_loopback()) descriptor = ::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) trouble = std::strerror(errno);
  }).join();
  if (descriptor < 0) return Failure{Error{"no network namespace: " + trouble}};
  return std::shared_ptr<const Namespace>(new Namespace(descriptor));
}

Namespace::~Namespace() { ::close(descriptor_); }

void Namespace::run(const std::function<void()>& f) const {
  std::thread([&] {
    CHECK(::setns(descriptor_, CLONE_NEWNET) == 0);      // who has made it may enter it
    f();
  }).join();
}

}  // namespace sotto::netlab
