// What a child process gets from us: standard input, output and error, and nothing else.
#pragma once
#include <unistd.h>

#include <linux/close_range.h>

#include <cerrno>

namespace sotto {

// Between fork and exec, in the child. Every descriptor from 3 on closes as the new program starts, whoever opened it and however: libraries
// open sockets and files without O_CLOEXEC. Until then they stay usable. 0, or errno. Safe in a process with threads.
inline int inherit_only_standard_streams() { return ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) == 0 ? 0 : errno; }

}  // namespace sotto
