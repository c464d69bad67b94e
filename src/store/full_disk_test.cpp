// A real file system that is full: a small tmpfs of its own. Skipped, with a word, where mounting is not allowed.
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/statvfs.h>

#include <set>

#include "store/store_for_test.hpp"

namespace sotto::store {
namespace {
using namespace testing;

class SmallDisk {
 public:
  explicit SmallDisk(const fs::path& at) : at_(at), mounted_(::mount("tmpfs", at.c_str(), "tmpfs", 0, "size=96m") == 0) {}
  ~SmallDisk() {
    if (mounted_) ::umount2(at_.c_str(), MNT_DETACH);
  }
  bool mounted() const { return mounted_; }
  // Leaves so much room.
  void fill(uint64_t leave) {
    struct statvfs about {};
    CHECK(::statvfs(at_.c_str(), &about) == 0);
    const uint64_t room = uint64_t{about.f_bavail} * about.f_frsize;
    const int fd = ::open((at_ / "fill").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    CHECK(fd >= 0 && room > leave && ::posix_fallocate(fd, 0, static_cast<off_t>(room - leave)) == 0);
    ::close(fd);
  }
  void make_room() { fs::remove(at_ / "fill"); }

 private:
  const fs::path at_;
  const bool mounted_;
};

struct Case {
  size_t before_mib;                 // written while there is room: where RocksDB is when there is none
  uint64_t leave_kib;
};

class FullDisk : public ::testing::TestWithParam<Case> {};

TEST_P(FullDisk, RefusesAndKeepsEveryLockItConfirmed) {
  TemporaryDirectory folder;
  SmallDisk disk(folder.path());
  if (!disk.mounted()) GTEST_SKIP() << "this machine lets nobody mount";
  StoreWorld w;
  w.create(folder.path() / "store");
  auto opened = w.open(folder.path() / "store");
  ASSERT_TRUE(opened.ok());
  std::set<ledger::TxId> confirmed;
  uint64_t note = 1;
  const auto persist = [&](size_t locks, size_t* bytes = nullptr) {
    std::vector<settle::Persist> group;
    std::vector<ledger::TxId> ids;
    for (size_t i = 0; i < locks; ++i) {
      group.push_back(lock_of(note, note, note));
      ++note;
      const auto& lock = std::get<settle::Lock>(group.back().write);
      ids.push_back(lock.transaction.txid);
      if (bytes != nullptr) *bytes += lock.encode().size();
    }
    const auto done = opened->store->persist(std::move(group));
    if (done.ok()) confirmed.insert(ids.begin(), ids.end());
    return done.ok();
  };
  size_t bytes = 0;
  while (bytes < GetParam().before_mib << 20) ASSERT_TRUE(persist(64, &bytes));
  disk.fill(GetParam().leave_kib << 10);
  bool refused = false;
  for (bytes = 0; !refused && bytes < size_t{64} << 20;) refused = !persist(64, &bytes);
  ASSERT_TRUE(refused);
  EXPECT_FALSE(persist(1));                      // for good
  opened->store.reset();                         // its end is no worse than its life
  disk.make_room();
  opened = w.open(folder.path() / "store");
  ASSERT_TRUE(opened.ok()) << opened.error().what;
  std::set<ledger::TxId> there;
  for (const auto& lock : opened->restored.locks) there.insert(lock->transaction.txid);
  for (const auto& id : confirmed) EXPECT_TRUE(there.contains(id));
  EXPECT_TRUE(persist(1));
}

INSTANTIATE_TEST_SUITE_P(AtMoments, FullDisk, ::testing::Values(Case{0, 0}, Case{0, 64}, Case{1, 1'024}, Case{14, 1'024}, Case{15, 8'192}, Case{20, 17'000}, Case{30, 20'000}));

}  // namespace
}  // namespace sotto::store
