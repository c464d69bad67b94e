#include "node/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <array>
#include <vector>

namespace sotto::node {

namespace {

using Labels = std::map<std::string, std::string>;

const prometheus::Histogram::BucketBoundaries kSeconds{0.001, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 10};
const prometheus::Histogram::BucketBoundaries kPauseSeconds{0.1, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 30};
const prometheus::Histogram::BucketBoundaries kItems{1, 2, 4, 8, 16, 32, 64, 128, 256};

template <class Enum>
size_t at(Enum e) { return static_cast<size_t>(e); }

}  // namespace

struct Metrics::Impl {
  prometheus::Registry registry;
  std::vector<prometheus::Counter*> counts;    // as in Count
  std::vector<prometheus::Histogram*> times, sizes;
  std::vector<prometheus::Gauge*> levels;
  prometheus::Family<prometheus::Counter>* refusals = nullptr;

  prometheus::Counter* counter(const char* name, const char* help, const Labels& labels = {}) {
    return &prometheus::BuildCounter().Name(name).Help(help).Register(registry).Add(labels);
  }
  prometheus::Histogram* histogram(const char* name, const char* help, const prometheus::Histogram::BucketBoundaries& buckets) {
    return &prometheus::BuildHistogram().Name(name).Help(help).Register(registry).Add({}, buckets);
  }
  prometheus::Gauge* gauge(const char* name, const char* help) {
    return &prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add({});
  }
};

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {
  Impl& m = *impl_;
  const char* proofs = "Transactions whose proofs and signatures were verified";
  const char* certificates = "Lock certificates checked";
  const char* transactions = "Entries of executed blocks";
  const char* exchanges = "Requests of wallets to exchange votes";
  m.counts = {
      m.counter("sotto_votes_total", "Votes given, repeated ones included"),
      m.counter("sotto_acknowledgements_total", "Acknowledgements given, repeated ones included"),
      m.counter("sotto_blocks_total", "Blocks executed since the start"),
      m.counter("sotto_transactions_total", transactions, {{"outcome", "executed"}}),
      m.counter("sotto_transactions_total", transactions, {{"outcome", "other"}}),
      m.counter("sotto_proofs_total", proofs, {{"verdict", "good"}}),
      m.counter("sotto_proofs_total", proofs, {{"verdict", "bad"}}),
      m.counter("sotto_certificates_total", certificates, {{"verdict", "good"}}),
      m.counter("sotto_certificates_total", certificates, {{"verdict", "bad"}}),
      m.counter("sotto_exchanges_total", exchanges, {{"outcome", "answered"}}),
      m.counter("sotto_exchanges_total", exchanges, {{"outcome", "given_up"}}),
      m.counter("sotto_bad_shares_total", "Votes and acknowledgements of other validators that did not verify or decode"),
  };
  m.times = {
      m.histogram("sotto_vote_seconds", "From a transaction's arrival to the vote", kSeconds),
      m.histogram("sotto_acknowledgement_seconds", "From a lock certificate's arrival to the acknowledgement", kSeconds),
      m.histogram("sotto_verify_batch_seconds", "One batch of proofs and signatures", kSeconds),
      m.histogram("sotto_certificate_batch_seconds", "One batch of certificates", kSeconds),
      m.histogram("sotto_write_group_seconds", "One synced write with its signatures", kSeconds),
      m.histogram("sotto_block_seconds", "Executing and storing one block", kSeconds),
      m.histogram("sotto_epoch_pause_seconds", "From an epoch's close to the next one's first moment: nothing settles", kPauseSeconds),
  };
  m.sizes = {
      m.histogram("sotto_verify_batch_items", "Transactions in a batch", kItems),
      m.histogram("sotto_certificate_batch_items", "Certificates in a batch", kItems),
      m.histogram("sotto_write_group_items", "Locks and certificates in a synced write", kItems),
      m.histogram("sotto_block_items", "Entries in a block", kItems),
  };
  m.levels = {
      m.gauge("sotto_height", "Last executed block"),
      m.gauge("sotto_epoch", "Epoch of the committee"),
      m.gauge("sotto_notes", "Leaves of the note tree"),
      m.gauge("sotto_spent", "Spent nullifiers"),
      m.gauge("sotto_locked", "Transactions locked and not executed"),
      m.gauge("sotto_certified", "Transactions with a lock certificate and not executed"),
      m.gauge("sotto_in_flight", "Transactions being checked, verified or written"),
      m.gauge("sotto_connections", "Open connections"),
      m.gauge("sotto_failed", "1: stopped by its disk, signs nothing"),
      m.gauge("sotto_disk_free_bytes", "Room on the fullest of its file systems"),
      m.gauge("sotto_disk_low", "1: too little room, nothing new is locked"),
      m.gauge("sotto_engine_stalled_seconds", "How long the ordering engine has made no progress while others did, or said nothing"),
      m.gauge("sotto_engine_restarts", "How often the ordering engine was started again"),
  };
  m.refusals = &prometheus::BuildCounter().Name("sotto_refusals_total").Help("Refused requests by reason").Register(m.registry);
}

Metrics::~Metrics() = default;

void Metrics::count(Count what, uint64_t n) { impl_->counts.at(at(what))->Increment(static_cast<double>(n)); }
void Metrics::refused(std::string_view reason) { impl_->refusals->Add({{"reason", std::string(reason)}}).Increment(); }
void Metrics::took(Time what, double seconds) { impl_->times.at(at(what))->Observe(seconds); }
void Metrics::held(Size what, size_t items) { impl_->sizes.at(at(what))->Observe(static_cast<double>(items)); }
void Metrics::is(Level what, double value) { impl_->levels.at(at(what))->Set(value); }
std::string Metrics::text() const { return prometheus::TextSerializer().Serialize(impl_->registry.Collect()); }

}  // namespace sotto::node
