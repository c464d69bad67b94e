#include "settle/durable.hpp"

#include <algorithm>

#include "crypto/hash.hpp"

namespace sotto::settle {

Result<DecodedCandidate, DecodeError> decode_candidate(ByteView bytes) {
  TRY(decoded, ledger::decode_transaction(bytes));
  auto transaction = std::make_shared<const ledger::Transaction>(std::move(decoded));
  Candidate candidate;
  candidate.txid = ledger::txid(*transaction);
  candidate.full_id = ledger::full_id(bytes);
  candidate.network = transaction->network;
  const auto& transfers = transaction->transfers;
  candidate.one_owner = std::ranges::all_of(transfers, [&](const ledger::Transfer& t) { return t.rk == transfers.front().rk; });
  const auto spends = ledger::nullifiers(*transaction);
  const auto generations = ledger::generations(*transaction);
  for (size_t i = 0; i < spends.size(); ++i) candidate.notes.push_back({spends[i], generations[i]});
  candidate.bytes = std::make_shared<const Bytes>(bytes.begin(), bytes.end());
  return DecodedCandidate{std::move(candidate), std::move(transaction)};
}

std::vector<Freeze> freezes_of(const ledger::State& state) {
  if (state.closing) return {{state.epoch, std::nullopt}};
  std::vector<Freeze> all;
  for (const auto& [nf, recovery] : state.recoveries) all.push_back({state.epoch, NoteKey{nf, recovery.generation}});
  return all;
}

void Transition::write(Writer& out) const {
  out.u64(epoch);
  out.u64(height);
  out.u64(time_ms);
  out.raw(block.value);
  out.raw(circuits);
  out.sized(next);
}

Result<Transition, DecodeError> Transition::read(Reader& in) {
  Transition transition;
  TRY(epoch, in.u64());
  transition.epoch = epoch;
  TRY(height, in.u64());
  transition.height = height;
  TRY(time_ms, in.u64());
  transition.time_ms = time_ms;
  TRY(block, in.array<32>());
  transition.block.value = block;
  TRY(circuits, in.array<32>());
  transition.circuits = circuits;
  TRY(next, in.sized(ledger::kMaxNextCommitteeBytes));
  transition.next.assign(next.begin(), next.end());
  return transition;
}

Hash32 Transition::digest(const NetworkId& network) const {
  Writer out;
  out.raw(view("Sotto.transition.v1"));
  out.raw(network.value);
  write(out);
  return crypto::sha256(out.bytes());
}

Bytes Lock::encode() const {
  Writer out;
  out.u64(epoch);
  out.sized(*transaction.bytes);
  return std::move(out).bytes();
}

Result<Lock, DecodeError> Lock::decode(ByteView bytes) {
  Reader in(bytes);
  TRY(epoch, in.u64());
  TRY(transaction_bytes, in.sized(ledger::kMaxTransactionBytes));
  TRY(decoded, decode_candidate(transaction_bytes));
  TRY_OK(in.finish());
  return Lock{epoch, std::move(decoded.candidate)};
}

Bytes Certified::encode() const {
  Writer out;
  certificate.write(out);
  out.u8(transaction ? 1 : 0);
  if (transaction) out.sized(*transaction->bytes);
  return std::move(out).bytes();
}

Result<Certified, DecodeError> Certified::decode(ByteView bytes) {
  Reader in(bytes);
  TRY(certificate, LockCertificate::read(in));
  TRY(has_transaction, in.boolean());
  Certified certified{std::move(certificate), std::nullopt};
  if (has_transaction) {
    TRY(transaction_bytes, in.sized(ledger::kMaxTransactionBytes));
    TRY(decoded, decode_candidate(transaction_bytes));
    certified.transaction = std::move(decoded.candidate);
  }
  TRY_OK(in.finish());
  return certified;
}

std::optional<Durable<Lock>> Persisted::lock() const {
  const Lock* lock = std::get_if<Lock>(&write_);
  if (lock == nullptr) return std::nullopt;
  return Durable<Lock>(*lock);
}

std::optional<Durable<Certified>> Persisted::certified() const {
  const Certified* certified = std::get_if<Certified>(&write_);
  if (certified == nullptr) return std::nullopt;
  return Durable<Certified>(*certified);
}

Subject subject_of(uint64_t epoch, const Candidate& transaction) {
  Subject subject{epoch, {}, transaction.txid};
  for (const NoteKey& note : transaction.notes) subject.generations.push_back(note.generation);
  return subject;
}

}  // namespace sotto::settle
