// The engine's memory: the batches it has ordered, on disk before anybody executes them (L-61).
//
//   file   = "SottoLog" | version u8 | network 32 | record ...
//   record = length u32 | SHA-256(network, length, payload) 32 | payload (an encoded Batch)
//
// A record cut short at the very end is an append that never returned: it does not count, and the next append replaces
// it. Anything else that does not fit is damage, and the log is refused as a whole. A damaged length can look like a
// record cut short; the engine notices, because ledgers are then ahead of the log.
#pragma once
#include <filesystem>

#include "order/ordering.hpp"

namespace sotto::order {

class Log {
 public:
  virtual ~Log() = default;
  virtual uint64_t height() const = 0;                              // of the newest batch; 0: none
  // Synced when it returns. After an Error the log takes nothing more: whether the batch is on disk is unknown until it
  // is opened again.
  virtual Status<Error> append(const Batch& batch) = 0;
  virtual Result<Batch, Error> read(uint64_t height) const = 0;     // 1 .. height()
};

class FileLog final : public Log {
 public:
  // Creates it if there is none; reads and checks everything there is.
  static Result<std::unique_ptr<FileLog>, Error> open(const std::filesystem::path& file, const ledger::NetworkId& network);
  ~FileLog() override;
  FileLog(const FileLog&) = delete;
  uint64_t height() const override { return offsets_.size(); }
  Status<Error> append(const Batch& batch) override;
  Result<Batch, Error> read(uint64_t height) const override;

 private:
  FileLog(int fd, std::filesystem::path file, const ledger::NetworkId& network);
  Status<Error> scan();
  Result<Bytes, Error> payload_at(uint64_t offset, uint64_t end, bool* torn) const;

  int fd_;
  std::filesystem::path file_;
  ledger::NetworkId network_;
  std::vector<uint64_t> offsets_;                                   // of record i + 1
  uint64_t end_ = 0;
  bool torn_ = false;                                               // bytes of an unfinished append follow end_
  bool broken_ = false;
};

}  // namespace sotto::order
