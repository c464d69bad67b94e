// Result<T, E>: a value or a named reason. Bad input is a Result whose E is the module's reject enum;
// a broken world (disk, network) is a Result whose E is Error.
#pragma once
#include <string>
#include <utility>
#include <variant>

#include "base/check.hpp"

namespace sotto {

// The world failed us: what was attempted and what the system said. For people, never parsed.
struct Error {
  std::string what;
};

template <class E>
struct Failure {
  E error;
};
template <class E>
Failure(E) -> Failure<E>;

template <class T, class E>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}             // NOLINT: implicit by design
  Result(Failure<E> f) : state_(std::in_place_index<1>, std::move(f.error)) {}      // NOLINT
  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  const T& value() const& { CHECK(ok()); return std::get<0>(state_); }
  T& value() & { CHECK(ok()); return std::get<0>(state_); }
  T&& value() && { CHECK(ok()); return std::get<0>(std::move(state_)); }
  const E& error() const { CHECK(!ok()); return std::get<1>(state_); }
  const T& operator*() const& { return value(); }
  T& operator*() & { return value(); }
  const T* operator->() const { return &value(); }
  T* operator->() { return &value(); }

 private:
  std::variant<T, E> state_;
};

struct Ok {};
template <class E>
using Status = Result<Ok, E>;

}  // namespace sotto

// TRY(x, expr): binds x to the value or returns the failure (same error type) from the enclosing function.
#define SOTTO_CONCAT2(a, b) a##b
#define SOTTO_CONCAT(a, b) SOTTO_CONCAT2(a, b)
#define TRY(name, expression)                                                        \
  auto SOTTO_CONCAT(try_, __LINE__) = (expression);                                  \
  if (!SOTTO_CONCAT(try_, __LINE__).ok())                                            \
    return ::sotto::Failure{SOTTO_CONCAT(try_, __LINE__).error()};                   \
  auto name = std::move(SOTTO_CONCAT(try_, __LINE__)).value()
#define TRY_OK(expression)                                                           \
  do {                                                                               \
    if (auto try_status = (expression); !try_status.ok())                            \
      return ::sotto::Failure{try_status.error()};                                   \
  } while (false)
