#include "settle/committee_word.hpp"

#include "settle/certificate.hpp"
#include "settle/ledger_view.hpp"
#include "settle/stake_word.hpp"

namespace sotto::settle {

std::shared_ptr<const Committee> committee_of(const ledger::State& state, const std::shared_ptr<const Committee>& first) {
  if (state.epoch == first->epoch()) return first;
  auto decoded = Committee::decode(state.committee);
  if (!decoded || decoded->epoch() != state.epoch || decoded->network() != first->network()) return nullptr;
  return std::make_shared<const Committee>(std::move(decoded).value());
}

bool signed_by(const ledger::Report& report, const NetworkId& network, const crypto::BlsPublicKey& key) {
  std::optional<NoteKey> note;
  if (report.note) note = NoteKey{report.note->nf, report.note->generation};
  const auto signature = crypto::BlsSignature::decode(report.signature);
  return signature.ok() && crypto::bls_fast_aggregate_verify(key, report_digest(network, report.epoch, note), *signature);
}

std::optional<ledger::CommitteeWord::Weight> weight_of(const ledger::Report& report, const Committee& committee) {
  if (report.epoch != committee.epoch() || report.validator >= committee.size()) return std::nullopt;
  const Validator& validator = committee[report.validator];
  if (!signed_by(report, committee.network(), validator.key)) return std::nullopt;
  return ledger::CommitteeWord::Weight{validator.stake, committee.total()};
}

bool holds(const ledger::CloseEpoch& close, const Committee& committee) {
  if (close.epoch != committee.epoch()) return false;
  const auto next = Committee::decode(close.next);
  if (!next || next->epoch() != close.epoch + 1 || next->network() != committee.network()) return false;
  const auto key = key_of_signers(close.bitmap, committee);
  const auto signature = crypto::BlsSignature::decode(close.signature);
  return key && signature &&
         crypto::bls_fast_aggregate_verify(*key, close_digest(committee.network(), close.epoch, close.next), *signature);
}

ledger::CommitteeWord committee_word(std::shared_ptr<const Committee> first) {
  const auto current = [first, last = std::make_shared<std::shared_ptr<const Committee>>(first)](const ledger::State& state) {
    if (*last == nullptr || (*last)->epoch() != state.epoch) *last = committee_of(state, first);
    return *last;
  };
  ledger::CommitteeWord word{[current](const ledger::Report& report, const ledger::State& state) {
            const auto committee = current(state);
            return committee == nullptr ? std::nullopt : weight_of(report, *committee);
          },
          [current](const ledger::CloseEpoch& close, const ledger::State& state) {
            const auto committee = current(state);
            return committee != nullptr && holds(close, *committee);
          }};
  word.unjail = [](const ledger::Unjail& op, const ByteArray<96>& vote_key, const ledger::State& state) {
    return unjail_holds(op, vote_key, state.network->id());
  };
  word.evidence = [](const ledger::Evidence& op, const ByteArray<96>& vote_key, const ledger::State& state, const ledger::Archive& archive) {
    return evidence_holds(op, vote_key, state.network->id(), StateView(state, archive));
  };
  return word;
}

std::optional<ledger::CloseEpoch> make_close(const Committee& committee, Bytes next, std::span<const CloseShare> shares) {
  ledger::CloseEpoch close{committee.epoch(), std::move(next), Bytes(committee.bitmap_bytes(), 0), {}};
  Stake stake = 0;
  std::vector<crypto::BlsSignature> signatures;
  for (const CloseShare& share : shares) {
    CHECK(share.validator < committee.size());
    uint8_t& byte = close.bitmap[share.validator / 8];
    byte = static_cast<uint8_t>(byte | (0x80 >> (share.validator % 8)));
    stake += committee[share.validator].stake;
    signatures.push_back(share.signature);
  }
  if (!committee.is_quorum(stake)) return std::nullopt;
  const auto sum = crypto::aggregate(signatures);
  if (!sum) return std::nullopt;
  close.signature = sum->encode();
  return close;
}

}  // namespace sotto::settle
