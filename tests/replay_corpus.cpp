// Runs one fuzz target over every file of its corpus, without libFuzzer: what fuzzing once found stays a test of every
// build. Each file is also fed cut short at every length and with every byte flipped, so a seed of a valid value walks
// the decoder's refusals too.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

size_t replay(const std::vector<uint8_t>& seed) {
  constexpr size_t kMostVariants = 2000;  // long seeds are sampled evenly
  const size_t stride = std::max<size_t>(1, 2 * seed.size() / kMostVariants);
  LLVMFuzzerTestOneInput(seed.data(), seed.size());
  size_t runs = 1;
  for (size_t i = 0; i < seed.size(); i += stride, runs += 2) {
    // Exact allocations, so that a sanitizer sees a read past the end.
    const std::vector<uint8_t> cut(seed.begin(), seed.begin() + static_cast<std::ptrdiff_t>(i));
    LLVMFuzzerTestOneInput(cut.data(), cut.size());
    std::vector<uint8_t> flipped = seed;
    flipped[i] ^= static_cast<uint8_t>(1u << (i % 8));
    LLVMFuzzerTestOneInput(flipped.data(), flipped.size());
  }
  return runs;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2 || !std::filesystem::is_directory(argv[1])) {
    std::fprintf(stderr, "usage: replay_X tests/corpus/X (the folder must exist)\n");
    return 2;
  }
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(argv[1])) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  size_t runs = 0;
  for (const auto& file : files) {
    std::ifstream in(file, std::ios::binary);
    if (!in) {
      std::fprintf(stderr, "cannot read %s\n", file.c_str());
      return 1;
    }
    runs += replay({std::istreambuf_iterator<char>(in), {}});
  }
  std::printf("%zu inputs from %zu files\n", runs, files.size());
  return files.empty() ? 1 : 0;
}
