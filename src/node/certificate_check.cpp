#include "node/certificate_check.hpp"

#include "crypto/hash.hpp"

namespace sotto::node {
namespace {

settle::Subject expected_subject(const settle::Committee& committee, const ledger::Transaction& tx, const ledger::TxId& id) {
  return {committee.epoch(), ledger::generations(tx), id};
}

// Puts `id` into a ring of at most kRememberedCertificates; what it pushes out, if anything.
template <class Id>
std::optional<Id> turn(std::vector<Id>& ring, size_t& next, const Id& id) {
  if (ring.size() < kRememberedCertificates) {
    ring.push_back(id);
    return std::nullopt;
  }
  const Id oldest = std::exchange(ring[next], id);
  next = (next + 1) % kRememberedCertificates;
  return oldest;
}

}  // namespace

ledger::CertificateCheck certificate_check(std::shared_ptr<const settle::Committee> first) {
  return [first, now = std::make_shared<std::shared_ptr<const settle::Committee>>(first)](
             const ledger::Transaction& tx, const ledger::TxId& id, ByteView bytes, const ledger::State& state) {
    if (*now == nullptr || (*now)->epoch() != state.epoch) *now = settle::committee_of(state, first);
    const auto certificate = settle::LockCertificate::decode(bytes);
    return *now != nullptr && certificate.ok() && certificate->subject == expected_subject(**now, tx, id) &&
           settle::verify(*certificate, **now).ok();
  };
}

bool CheckedCertificates::known(const Hash32& key) {
  const std::lock_guard lock(mutex_);
  return good_.contains({key});
}

void CheckedCertificates::remember(const Hash32& key) {
  const std::lock_guard lock(mutex_);
  if (!good_.insert({key}).second) return;
  if (const auto oldest = turn(ring_, next_, ledger::FullId{key})) good_.erase(*oldest);
}

void CheckedCertificates::remember_hash(const ledger::TxId& id, const settle::Subject& subject, const crypto::BlsHashed& hashed) {
  const std::lock_guard lock(mutex_);
  if (!hashes_.try_emplace(id, Hashed{subject, hashed}).second) return;
  if (const auto oldest = turn(hash_ring_, next_hash_, id)) hashes_.erase(*oldest);
}

std::vector<Status<settle::CertificateReject>> CheckedCertificates::check(
    std::span<const settle::LockCertificate* const> certificates) {
  std::vector<Status<settle::CertificateReject>> verdicts(certificates.size(), Ok{});
  std::vector<settle::CertificateClaim<settle::Phase::vote>> claims;
  std::vector<std::pair<size_t, Hash32>> unseen;
  for (size_t i = 0; i < certificates.size(); ++i)
    if (const Hash32 key = crypto::sha256(certificates[i]->encode()); !known(key)) unseen.emplace_back(i, key);
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [i, key] : unseen) {
      const auto* certificate = certificates[i];
      claims.push_back({certificate, std::nullopt});
      const auto found = hashes_.find(certificate->subject.txid);
      if (found != hashes_.end() && found->second.subject == certificate->subject) claims.back().hashed = found->second.hashed;
    }
  }
  const auto checked = settle::verify_batch(std::span<const settle::CertificateClaim<settle::Phase::vote>>(claims), *committee_, entropy_);
  for (size_t k = 0; k < checked.size(); ++k) {
    verdicts[unseen[k].first] = checked[k];
    if (checked[k].ok()) remember(unseen[k].second);
  }
  return verdicts;
}

void CheckedCertificates::trust(const settle::LockCertificate& certificate) { remember(crypto::sha256(certificate.encode())); }

std::vector<bool> CheckedCertificates::check_all(std::span<const Question> questions) {
  std::vector<bool> out(questions.size(), false);
  std::vector<settle::LockCertificate> fresh;
  std::vector<size_t> where;
  for (size_t i = 0; i < questions.size(); ++i) {
    const auto& [tx, id, bytes] = questions[i];
    const settle::Subject expected = expected_subject(*committee_, *tx, id);
    if (known(crypto::sha256(bytes))) {
      // The subject comes first in the bytes, in its one encoding.
      Writer prefix;
      expected.write(prefix);
      out[i] = bytes.size() >= prefix.bytes().size() && std::equal(prefix.bytes().begin(), prefix.bytes().end(), bytes.begin());
      continue;
    }
    auto certificate = settle::LockCertificate::decode(bytes);
    if (!certificate.ok() || certificate->subject != expected) continue;
    fresh.push_back(std::move(certificate).value());
    where.push_back(i);
  }
  if (fresh.empty()) return out;
  std::vector<const settle::LockCertificate*> asked;
  for (const auto& certificate : fresh) asked.push_back(&certificate);
  const auto verdicts = check(asked);
  for (size_t k = 0; k < where.size(); ++k) out[where[k]] = verdicts[k].ok();
  return out;
}

}  // namespace sotto::node
