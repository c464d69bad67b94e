#include "store/wallet_store.hpp"

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <random>

namespace sotto::store {
namespace {

using wallet::Changes;
using wallet::Row;
using wallet::Table;

class SeededEntropy final : public Entropy {
 public:
  explicit SeededEntropy(uint64_t seed) : random_(seed) {}
  void fill(std::span<uint8_t> out) override {
    for (uint8_t& b : out) b = static_cast<uint8_t>(random_());
  }

 private:
  std::mt19937_64 random_;
};

constexpr crypto::Argon2idParams kCheap{1, 64 * 1024};
const ByteView kPass = view("correct horse");

class WalletStoreTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "sotto-wallet-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
    path_ = directory_ + "/wallet.db";
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::unique_ptr<WalletStore> create() {
    auto made = WalletStore::create(path_, kPass, kCheap, entropy_);
    CHECK(made.ok());
    return std::move(*made);
  }
  std::unique_ptr<WalletStore> open() {
    auto made = WalletStore::open(path_, kPass, entropy_);
    CHECK(made.ok());
    return std::move(*made);
  }
  WalletFileReject reject(ByteView passphrase = kPass) {
    const auto opened = WalletStore::open(path_, passphrase, entropy_);
    CHECK(!opened.ok());
    return opened.error().reject;
  }
  static std::vector<Row> sorted(std::vector<Row> rows) {
    std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.key < b.key; });
    return rows;
  }
  static bool same(std::vector<Row> a, std::vector<Row> b) {
    a = sorted(std::move(a));
    b = sorted(std::move(b));
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Row& x, const Row& y) { return x.key == y.key && x.value == y.value; });
  }
  void sql(const std::string& statement) {
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open(path_.c_str(), &db), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(db, statement.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
    sqlite3_close(db);
  }
  static const std::vector<Row>& sample() {
    static const std::vector<Row> kRows = [] {
      std::vector<Row> rows;
      for (uint8_t t = 1; t <= 7; ++t) {
        for (uint8_t i = 0; i < 6; ++i) rows.push_back({{static_cast<Table>(t), Bytes(i, t)}, Bytes(size_t{i} * 400, i)});
      }
      return rows;
    }();
    return kRows;
  }
  Bytes file() const {
    std::ifstream in(path_, std::ios::binary);
    return Bytes(std::istreambuf_iterator<char>(in), {});
  }
  void write_file(const Bytes& bytes) const {
    std::ofstream out(path_, std::ios::binary | std::ios::trunc);
    out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  }

  SeededEntropy entropy_{1};
  std::string directory_, path_;
};

TEST_F(WalletStoreTest, RowsSurviveAndAreReplacedAndErased) {
  {
    const auto store = create();
    ASSERT_TRUE(store->commit({sample(), {}}).ok());
    EXPECT_TRUE(same(*store->load(), sample()));
  }
  std::vector<Row> expected = sample();
  {
    const auto store = open();
    ASSERT_TRUE(store->commit({{{sample()[3].key, Bytes{1, 2, 3}}}, {sample()[5].key, sample()[7].key}}).ok());
  }
  expected[3].value = {1, 2, 3};
  expected.erase(expected.begin() + 7);
  expected.erase(expected.begin() + 5);
  EXPECT_TRUE(same(*open()->load(), expected));
}

TEST_F(WalletStoreTest, EveryCommitIsOnDiskWhenItReturns) {
  // A process that dies without closing anything loses nothing it committed.
  for (uint8_t i = 0; i < 3; ++i) {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      auto store = i == 0 ? WalletStore::create(path_, kPass, kCheap, entropy_) : WalletStore::open(path_, kPass, entropy_);
      if (!store.ok() || !(*store)->commit({{{{Table::payments, {i}}, Bytes(5000, i)}}, {}}).ok()) _exit(1);
      kill(getpid(), SIGKILL);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
    EXPECT_EQ(open()->load()->size(), size_t{i} + 1);
  }
}

TEST_F(WalletStoreTest, OnlyOneOpensIt) {
  const auto store = create();
  EXPECT_EQ(reject(), WalletFileReject::wallet_in_use);  // this process
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const auto second = WalletStore::open(path_, kPass, entropy_);
    _exit(!second.ok() && second.error().reject == WalletFileReject::wallet_in_use ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  EXPECT_TRUE(store->commit({sample(), {}}).ok());  // the holder is not disturbed
}

TEST_F(WalletStoreTest, NamedErrors) {
  EXPECT_EQ(reject(), WalletFileReject::not_found);
  create();
  EXPECT_EQ(WalletStore::create(path_, kPass, kCheap, entropy_).error().reject, WalletFileReject::already_exists);
  EXPECT_EQ(reject(view("correct horsf")), WalletFileReject::wrong_passphrase);
  EXPECT_EQ(reject({}), WalletFileReject::wrong_passphrase);
  EXPECT_TRUE(WalletStore::open(path_, kPass, entropy_).ok());
  EXPECT_EQ(WalletStore::create(directory_ + "/no/such", kPass, kCheap, entropy_).error().reject, WalletFileReject::io);
  write_file(Bytes(5000, 'x'));
  EXPECT_EQ(reject(), WalletFileReject::not_a_wallet);
  write_file({});
  EXPECT_EQ(reject(), WalletFileReject::not_a_wallet);
}

TEST_F(WalletStoreTest, SomebodyElsesDatabaseIsLeftAlone) {
  sql("CREATE TABLE t (x); INSERT INTO t VALUES (1)");
  const Bytes before = file();
  EXPECT_EQ(reject(), WalletFileReject::not_a_wallet);
  EXPECT_EQ(file(), before);
}

TEST_F(WalletStoreTest, OtherFormatsAreNamed) {
  create();
  sql("UPDATE header SET value = x'03' || substr(value, 2, 20)");
  EXPECT_EQ(reject(), WalletFileReject::unknown_format);
  sql("UPDATE header SET value = x'01' || substr(value, 2)");
  EXPECT_EQ(reject(), WalletFileReject::old_format);
}

// One word, typed on different machines: composed, decomposed, in wide letters.
TEST_F(WalletStoreTest, OnePassphraseHoweverItIsTyped) {
  const ByteView composed = view("caf\xC3\xA9 1"), decomposed = view("cafe\xCC\x81 1"), wide = view("\xEF\xBD\x83\xEF\xBD\x81" "fe\xCC\x81 1");
  ASSERT_TRUE(WalletStore::create(path_, composed, kCheap, entropy_).ok());
  for (const ByteView typed : {composed, decomposed, wide}) EXPECT_TRUE(WalletStore::open(path_, typed, entropy_).ok());
  EXPECT_EQ(reject(view("cafe 1")), WalletFileReject::wrong_passphrase);
  EXPECT_EQ(reject(view("caf\xE9 1")), WalletFileReject::wrong_passphrase);     // Latin-1
  ASSERT_TRUE((*WalletStore::open(path_, composed, entropy_))->change_passphrase(decomposed, kCheap).ok());
  EXPECT_TRUE(WalletStore::open(path_, composed, entropy_).ok());
}

TEST_F(WalletStoreTest, PassphrasesAreText) {
  EXPECT_EQ(WalletStore::create(path_, view("caf\xE9"), kCheap, entropy_).error().reject, WalletFileReject::bad_passphrase);
  EXPECT_FALSE(std::filesystem::exists(path_));
  const auto store = create();
  EXPECT_EQ(store->change_passphrase(view("\xFF"), kCheap).error().reject, WalletFileReject::bad_passphrase);
}

TEST_F(WalletStoreTest, FileIsPrivate) {
  create();
  struct stat info {};
  ASSERT_EQ(::stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(WalletStoreTest, ChangesPassphrase) {
  {
    const auto store = create();
    ASSERT_TRUE(store->commit({sample(), {}}).ok());
    ASSERT_TRUE(store->change_passphrase(view("battery staple"), {2, 128 * 1024}).ok());
  }
  EXPECT_EQ(reject(), WalletFileReject::wrong_passphrase);
  EXPECT_TRUE(same(*(*WalletStore::open(path_, view("battery staple"), entropy_))->load(), sample()));
}

TEST_F(WalletStoreTest, NothingInTheFileIsReadable) {
  const std::string needle = "a memo nobody else may read";
  const Bytes id(32, 0xab);
  {
    const auto store = create();
    const Bytes value(view(needle).begin(), view(needle).end());
    ASSERT_TRUE(store->commit({{{{Table::notes, id}, value}}, {}}).ok());
  }
  const Bytes bytes = file();
  const auto contains = [&](ByteView part) { return std::search(bytes.begin(), bytes.end(), part.begin(), part.end()) != bytes.end(); };
  EXPECT_FALSE(contains(view(needle)));
  EXPECT_FALSE(contains(id));
  EXPECT_FALSE(contains(kPass));
  EXPECT_TRUE(contains(view("CREATE TABLE notes")));  // the search works
}

TEST_F(WalletStoreTest, RowsMovedDeletedAddedOrPutBackAreNoticed) {
  {
    const auto store = create();
    ASSERT_TRUE(store->commit({sample(), {}}).ok());
  }
  const Bytes whole = file();
  const auto refused_after = [&](const std::string& statement) {
    write_file(whole);
    sql(statement);
    EXPECT_EQ(reject(), WalletFileReject::damaged) << statement;
  };
  refused_after("DELETE FROM notes WHERE id = (SELECT id FROM notes LIMIT 1)");
  refused_after("DELETE FROM payments");
  refused_after("DROP TABLE payments");
  refused_after("DELETE FROM manifest");
  refused_after("DELETE FROM header");
  refused_after("INSERT INTO header SELECT value FROM header");
  refused_after("INSERT INTO manifest SELECT x'00', sealed FROM manifest");
  refused_after("INSERT INTO history SELECT id, sealed FROM notes LIMIT 1");                 // another table
  refused_after("UPDATE notes SET id = x'00112233445566778899aabbccddeeff' WHERE id = (SELECT max(id) FROM notes)");
  refused_after("UPDATE notes SET id = x'00' WHERE id = (SELECT max(id) FROM notes)");
  refused_after("UPDATE notes SET sealed = x'' WHERE id = (SELECT max(id) FROM notes)");
  refused_after("UPDATE notes SET sealed = (SELECT sealed FROM notes WHERE id = (SELECT min(id) FROM notes)) WHERE id = (SELECT max(id) FROM notes)");

  // One row put back to what it was a commit ago: authentic by itself, but not of this age.
  write_file(whole);
  sql("CREATE TABLE old AS SELECT id, sealed FROM notes");
  std::vector<Row> changed = sample();
  for (Row& row : changed) row.value.push_back(7);
  EXPECT_TRUE(open()->commit({changed, {}}).ok());
  sql("UPDATE notes SET sealed = (SELECT sealed FROM old WHERE old.id = notes.id) WHERE id = (SELECT min(id) FROM notes)");
  EXPECT_EQ(reject(), WalletFileReject::damaged);
}

TEST_F(WalletStoreTest, FilesOfEarlierVersionsGetTheirTableWithItsFirstRow) {
  (void)create();
  sql("DROP TABLE delivered");
  const std::vector<Row> rows{{{wallet::Table::delivered, Bytes{1}}, Bytes{2}}};
  {
    const auto store = open();
    EXPECT_TRUE(store->load()->empty());
    EXPECT_TRUE(store->commit({rows, {}}).ok());
  }
  EXPECT_TRUE(same(*open()->load(), rows));
}

TEST_F(WalletStoreTest, EverySampledByteFlipIsRefusedOrHarmless) {
  {
    const auto store = create();
    ASSERT_TRUE(store->commit({sample(), {}}).ok());
  }
  const Bytes whole = file();
  size_t refused = 0, harmless = 0;
  std::mt19937_64 random(7);
  for (size_t at = 0; at < whole.size(); at += 1 + random() % 400) {  // each page, and all of its regions
    Bytes bytes = whole;
    bytes[at] = static_cast<uint8_t>(bytes[at] ^ (1 << (random() % 8)));
    write_file(bytes);
    std::filesystem::remove(path_ + "-wal");
    const auto opened = WalletStore::open(path_, kPass, entropy_);
    if (opened.ok()) {  // free space of a page: whatever opens must be all of it
      EXPECT_TRUE(same(*(*opened)->load(), sample())) << "byte " << at;
      ++harmless;
    } else {
      ++refused;
      const auto r = opened.error().reject;
      EXPECT_TRUE(r == WalletFileReject::damaged || r == WalletFileReject::not_a_wallet || r == WalletFileReject::io ||
                  r == WalletFileReject::unknown_format)
          << "byte " << at << ": " << name(r);
    }
  }
  EXPECT_GT(refused, harmless / 4);
}

TEST_F(WalletStoreTest, TruncationIsRefused) {
  {
    const auto store = create();
    ASSERT_TRUE(store->commit({sample(), {}}).ok());
  }
  const Bytes whole = file();
  for (size_t size = 0; size < whole.size(); size += 4096 / 2 + 1) {
    write_file(Bytes(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size)));
    const auto opened = WalletStore::open(path_, kPass, entropy_);
    if (opened.ok()) {  // only the unused end of the last page was cut off
      EXPECT_TRUE(size + 4096 > whole.size() && same(*(*opened)->load(), sample())) << size;
    }
  }
}

TEST_F(WalletStoreTest, AFailedWriteChangesNothing) {
  {
    const auto store = create();
    ASSERT_TRUE(store->commit({sample(), {}}).ok());
  }
  const Row big{{Table::payments, Bytes{9}}, Bytes(900'000, 1)}, small{{Table::payments, Bytes{8}}, Bytes{1}};
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {  // a disk that is full: files may not grow beyond what they are
    auto store = WalletStore::open(path_, kPass, entropy_);
    if (!store.ok()) _exit(1);
    signal(SIGXFSZ, SIG_IGN);
    rlimit limit{200'000, RLIM_INFINITY};
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0) _exit(2);
    if ((*store)->commit({{big}, {sample()[0].key}}).ok()) _exit(3);
    if (!same(*(*store)->load(), sample())) _exit(4);
    limit.rlim_cur = RLIM_INFINITY;
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0) _exit(5);
    (void)(*store)->commit({{small}, {}}).ok();  // may work, or ask to be opened anew: never half of it
    _exit(0);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  std::vector<Row> with_small = sample();
  with_small.push_back(small);
  const auto rows = *open()->load();
  EXPECT_TRUE(same(rows, sample()) || same(rows, with_small));
}

TEST_F(WalletStoreTest, AFileThatCannotBeWrittenCanBeLookedAt) {
  const Row row{{Table::notes, {1, 2, 3}}, Bytes(500, 7)};
  {
    const auto store = create();
    ASSERT_TRUE(store->commit({{row}, {}}).ok());
  }
  std::ifstream file(path_, std::ios::binary);
  const std::string before{std::istreambuf_iterator<char>(file), {}};
  {
    const auto opened = WalletStore::open_as_it_stands(path_, kPass, entropy_);
    ASSERT_TRUE(opened.ok());
    EXPECT_TRUE((*opened)->read_only());
    EXPECT_TRUE(same(*(*opened)->load(), {row}));
    EXPECT_FALSE((*opened)->commit({{row}, {}}).ok());
    EXPECT_FALSE((*opened)->commit({{}, {row.key}}).ok());
  }
  std::ifstream again(path_, std::ios::binary);
  EXPECT_EQ(before, (std::string{std::istreambuf_iterator<char>(again), {}}));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory_), {}), 1);        // nothing was made beside it
  EXPECT_FALSE(open()->read_only());

  EXPECT_EQ(WalletStore::open_as_it_stands(path_, view("wrong"), entropy_).error().reject, WalletFileReject::wrong_passphrase);
  EXPECT_EQ(WalletStore::open_as_it_stands(path_ + "-absent", kPass, entropy_).error().reject, WalletFileReject::io);
  sql("DELETE FROM notes");
  EXPECT_EQ(WalletStore::open_as_it_stands(path_, kPass, entropy_).error().reject, WalletFileReject::damaged);
}

TEST_F(WalletStoreTest, AnEarlierStateIsCalledOne) {
  const Row first{{Table::notes, {1}}, Bytes{1}}, last{{Table::notes, {2}}, Bytes{2}};
  ASSERT_TRUE(create()->commit({{first}, {}}).ok());
  EXPECT_FALSE((*WalletStore::open_as_it_stands(path_, kPass, entropy_))->lacks_the_last());
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    if (!open()->commit({{last}, {}}).ok()) _exit(1);            // closed: not in the -wal
    const auto store = open();
    if (!store->commit({{{last.key, Bytes{3}}}, {}}).ok()) _exit(1);
    kill(getpid(), SIGKILL);
  }
  int status = 0;
  waitpid(child, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status));
  {
    const auto opened = WalletStore::open_as_it_stands(path_, kPass, entropy_);
    ASSERT_TRUE(opened.ok());
    EXPECT_TRUE((*opened)->lacks_the_last());
    EXPECT_TRUE(same(*(*opened)->load(), {first, last}));
  }
  EXPECT_TRUE(same(*open()->load(), {first, {last.key, Bytes{3}}}));
}

// Names that mean something in a URI.
TEST_F(WalletStoreTest, AnyNameCanBeLookedAt) {
  path_ = directory_ + "/a?mode=rwc&b#c%20 d";
  create();
  EXPECT_TRUE(WalletStore::open_as_it_stands(path_, kPass, entropy_).ok());
}

TEST_F(WalletStoreTest, AFileThatIsBeingWrittenIsNotLookedAt) {
  create();
  std::array<int, 2> ready{}, done{};
  ASSERT_EQ(pipe(ready.data()) + pipe(done.data()), 0);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  char byte = 0;
  if (child == 0) {
    SeededEntropy entropy(9);
    const auto held = WalletStore::open(path_, kPass, entropy);
    byte = held.ok() ? 'y' : 'n';
    _exit(write(ready[1], &byte, 1) == 1 && read(done[0], &byte, 1) == 1 ? 0 : 1);
  }
  ASSERT_EQ(read(ready[0], &byte, 1), 1);
  ASSERT_EQ(byte, 'y');
  EXPECT_EQ(WalletStore::open_as_it_stands(path_, kPass, entropy_).error().reject, WalletFileReject::wallet_in_use);
  ASSERT_EQ(write(done[1], &byte, 1), 1);
  waitpid(child, nullptr, 0);
  EXPECT_TRUE(WalletStore::open_as_it_stands(path_, kPass, entropy_).ok());
}

}  // namespace
}  // namespace sotto::store
