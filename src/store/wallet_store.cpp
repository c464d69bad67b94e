#include "store/wallet_store.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <map>
#include <set>

#include "base/descriptor.hpp"
#include "crypto/aead.hpp"
#include "crypto/bip39.hpp"
#include "crypto/hash.hpp"

namespace sotto::store {

using wallet::Changes;
using wallet::Row;
using wallet::RowKey;
using wallet::Table;

namespace {

constexpr int kApplicationId = 0x536f7474;     // "Sott" in SQLite's own header
constexpr uint8_t kFormat = 2;
constexpr uint8_t kOldFormat = 1;              // passphrases as they were typed
constexpr size_t kPadding = 256;               // sealed sizes tell the size class of a row and no more
constexpr size_t kMaxRowBytes = 1024 * 1024;
constexpr std::string_view kManifest = "manifest";

using DiskId = ByteArray<16>;
using Digest = ByteArray<32>;

Failure<WalletFileError> fail(WalletFileReject reject, std::string detail = {}) {
  return Failure{WalletFileError{reject, std::move(detail)}};
}

Digest operator^(Digest a, const Digest& b) {
  for (size_t i = 0; i < a.size(); ++i) a[i] = static_cast<uint8_t>(a[i] ^ b[i]);
  return a;
}

crypto::AeadKey half(const Secret<ByteArray<64>>& wide) {
  crypto::AeadKey out;
  std::copy_n(wide.expose().begin(), 32, out.expose_mutable().begin());
  return out;
}

std::optional<SecretBytes> normalised(ByteView passphrase) {
  return crypto::nfkd({reinterpret_cast<const char*>(passphrase.data()), passphrase.size()});
}

// A prepared statement that resets itself.
class Statement {
 public:
  Statement(sqlite3* db, const std::string& sql) { code_ = sqlite3_prepare_v2(db, sql.c_str(), -1, &statement_, nullptr); }
  ~Statement() { sqlite3_finalize(statement_); }
  Statement(const Statement&) = delete;
  int prepared() const { return code_; }
  void bind(int index, ByteView bytes) {
    static constexpr uint8_t kEmpty = 0;
    code_ = code_ != SQLITE_OK ? code_ : sqlite3_bind_blob(statement_, index, bytes.empty() ? &kEmpty : bytes.data(), static_cast<int>(bytes.size()), SQLITE_TRANSIENT);
  }
  int step() { return code_ != SQLITE_OK ? code_ : sqlite3_step(statement_); }
  ByteView blob(int column) const {
    const auto* data = static_cast<const uint8_t*>(sqlite3_column_blob(statement_, column));
    const int size = sqlite3_column_bytes(statement_, column);
    return data == nullptr ? ByteView() : ByteView(data, static_cast<size_t>(size));
  }
  bool is_blob(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_BLOB; }
  int integer(int column) const { return sqlite3_column_int(statement_, column); }

 private:
  sqlite3_stmt* statement_ = nullptr;
  int code_ = SQLITE_OK;
};

// What SQLite's answer means for a wallet file.
WalletFileReject meaning(int code) {
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return WalletFileReject::wallet_in_use;
    case SQLITE_NOTADB: return WalletFileReject::not_a_wallet;
    case SQLITE_CORRUPT:
    case SQLITE_ERROR:          // a table or column is not there
    case SQLITE_MISMATCH:
    case SQLITE_CONSTRAINT: return WalletFileReject::damaged;
    default: return WalletFileReject::io;
  }
}

struct Header {
  ByteArray<16> salt{};
  crypto::Argon2idParams cost{};
  crypto::XchachaNonce nonce{};
  Bytes sealed_key;                             // 32 + 16

  Bytes parameters() const {                    // associated data of the sealed key
    Writer out;
    out.u8(kFormat);
    out.raw(salt);
    out.u64(cost.operations);
    out.u64(cost.memory_bytes);
    return std::move(out).bytes();
  }
  Bytes encode() const {
    Writer out;
    out.raw(parameters());
    out.raw(nonce);
    out.raw(sealed_key);
    // Tells a damaged header from a wrong passphrase; nothing relies on it.
    out.raw(crypto::blake2b_256("Sotto.wallet.header", {out.bytes()}));
    return std::move(out).bytes();
  }
  static Result<Header, WalletFileReject> decode(ByteView bytes) {
    constexpr size_t kSize = 1 + 16 + 16 + 24 + 48 + 32;
    if (!bytes.empty() && bytes[0] == kOldFormat) return Failure{WalletFileReject::old_format};
    if (!bytes.empty() && bytes[0] != kFormat && bytes.size() != kSize) return Failure{WalletFileReject::unknown_format};
    if (bytes.size() != kSize) return Failure{WalletFileReject::damaged};
    const Hash32 sum = crypto::blake2b_256("Sotto.wallet.header", {bytes.first(kSize - 32)});
    if (!std::equal(sum.begin(), sum.end(), bytes.end() - 32)) return Failure{WalletFileReject::damaged};
    if (bytes[0] != kFormat) return Failure{WalletFileReject::unknown_format};
    Reader in(bytes.subspan(1));
    Header out;
    out.salt = *in.array<16>();
    out.cost.operations = *in.u64();
    out.cost.memory_bytes = *in.u64();
    out.nonce = *in.array<24>();
    const ByteView sealed = *in.raw(48);
    out.sealed_key.assign(sealed.begin(), sealed.end());
    if (!crypto::argon2id_acceptable(out.cost)) return Failure{WalletFileReject::damaged};
    return out;
  }
};

}  // namespace

const char* name(WalletFileReject reject) {
  switch (reject) {
    case WalletFileReject::not_found: return "not_found";
    case WalletFileReject::already_exists: return "already_exists";
    case WalletFileReject::wallet_in_use: return "wallet_in_use";
    case WalletFileReject::not_a_wallet: return "not_a_wallet";
    case WalletFileReject::old_format: return "old_format";
    case WalletFileReject::unknown_format: return "unknown_format";
    case WalletFileReject::bad_passphrase: return "bad_passphrase";
    case WalletFileReject::wrong_passphrase: return "wrong_passphrase";
    case WalletFileReject::damaged: return "damaged";
    case WalletFileReject::no_memory: return "no_memory";
    case WalletFileReject::io: return "io";
  }
  return "unknown";
}

struct WalletStore::Impl {
  explicit Impl(Entropy& source) : entropy(source) {}
  ~Impl() { sqlite3_close(db); }
  Impl(const Impl&) = delete;

  Entropy& entropy;
  sqlite3* db = nullptr;
  crypto::AeadKey data_key, row_key;
  crypto::AeadKey id_key, set_key;
  std::map<std::pair<std::string, DiskId>, Digest> rows;   // what the manifest covers
  std::set<std::string> tables;                              // known to be there
  Digest set{};                                            // xor of the above
  std::vector<Row> loaded;                                 // until load() is called
  bool broken = false;
  bool read_only = false, lacks_the_last = false;

  Failure<WalletFileError> sqlite_failure(int code) const {
    return fail(meaning(code), sqlite3_errstr(code));
  }
  int exec(const char* sql) const { return sqlite3_exec(db, sql, nullptr, nullptr, nullptr); }

  void derive_keys() {
    row_key = half(crypto::derive(data_key.expose(), "Sotto.wallet.rows", {}));
    id_key = half(crypto::derive(data_key.expose(), "Sotto.wallet.ids", {}));
    set_key = half(crypto::derive(data_key.expose(), "Sotto.wallet.set", {}));
  }

  DiskId disk_id(std::string_view table, ByteView id) const {
    const Hash32 wide = crypto::blake2b_256("Sotto.wallet.id", {view(table), id}, id_key.expose());
    DiskId out;
    std::copy_n(wide.begin(), out.size(), out.begin());
    return out;
  }
  static Bytes associated(std::string_view table, const DiskId& id) {
    Writer out;
    out.sized(view(table));
    out.raw(id);
    return std::move(out).bytes();
  }
  Digest digest(std::string_view table, const DiskId& id, ByteView sealed) const {
    return crypto::blake2b_256("Sotto.wallet.row", {view(table), id, sealed}, set_key.expose());
  }

  // nonce | sealed(id | value | zeros)
  Bytes seal(std::string_view table, const DiskId& disk, ByteView id, ByteView value) {
    Writer plain;
    plain.sized(id);
    plain.sized(value);
    plain.raw(Bytes((kPadding - plain.bytes().size() % kPadding) % kPadding));
    const SecretBytes secret(std::move(plain).bytes());
    const auto nonce = entropy.bytes<24>();
    const Bytes sealed = crypto::xchacha20_poly1305_seal(row_key, nonce, secret.expose(), associated(table, disk));
    Writer out;
    out.raw(nonce);
    out.raw(sealed);
    return std::move(out).bytes();
  }
  std::optional<std::pair<Bytes, Bytes>> unseal(std::string_view table, const DiskId& disk, ByteView sealed) const {
    if (sealed.size() < 24) return std::nullopt;
    crypto::XchachaNonce nonce;
    std::copy_n(sealed.begin(), nonce.size(), nonce.begin());
    const auto plain = crypto::xchacha20_poly1305_open(row_key, nonce, sealed.subspan(24), associated(table, disk));
    if (!plain) return std::nullopt;
    Reader in(plain->expose());
    const auto id = in.sized(kMaxRowBytes);
    if (!id.ok()) return std::nullopt;
    const auto value = in.sized(kMaxRowBytes);
    if (!value.ok() || disk_id(table, *id) != disk) return std::nullopt;
    return std::pair(Bytes(id->begin(), id->end()), Bytes(value->begin(), value->end()));
  }

  Bytes manifest_value(const Digest& of, size_t count) const {
    Writer out;
    out.u64(count);
    out.raw(of);
    return std::move(out).bytes();
  }
  static std::string table_made(const std::string& table) {
    return "CREATE TABLE IF NOT EXISTS " + table + " (id BLOB NOT NULL PRIMARY KEY, sealed BLOB NOT NULL) WITHOUT ROWID;";
  }
  // Files of earlier versions lack the tables that came later, until there is a row for them.
  int make_table(const std::string& table) {
    if (tables.contains(table)) return SQLITE_OK;
    const int code = exec(table_made(table).c_str());
    if (code == SQLITE_OK) tables.insert(table);
    return code;
  }
  // SQLITE_ROW: there is one.
  int look_for(const std::string& table) const {
    return Statement(db, "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = '" + table + "'").step();
  }
  int put(std::string_view table, const DiskId& id, ByteView sealed) const {
    Statement statement(db, "INSERT OR REPLACE INTO " + std::string(table) + " (id, sealed) VALUES (?1, ?2)");
    statement.bind(1, id);
    statement.bind(2, sealed);
    return statement.step();
  }
  int erase(std::string_view table, const DiskId& id) const {
    Statement statement(db, "DELETE FROM " + std::string(table) + " WHERE id = ?1");
    statement.bind(1, id);
    return statement.step();
  }
  int put_manifest(const Digest& of, size_t count) {
    const DiskId id = disk_id(kManifest, {});
    return put(kManifest, id, seal(kManifest, id, {}, manifest_value(of, count)));
  }

  // Opens the file and takes the lock that keeps every other process out until close.
  Status<WalletFileError> open_database(const std::string& path, bool fresh) {
    int code = sqlite3_open_v2(path.c_str(), &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_FULLMUTEX, nullptr);
    if (code != SQLITE_OK) return sqlite_failure(code);
    sqlite3_extended_result_codes(db, 1);
    sqlite3_busy_timeout(db, 0);
    // FULL in WAL mode: one sync a commit, before the commit returns. Exclusive from the first access on: no
    // shared-memory file, and the lock stays. The journal mode is a property of the file: set once, so that opening
    // somebody else's database by mistake changes nothing in it.
    for (const char* sql : {"PRAGMA locking_mode = EXCLUSIVE", "PRAGMA trusted_schema = OFF", "PRAGMA cell_size_check = ON",
                            fresh ? "PRAGMA journal_mode = WAL" : "", "PRAGMA synchronous = FULL", "BEGIN EXCLUSIVE", "COMMIT"}) {
      code = exec(sql);
      if (code != SQLITE_OK) return sqlite_failure(code);
    }
    return Ok{};
  }

  // The file alone, taken as something that never changes: SQLite then wants no lock and no file beside it.
  Status<WalletFileError> open_immutable(const std::string& path) {
    read_only = true;
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file) return fail(WalletFileReject::io, std::strerror(errno));
    struct flock held {};
    held.l_type = F_RDLCK;                     // refused by whoever holds any part of the file for writing
    if (::fcntl(file.get(), F_GETLK, &held) != 0 || held.l_type != F_UNLCK) return fail(WalletFileReject::wallet_in_use);
    struct stat left {};
    lacks_the_last = ::stat((path + "-wal").c_str(), &left) == 0 && left.st_size > 0;
    std::string uri = "file:";
    for (const char c : std::filesystem::absolute(path).string()) {
      const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/';
      uri += plain ? std::string(1, c) : "%" + to_hex(ByteArray<1>{static_cast<uint8_t>(c)});
    }
    const int code = sqlite3_open_v2((uri + "?immutable=1").c_str(), &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_FULLMUTEX, nullptr);
    if (code != SQLITE_OK) return sqlite_failure(code);
    for (const char* sql : {"PRAGMA trusted_schema = OFF", "PRAGMA cell_size_check = ON"})
      if (const int done = exec(sql); done != SQLITE_OK) return sqlite_failure(done);
    return Ok{};
  }

  // Header, data key and every row of a database that is open.
  Status<WalletFileError> unlock(ByteView passphrase) {
    TRY(header, read_header());
    const auto normal = normalised(passphrase);
    if (!normal) return fail(WalletFileReject::wrong_passphrase);   // no file was ever made with it
    const auto key = crypto::argon2id(normal->expose(), header.salt, header.cost);
    if (!key) return fail(WalletFileReject::no_memory);
    const auto opened = crypto::xchacha20_poly1305_open(*key, header.nonce, header.sealed_key, header.parameters());
    if (!opened) return fail(WalletFileReject::wrong_passphrase);
    CHECK(opened->expose().size() == 32);
    std::copy_n(opened->expose().begin(), 32, data_key.expose_mutable().begin());
    derive_keys();
    return read_rows();
  }

  Result<Header, WalletFileError> read_header() const {
    Statement id(db, "PRAGMA application_id");
    if (const int code = id.step(); code != SQLITE_ROW) return sqlite_failure(code);
    if (id.integer(0) != kApplicationId) return fail(WalletFileReject::not_a_wallet);
    Statement statement(db, "SELECT value FROM header");
    if (const int code = statement.step(); code != SQLITE_ROW) {
      return fail(code == SQLITE_DONE ? WalletFileReject::damaged : meaning(code), "header");
    }
    const auto header = Header::decode(statement.blob(0));
    if (!header.ok()) return fail(header.error(), "header");
    if (statement.step() != SQLITE_DONE) return fail(WalletFileReject::damaged, "header");
    return *header;
  }

  // A header that opens to `data_key` with this passphrase.
  Result<Header, WalletFileError> make_header(ByteView passphrase, const crypto::Argon2idParams& cost) {
    CHECK(crypto::argon2id_acceptable(cost));
    const auto normal = normalised(passphrase);
    if (!normal) return fail(WalletFileReject::bad_passphrase);
    Header header;
    header.salt = entropy.bytes<16>();
    header.cost = cost;
    header.nonce = entropy.bytes<24>();
    const auto key = crypto::argon2id(normal->expose(), header.salt, cost);
    if (!key) return fail(WalletFileReject::no_memory);
    header.sealed_key = crypto::xchacha20_poly1305_seal(*key, header.nonce, data_key.expose(), header.parameters());
    return header;
  }
  int put_header(const Header& header) const {
    if (const int code = exec("DELETE FROM header"); code != SQLITE_OK) return code;
    Statement statement(db, "INSERT INTO header (value) VALUES (?1)");
    statement.bind(1, header.encode());
    return statement.step();
  }

  Status<WalletFileError> read_rows() {
    for (const Table table : wallet::kTables) {
      const std::string table_name = wallet::name(table);
      if (const int there = look_for(table_name); there == SQLITE_DONE) continue;
      else if (there != SQLITE_ROW) return fail(meaning(there), "table " + table_name);
      Statement statement(db, "SELECT id, sealed FROM " + table_name);
      int code = statement.step();
      for (; code == SQLITE_ROW; code = statement.step()) {
        DiskId id;
        if (!statement.is_blob(0) || statement.blob(0).size() != id.size()) return fail(WalletFileReject::damaged, "an id in table " + table_name);
        std::copy_n(statement.blob(0).begin(), id.size(), id.begin());
        const auto plain = unseal(table_name, id, statement.blob(1));
        if (!plain) return fail(WalletFileReject::damaged, "a row of table " + table_name);
        const Digest d = digest(table_name, id, statement.blob(1));
        rows[{table_name, id}] = d;
        set = set ^ d;
        loaded.push_back({{table, plain->first}, plain->second});
      }
      if (code != SQLITE_DONE) return fail(meaning(code), "table " + table_name);
    }
    Statement statement(db, "SELECT sealed FROM manifest");
    if (const int code = statement.step(); code != SQLITE_ROW) {
      return fail(code == SQLITE_DONE ? WalletFileReject::damaged : meaning(code), "manifest");
    }
    const auto manifest = unseal(kManifest, disk_id(kManifest, {}), statement.blob(0));
    if (!manifest || manifest->second != manifest_value(set, rows.size())) {
      return fail(WalletFileReject::damaged, "rows are missing, added or of different ages");
    }
    if (statement.step() != SQLITE_DONE) return fail(WalletFileReject::damaged, "manifest");
    return Ok{};
  }
};

WalletStore::WalletStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
WalletStore::~WalletStore() = default;

Result<std::unique_ptr<WalletStore>, WalletFileError> WalletStore::create(const std::string& path, ByteView passphrase,
                                                                          const crypto::Argon2idParams& cost, Entropy& entropy) {
  auto impl = std::make_unique<Impl>(entropy);
  entropy.fill(impl->data_key.expose_mutable());
  impl->derive_keys();
  const auto header = impl->make_header(passphrase, cost);
  if (!header.ok()) return Failure{header.error()};

  const int file = ::open(path.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (file < 0) return fail(errno == EEXIST ? WalletFileReject::already_exists : WalletFileReject::io, std::strerror(errno));
  ::close(file);
  const auto build = [&]() -> Status<WalletFileError> {
    TRY_OK(impl->open_database(path, true));
    std::string sql = "BEGIN EXCLUSIVE; PRAGMA application_id = " + std::to_string(kApplicationId) + "; CREATE TABLE header (value BLOB NOT NULL);";
    std::vector<std::string> tables{std::string(kManifest)};
    for (const Table table : wallet::kTables) tables.emplace_back(wallet::name(table));
    for (const std::string& t : tables) sql += Impl::table_made(t);
    if (const int code = impl->exec(sql.c_str()); code != SQLITE_OK) return impl->sqlite_failure(code);
    if (const int code = impl->put_header(*header); code != SQLITE_DONE) return impl->sqlite_failure(code);
    if (const int code = impl->put_manifest({}, 0); code != SQLITE_DONE) return impl->sqlite_failure(code);
    if (const int code = impl->exec("COMMIT"); code != SQLITE_OK) return impl->sqlite_failure(code);
    // The directory entry must survive a crash as well.
    const auto parent = std::filesystem::absolute(path).parent_path();
    const int directory = ::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool synced = directory >= 0 && ::fsync(directory) == 0;
    if (directory >= 0) ::close(directory);
    if (!synced) return fail(WalletFileReject::io, "syncing the directory of the wallet file");
    return Ok{};
  };
  if (const auto built = build(); !built.ok()) {
    impl.reset();
    ::unlink(path.c_str());  // ours: O_EXCL made it
    return Failure{built.error()};
  }
  return std::unique_ptr<WalletStore>(new WalletStore(std::move(impl)));
}

Result<std::unique_ptr<WalletStore>, WalletFileError> WalletStore::open(const std::string& path, ByteView passphrase, Entropy& entropy) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return fail(errno == ENOENT ? WalletFileReject::not_found : WalletFileReject::io, std::strerror(errno));
  auto impl = std::make_unique<Impl>(entropy);
  TRY_OK(impl->open_database(path, false));
  TRY_OK(impl->unlock(passphrase));
  return std::unique_ptr<WalletStore>(new WalletStore(std::move(impl)));
}

Result<std::unique_ptr<WalletStore>, WalletFileError> WalletStore::open_as_it_stands(const std::string& path, ByteView passphrase,
                                                                                     Entropy& entropy) {
  auto impl = std::make_unique<Impl>(entropy);
  TRY_OK(impl->open_immutable(path));
  TRY_OK(impl->unlock(passphrase));
  return std::unique_ptr<WalletStore>(new WalletStore(std::move(impl)));
}

bool WalletStore::read_only() const { return impl_->read_only; }
bool WalletStore::lacks_the_last() const { return impl_->lacks_the_last; }

Status<Error> WalletStore::commit(const Changes& changes) {
  Impl& s = *impl_;
  const auto failed = [](const std::string& why) { return Failure{Error{"the wallet file was not changed: " + why}}; };
  if (s.read_only) return failed("it was opened to be looked at, because it cannot be written");
  if (s.broken) return failed("an earlier write failed; open the wallet again");
  if (const int code = s.exec("BEGIN EXCLUSIVE"); code != SQLITE_OK) return failed(sqlite3_errstr(code));
  // The manifest's view of the rows follows along, and goes back if the write fails.
  const Digest set_before = s.set;
  std::vector<std::pair<std::pair<std::string, DiskId>, std::optional<Digest>>> undo;
  const auto change = [&](const std::pair<std::string, DiskId>& key, const std::optional<Digest>& now) {
    const auto old = s.rows.find(key);
    undo.emplace_back(key, old == s.rows.end() ? std::nullopt : std::optional(old->second));
    if (old != s.rows.end()) s.set = s.set ^ old->second;
    if (now) s.set = s.set ^ *now;
    if (now) s.rows[key] = *now;
    else s.rows.erase(key);
  };
  const auto write = [&]() -> int {
    for (const RowKey& key : changes.erase) {
      const std::string table = wallet::name(key.table);
      const DiskId id = s.disk_id(table, key.id);
      change({table, id}, std::nullopt);
      if (const int code = s.erase(table, id); code != SQLITE_DONE) return code;
    }
    for (const Row& row : changes.put) {
      CHECK(row.key.id.size() + row.value.size() < kMaxRowBytes - 2 * kPadding);
      const std::string table = wallet::name(row.key.table);
      if (const int code = s.make_table(table); code != SQLITE_OK) return code;
      const DiskId id = s.disk_id(table, row.key.id);
      const Bytes sealed = s.seal(table, id, row.key.id, row.value);
      change({table, id}, s.digest(table, id, sealed));
      if (const int code = s.put(table, id, sealed); code != SQLITE_DONE) return code;
    }
    if (const int code = s.put_manifest(s.set, s.rows.size()); code != SQLITE_DONE) return code;
    return SQLITE_OK;
  };
  if (const int code = write(); code != SQLITE_OK) {
    s.broken = s.exec("ROLLBACK") != SQLITE_OK;
    for (auto step = undo.rbegin(); step != undo.rend(); ++step) {
      if (step->second) s.rows[step->first] = *step->second;
      else s.rows.erase(step->first);
    }
    s.set = set_before;
    s.tables.clear();
    return failed(sqlite3_errstr(code));
  }
  if (const int code = s.exec("COMMIT"); code != SQLITE_OK) {
    s.broken = true;
    return Failure{Error{std::string("whether the wallet file was changed is not known: ") + sqlite3_errstr(code)}};
  }
  s.loaded.clear();
  return Ok{};
}

Result<std::vector<Row>, Error> WalletStore::load() {
  Impl& s = *impl_;
  if (!s.loaded.empty()) return std::exchange(s.loaded, {});
  s.rows.clear();
  s.set = {};
  if (const auto read = s.read_rows(); !read.ok()) {
    s.broken = true;
    return Failure{Error{std::string(name(read.error().reject)) + ": " + read.error().detail}};
  }
  return std::exchange(s.loaded, {});
}

Status<WalletFileError> WalletStore::change_passphrase(ByteView passphrase, const crypto::Argon2idParams& cost) {
  Impl& s = *impl_;
  TRY(header, s.make_header(passphrase, cost));
  if (const int code = s.exec("BEGIN EXCLUSIVE"); code != SQLITE_OK) return s.sqlite_failure(code);
  if (const int code = s.put_header(header); code != SQLITE_DONE) {
    s.exec("ROLLBACK");
    return s.sqlite_failure(code);
  }
  if (const int code = s.exec("COMMIT"); code != SQLITE_OK) return s.sqlite_failure(code);
  return Ok{};
}

}  // namespace sotto::store
