#include "node/disk_watch.hpp"

#include <gtest/gtest.h>

#include <array>

namespace sotto::node {
namespace {

TEST(DiskJudge, LowThenFullThenFine) {
  DiskJudge judge({1'000, 100});
  struct Row {
    uint64_t free;
    DiskState state;
  };
  for (const Row& row : {Row{5'000, DiskState::fine}, Row{1'000, DiskState::fine}, Row{999, DiskState::disk_low}, Row{1'200, DiskState::disk_low},
                         Row{1'250, DiskState::fine}, Row{1'000, DiskState::fine}, Row{100, DiskState::disk_low}, Row{99, DiskState::disk_full},
                         Row{1'100, DiskState::disk_low}, Row{2'000, DiskState::fine}})
    EXPECT_EQ(judge.step(row.free), row.state) << row.free;
}

TEST(DiskJudge, ZeroLooksAtNothing) {
  DiskJudge judge({0, 0});
  EXPECT_EQ(judge.step(0), DiskState::fine);
}

TEST(FreeBytes, TheLeastOfThose) {
  const std::array<std::filesystem::path, 1> none{"/nonexistent"};
  EXPECT_EQ(free_bytes(none), std::nullopt);
  const std::array<std::filesystem::path, 2> some{"/tmp", "/proc"};                  // /proc has no room at all
  EXPECT_EQ(free_bytes(some), 0u);
}

}  // namespace
}  // namespace sotto::node
