// Seeds of the fuzz targets are values of today's formats. SOTTO_WRITE_CORPUS=1 writes them anew after a change of
// format; without it the test says when that was forgotten.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/source_dir_for_test.hpp"
#include "ledger/test_support.hpp"

namespace sotto::ledger {
namespace {

using testing::World;

TEST(Corpus, SeedsAreOfTodaysFormat) {
  World world(2024);
  Transaction full = world.mint(5);
  full.transfers[0].contract.emplace();
  full.operations.push_back(Burn{{3, 0}, 6, {}});
  Transaction small = world.payment();
  world.step({world.payment()});
  Genesis content_only;
  content_only.content = testing::test_content();
  const std::map<std::string, Bytes> seeds = {
      {"transaction/payment", encode(small)},
      {"transaction/contract_and_operations", encode(full)},
      {"transaction/certified", encode(testing::certified(small))},
      {"block/empty", encode(Block{world.blocks[0].header, {}})},
      {"block/payment", encode(world.blocks[0])},
      {"genesis/content", encode(content_only)},
  };
  const std::filesystem::path corpus = std::filesystem::path(source_dir()) / "tests" / "corpus";
  for (const auto& [file, bytes] : seeds) {
    const auto path = corpus / file;
    if (std::getenv("SOTTO_WRITE_CORPUS")) {
      std::filesystem::create_directories(path.parent_path());
      std::ofstream(path, std::ios::binary).write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    }
    std::ifstream in(path, std::ios::binary);
    ASSERT_TRUE(in) << path;
    const Bytes stored{std::istreambuf_iterator<char>(in), {}};
    if (file.starts_with("transaction/certified")) EXPECT_TRUE(decode_certified(stored).ok()) << file;
    else if (file.starts_with("transaction")) EXPECT_TRUE(decode_transaction(stored).ok()) << file;
    else if (file.starts_with("block")) EXPECT_TRUE(decode_block(stored).ok()) << file;
    else EXPECT_TRUE(decode_genesis(stored).ok()) << file;
  }
}

}  // namespace
}  // namespace sotto::ledger
