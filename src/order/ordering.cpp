#include "order/ordering.hpp"

#include "crypto/hash.hpp"

namespace sotto::order {

Bytes encode(const Batch& batch) {
  Writer out;
  out.u8(kBatchVersion);
  out.u64(batch.height);
  out.u64(batch.time_ms);
  out.count(batch.entries.size());
  for (const auto& entry : batch.entries) out.sized(ledger::encode(entry));
  return std::move(out).bytes();
}

Result<Batch, DecodeError> decode_batch(ByteView bytes) {
  constexpr size_t kMaxEntryBytes = ledger::kMaxTransactionBytes + ledger::kMaxCertificateBytes + 8;
  if (bytes.size() > kMaxBatchBytes) return Failure{DecodeError::too_large};
  Reader in(bytes);
  Batch batch;
  TRY(version, in.u8());
  if (version != kBatchVersion) return Failure{DecodeError::bad_version};
  TRY(height, in.u64());
  batch.height = height;
  TRY(time_ms, in.u64());
  batch.time_ms = time_ms;
  TRY(count, in.count(ledger::kMaxBlockEntries, 4));
  for (size_t i = 0; i < count; ++i) {
    TRY(encoded, in.sized(kMaxEntryBytes));
    TRY(entry, ledger::decode_certified(encoded));
    batch.entries.push_back(std::move(entry));
  }
  TRY_OK(in.finish());
  return batch;
}

ledger::FullId entry_id(const ledger::CertifiedTransaction& entry) {
  Writer out;
  out.raw(view("Sotto.entry.v1"));
  out.raw(ledger::full_id(entry.transaction).value);
  out.raw(ByteView(entry.certificate).first(std::min<size_t>(entry.certificate.size(), 8)));
  return {crypto::sha256(out.bytes())};
}

const char* name(Submission s) {
  switch (s) {
    case Submission::queued: return "queued";
    case Submission::known: return "known";
    case Submission::refused: return "refused";
    case Submission::full: return "full";
    case Submission::stopped: return "stopped";
  }
  return "?";
}

Status<Error> LedgerConsumer::execute(const Batch& batch) {
  CHECK(batch.height == state_.height + 1);
  auto execution = ledger::execute(state_, archive_, batch.entries, batch.time_ms, certificates_, authority_, committee_);
  if (!execution.ok())
    return Failure{Error{"batch " + std::to_string(batch.height) + " cannot be a block: " + ledger::name(execution.error())}};
  const ledger::Block block = execution->block;
  const std::vector<ledger::Detail> details = execution->details;
  ledger::commit(std::move(execution).value(), state_, archive_);
  if (on_block) on_block(block, details);
  return Ok{};
}

}  // namespace sotto::order
