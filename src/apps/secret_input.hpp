// Passphrases and words: from a file descriptor or a prompt without echo, never from the command line or the
// environment.
#pragma once
#include "apps/exit_code.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"

namespace sotto::apps {

inline constexpr size_t kMaxSecretBytes = 4096;

// The first line of descriptor `fd`, without its end; read byte by byte so that a second secret may follow on the same
// descriptor. Failure: not open, empty line, longer than kMaxSecretBytes, a zero byte.
Result<SecretBytes, CommandFailure> read_secret_line(int fd);

// The 24 words, over as many lines as they were written on: until there are 24, or the input ends, or (asked for) an empty line.
Result<SecretBytes, CommandFailure> ask_words(const std::string& prompt, int fd);

// From `fd` if it is not negative, else asked for on the controlling terminal with echo off; twice and compared if
// `confirm`.
Result<SecretBytes, CommandFailure> ask_secret(const std::string& prompt, int fd, bool confirm);

}  // namespace sotto::apps
