#include "apps/environment.hpp"

#include <cstdlib>
#include <vector>
#include <pwd.h>
#include <unistd.h>

namespace sotto::apps {

namespace fs = std::filesystem;

Result<fs::path, Error> find_data(const std::string& file) {
  std::vector<fs::path> places;
  if (const char* set = std::getenv("SOTTO_DATA"); set != nullptr && *set != '\0') {
    places.emplace_back(set);
  } else {
    std::error_code e;
    const fs::path own = fs::read_symlink("/proc/self/exe", e);
    if (!e) {
      const fs::path beside = own.parent_path();
      for (const char* place : {"../data", "data", "../share/sotto"}) places.push_back(beside / place);
    }
    places.emplace_back(SOTTO_DATA_DIR);
  }
  std::string tried;
  for (const auto& place : places) {
    std::error_code e;
    const fs::path path = (place / file).lexically_normal();
    if (fs::is_regular_file(path, e)) return path;
    tried += "\n  " + path.string();
  }
  return Failure{Error{"cannot find the data file " + file + "; looked for" + tried +
                       "\n(set SOTTO_DATA to the directory that holds it)"}};
}

std::optional<fs::path> key_directory() {
  if (const char* set = std::getenv("SOTTO_CACHE"); set != nullptr) {
    if (*set == '\0') return std::nullopt;
    return fs::path(set);
  }
  // A relative path there is to be ignored (XDG Base Directory Specification).
  if (const char* set = std::getenv("XDG_CACHE_HOME"); set != nullptr && *set == '/') return fs::path(set) / "sotto";
  if (const char* set = std::getenv("HOME"); set != nullptr && *set == '/') return fs::path(set) / ".cache" / "sotto";
  return std::nullopt;
}

Result<fs::path, Error> home() {
  if (const char* set = std::getenv("SOTTO_HOME"); set != nullptr && *set != '\0') return fs::path(set);
  if (const char* set = std::getenv("HOME"); set != nullptr && *set != '\0') return fs::path(set) / ".sotto";
  if (const passwd* user = getpwuid(getuid()); user != nullptr) return fs::path(user->pw_dir) / ".sotto";
  return Failure{Error{"no home directory; set SOTTO_HOME"}};
}

}  // namespace sotto::apps
