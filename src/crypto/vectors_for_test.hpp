// Reading tests/vectors/: lines of space-separated fields, `#` starts a comment. For tests only.
#pragma once
#include <fstream>
#include <sstream>

#include "base/bytes.hpp"
#include "base/check.hpp"
#include "base/source_dir_for_test.hpp"

namespace sotto::crypto {

inline std::string vector_path(const std::string& name) {
  return source_dir() + "/tests/vectors/" + name;
}

inline std::vector<std::vector<std::string>> vector_lines(const std::string& name) {
  std::ifstream in(vector_path(name));
  CHECK(in.good());
  std::vector<std::vector<std::string>> out;
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream words(line);
    auto& fields = out.emplace_back();
    for (std::string word; words >> word;) fields.push_back(word);
  }
  return out;
}

inline Bytes unhex(std::string_view hex) {
  const auto bytes = from_hex(hex);
  CHECK(bytes.has_value());
  return *bytes;
}

}  // namespace sotto::crypto
