// A directory of prepared keys: what nobody else could have written is found, everything else is not there.
#include "base/source_dir_for_test.hpp"
#include "node/key_directory.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

#include "circuit/random_statement.hpp"
#include "circuit/transfer_proof.hpp"

namespace sotto::node {
namespace {

namespace fs = std::filesystem;

class KeyDirectoryTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "sotto-keys-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    top = pattern;
    dir = top / "cache" / "sotto";
  }
  void TearDown() override {
    std::error_code ignored;
    fs::remove_all(top, ignored);
  }
  // What find() gives, as text; "-" for nothing.
  std::string found(const std::string& name = "a.keys") {
    const auto entry = KeyDirectory(dir).find(name);
    return entry ? std::string(entry->bytes.begin(), entry->bytes.end()) : "-";
  }
  void keep(const std::string& name, const std::string& text) {
    const std::array parts{view(text).first(text.size() / 2), view(text).subspan(text.size() / 2)};
    KeyDirectory(dir).keep(name, parts);
  }
  size_t files() const { return static_cast<size_t>(std::distance(fs::directory_iterator(dir), fs::directory_iterator())); }
  fs::path top, dir;
};

TEST_F(KeyDirectoryTest, keeps_and_replaces) {
  EXPECT_EQ(found(), "-");
  keep("a.keys", "first");
  EXPECT_EQ(found(), "first");
  const auto held = KeyDirectory(dir).find("a.keys");
  keep("a.keys", "the second one");
  EXPECT_EQ(found(), "the second one");
  EXPECT_EQ(std::string(held->bytes.begin(), held->bytes.end()), "first");   // what is mapped stays as it was
  EXPECT_EQ(reinterpret_cast<uintptr_t>(held->bytes.data()) % 64, 0u);
  EXPECT_EQ(files(), 1u);
  struct stat s;
  ASSERT_EQ(stat((dir / "a.keys").c_str(), &s), 0);
  EXPECT_EQ(s.st_mode & 0777, 0600u);
  ASSERT_EQ(stat(dir.c_str(), &s), 0);
  EXPECT_EQ(s.st_mode & 0777, 0700u);
}

TEST_F(KeyDirectoryTest, what_others_could_write_is_not_there) {
  keep("a.keys", "text");
  const fs::path file = dir / "a.keys";
  for (const mode_t mode : {0620, 0602, 0666}) {
    ASSERT_EQ(chmod(file.c_str(), mode), 0);
    EXPECT_EQ(found(), "-") << mode;
  }
  ASSERT_EQ(chmod(file.c_str(), 0600), 0);
  EXPECT_EQ(found(), "text");
  for (const mode_t mode : {0720, 0702, 0777, 01777}) {
    ASSERT_EQ(chmod(dir.c_str(), mode), 0);
    EXPECT_EQ(found(), "-") << mode;
    keep("b.keys", "text");
    EXPECT_FALSE(fs::exists(dir / "b.keys"));
  }
  ASSERT_EQ(chmod(dir.c_str(), 0700), 0);
  EXPECT_EQ(found(), "text");
  if (geteuid() != 0) return;                          // only root gives files away
  ASSERT_EQ(chown(file.c_str(), 12345, getegid()), 0);
  EXPECT_EQ(found(), "-");
  ASSERT_EQ(chown(file.c_str(), 0, getegid()), 0);
  ASSERT_EQ(chown(dir.c_str(), 12345, getegid()), 0);
  EXPECT_EQ(found(), "-");
}

TEST_F(KeyDirectoryTest, only_plain_files) {
  keep("real.keys", "text");
  fs::create_symlink(dir / "real.keys", dir / "a.keys");
  EXPECT_EQ(found(), "-");
  fs::remove(dir / "a.keys");
  ASSERT_EQ(mkfifo((dir / "a.keys").c_str(), 0600), 0);
  EXPECT_EQ(found(), "-");
  fs::remove(dir / "a.keys");
  fs::create_directory(dir / "a.keys");
  EXPECT_EQ(found(), "-");
  fs::remove(dir / "a.keys");
  std::ofstream(dir / "a.keys").flush();               // nothing in it
  EXPECT_EQ(found(), "-");
  fs::resize_file(dir / "a.keys", KeyDirectory::kMaxBytes + 1);
  EXPECT_EQ(found(), "-");
  for (const char* bad : {"", ".", "..", "../cache/sotto/real.keys", "/etc/passwd", ".hidden"}) EXPECT_EQ(found(bad), "-") << bad;
  EXPECT_EQ(found("real.keys"), "text");
  const fs::path real = dir;
  dir = top / "link";
  fs::create_directory_symlink(real, dir);
  EXPECT_EQ(found("real.keys"), "-");
}

TEST_F(KeyDirectoryTest, old_files_go) {
  for (int i = 0; i < 7; ++i) {
    const std::string name = std::to_string(i) + ".keys";
    keep(name, "text");
    fs::last_write_time(dir / name, fs::file_time_type::clock::now() - std::chrono::hours(100 - i));
  }
  keep("7.keys", "text");
  EXPECT_EQ(files(), KeyDirectory::kFiles);
  EXPECT_EQ(found("7.keys"), "text");
  EXPECT_EQ(found("4.keys"), "text");
  EXPECT_EQ(found("3.keys"), "-");
}

TEST_F(KeyDirectoryTest, what_a_crash_left_goes) {
  keep("a.keys", "text");
  for (const char* name : {".a.keys.1", ".b.keys.22", ".a.keys.3", "notes"}) std::ofstream(dir / name) << "half";
  for (const char* name : {".a.keys.1", ".b.keys.22", "notes"})
    fs::last_write_time(dir / name, fs::file_time_type::clock::now() - std::chrono::hours(1));
  keep("b.keys", "text");
  EXPECT_FALSE(fs::exists(dir / ".a.keys.1"));
  EXPECT_FALSE(fs::exists(dir / ".b.keys.22"));
  EXPECT_TRUE(fs::exists(dir / ".a.keys.3"));          // somebody may be writing it
  EXPECT_TRUE(fs::exists(dir / "notes"));
  EXPECT_EQ(found("a.keys"), "text");
}

TEST_F(KeyDirectoryTest, nowhere_to_write) {
  std::ofstream(top / "cache") << "a file";
  keep("a.keys", "text");                              // no complaint
  EXPECT_EQ(found(), "-");
  fs::remove(top / "cache");
  if (geteuid() == 0) return;                          // root may write anywhere
  fs::create_directories(dir);
  ASSERT_EQ(chmod(dir.c_str(), 0500), 0);
  keep("a.keys", "text");
  EXPECT_EQ(found(), "-");
  ASSERT_EQ(chmod(dir.c_str(), 0700), 0);
}

// The whole way: the same proof from nothing, from the file, and from a file that somebody cut or bent.
TEST_F(KeyDirectoryTest, proofs_are_the_same_bytes) {
  ThreadPool pool(2);
  const auto prove = [&](const std::string& reference = source_dir() + "/data/srs.bin") {
    KeyDirectory cache(dir);
    const auto system = circuit::load_proof_system(reference, true, pool, &cache);
    EXPECT_TRUE(system.ok());
    circuit::SeededEntropy random(3);
    const auto s = circuit::random_statement(random, {});
    return system.ok() ? circuit::prove_transfer(**system, ByteArray<32>{1}, s.statement, s.witness, random, pool) : circuit::TransferProof{};
  };
  const auto expected = prove();
  ASSERT_EQ(files(), 1u);
  const fs::path file = fs::directory_iterator(dir)->path();
  const auto size = fs::file_size(file);
  EXPECT_EQ(prove("/nonexistent"), expected);
  fs::resize_file(file, size - 1);
  EXPECT_EQ(prove(), expected);
  EXPECT_EQ(fs::file_size(file), size);
  {
    std::fstream f(file, std::ios::in | std::ios::out | std::ios::binary);
    f.seekp(static_cast<std::streamoff>(size / 2));
    const char byte = static_cast<char>(f.peek() ^ 1);
    f.seekp(static_cast<std::streamoff>(size / 2));
    f.put(byte);
  }
  EXPECT_EQ(prove(), expected);
  EXPECT_EQ(prove("/nonexistent"), expected);          // repaired
  ASSERT_EQ(chmod(file.c_str(), 0666), 0);
  EXPECT_EQ(prove(), expected);
  ASSERT_EQ(chmod(dir.c_str(), 0777), 0);
  EXPECT_EQ(prove(), expected);
}

}  // namespace
}  // namespace sotto::node
