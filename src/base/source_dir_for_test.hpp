// Where the checkout lies, for tests that read vectors, corpora or the reference string. Linked into every test program
// (tests/source_dir.cpp) instead of being a definition of each file: so objects do not depend on the place of the checkout.
#pragma once
#include <string>

namespace sotto {

std::string source_dir();

}  // namespace sotto
