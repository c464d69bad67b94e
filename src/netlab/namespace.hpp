// A network namespace (network_namespaces(7)) for one place of a network on this machine: it has a loopback interface and nothing else, so
// whoever runs there reaches others only through sockets that a proxy has opened in both. Linux; takes CAP_SYS_ADMIN.
#pragma once
#include <functional>
#include <memory>

#include "base/result.hpp"

namespace sotto::netlab {

class Namespace {
 public:
  // Error: no privilege, and the kernel's word for it.
  static Result<std::shared_ptr<const Namespace>, Error> create();
  ~Namespace();                        // it lives on while processes and sockets are in it
  Namespace(const Namespace&) = delete;

  // On a thread of its own in there, and waits for it: sockets that it opens belong there, whoever uses them.
  void run(const std::function<void()>& f) const;
  // For setns(2); as long as this lives.
  int descriptor() const { return descriptor_; }

 private:
  explicit Namespace(int descriptor) : descriptor_(descriptor) {}
  const int descriptor_;
};

// In there, or here if it is none.
inline void run_in(const std::shared_ptr<const Namespace>& place, const std::function<void()>& f) {
  if (place) place->run(f);
  else f();
}

}  // namespace sotto::netlab
