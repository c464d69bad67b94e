// What a validator tells Prometheus about itself (text format 0.0.4, written by prometheus-cpp). Counts and times of the whole service,
// never of a payment: no txid, nullifier, address or source appears.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace sotto::node {

class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;

  enum class Count : uint8_t { votes, acknowledgements, blocks, executed, not_executed, good_proofs, bad_proofs, good_certificates, bad_certificates,
                              exchanged, not_exchanged, bad_shares };
  enum class Time : uint8_t { vote, acknowledgement, verify_batch, certificate_batch, write_group, block, epoch_pause };  // seconds
  enum class Size : uint8_t { verify_batch, certificate_batch, write_group, block };
  enum class Level : uint8_t { height, epoch, notes, spent, locked, certified, in_flight, connections, failed,
                              disk_free, disk_low, engine_stalled, engine_restarts };

  // From any thread.
  void count(Count what, uint64_t n = 1);
  void refused(std::string_view reason);       // a name from settle's own list, so few labels
  void took(Time what, double seconds);
  void held(Size what, size_t items);
  void is(Level what, double value);
  std::string text() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sotto::node
