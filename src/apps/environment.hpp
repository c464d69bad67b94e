// Where things are: the reference string, and the state of wallets and devnets.
#pragma once
#include <filesystem>
#include <optional>

#include "base/result.hpp"

namespace sotto::apps {

// The data file of that name: in $SOTTO_DATA if set (and then nowhere else), else beside the program's own file
// (../data, data, ../share/sotto), else in the directory compiled in at build time. Independent of the working
// directory.
Result<std::filesystem::path, Error> find_data(const std::string& file);
// Where prepared keys stay between runs: $SOTTO_CACHE if set (empty: nowhere), else sotto/ in $XDG_CACHE_HOME or ~/.cache. nullopt:
// nowhere.
std::optional<std::filesystem::path> key_directory();
// $SOTTO_HOME, else ~/.sotto.
Result<std::filesystem::path, Error> home();

inline constexpr uint16_t kDefaultPort = 7600;       // of the first validator; the others follow
inline constexpr const char* kReferenceString = "srs.bin";

}  // namespace sotto::apps
