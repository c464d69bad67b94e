// CHECK: always-on assertion for bugs. Never reachable by anything an outsider chooses; bad input is a Result.
#pragma once

namespace sotto {
[[noreturn]] void check_failed(const char* condition, const char* file, int line);
}  // namespace sotto

#define CHECK(condition)                                                \
  do {                                                                  \
    if (!(condition)) [[unlikely]]                                      \
      ::sotto::check_failed(#condition, __FILE__, __LINE__);            \
  } while (false)
