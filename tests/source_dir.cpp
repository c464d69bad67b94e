#include "base/source_dir_for_test.hpp"

std::string sotto::source_dir() { return SOTTO_SOURCE_DIR; }
