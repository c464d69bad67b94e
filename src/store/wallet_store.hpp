// The wallet's file: SQLite, every row sealed (src/store/WALLET.md). One process at a time.
//
// header row (plain): format, Argon2id salt and parameters, the data key sealed under the Argon2id key, a checksum
// data row:          id on disk = keyed hash of table and id, so that ids (commitments, txids) tell nothing;
//                    XChaCha20-Poly1305 under the data key, fresh nonce, table name and id on disk as associated data
// manifest row:      a keyed hash over the set of all rows: a row deleted, added or put back from an old copy is noticed
#pragma once
#include <memory>

#include "base/world.hpp"
#include "crypto/kdf.hpp"
#include "wallet/rows.hpp"

namespace sotto::store {

enum class WalletFileReject : uint8_t {
  not_found,
  already_exists,
  wallet_in_use,       // another process (or another WalletStore of this one) has it open
  not_a_wallet,        // an SQLite file of something else, or no SQLite file at all
  old_format,          // an earlier version's: its network is one this version does not understand either
  unknown_format,      // a later version's
  bad_passphrase,      // of a new file or a new passphrase: not UTF-8
  wrong_passphrase,
  damaged,             // header, page, row or manifest: nothing of it is used
  no_memory,           // Argon2id's memory could not be had
  io,                  // the system said no: detail
};
const char* name(WalletFileReject reject);
struct WalletFileError {
  WalletFileReject reject{};
  std::string detail;  // for people; never holds a secret
};

class WalletStore final : public wallet::RowStore {
 public:
  // Passphrases are text: the key is made from their NFKD, so that a letter with an accent may be typed as one character or two.
  // A new file, readable by its owner only. `entropy` outlives the store.
  static Result<std::unique_ptr<WalletStore>, WalletFileError> create(const std::string& path, ByteView passphrase,
                                                                      const crypto::Argon2idParams& cost, Entropy& entropy);
  // Everything is read and authenticated here: a store that opened is whole.
  static Result<std::unique_ptr<WalletStore>, WalletFileError> open(const std::string& path, ByteView passphrase, Entropy& entropy);
  // For looking at a file that cannot be written (its file system may only be read, or is full): nothing is locked, made or
  // changed, and commit() fails. wallet_in_use: another process is writing the file.
  static Result<std::unique_ptr<WalletStore>, WalletFileError> open_as_it_stands(const std::string& path, ByteView passphrase, Entropy& entropy);
  bool read_only() const;
  // Opened as it stands while a process that ended badly has left its last commits in FILE-wal, which then is not read: this
  // is an earlier state of the wallet.
  bool lacks_the_last() const;
  ~WalletStore() override;

  // Synced before it returns. After an Error of the disk the store refuses further commits until it is opened anew:
  // whether the last one is in the file is not known.
  Status<Error> commit(const wallet::Changes& changes) override;
  Result<std::vector<wallet::Row>, Error> load() override;
  // New salt, new parameters, same data key; rows stay as they are.
  Status<WalletFileError> change_passphrase(ByteView passphrase, const crypto::Argon2idParams& cost);

 private:
  struct Impl;
  explicit WalletStore(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sotto::store
