// A wallet's way from the committee it believes to the one in office (docs/spec/settlement.md S-110..).
#include <numeric>
#include <thread>

#include "ledger/inclusion.hpp"
#include "node/network_client.hpp"

namespace sotto::node {

namespace {

constexpr auto kEpochPause = std::chrono::milliseconds(50);
constexpr uint32_t kMostFollowMs = 2'000;        // some may hang, too many for a quorum

net::Request get(std::string target) { return {net::Method::get, std::move(target), {}, ""}; }

uint64_t now_ms() {
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count());
}

}  // namespace

void NetworkClient::take_office() {
  committee_ = follower_.committee();
  validators_.clear();
  for (const auto& v : committee_->validators()) {
    const auto found = directory_.find(v.id);
    validators_.push_back(found == directory_.end() ? net::Endpoint{} : found->second);   // unknown: never answers
  }
  order_.resize(validators_.size());
  std::iota(order_.begin(), order_.end(), size_t{0});
  const SettleMode mode = payer_ ? payer_->mode() : SettleMode::gather;
  payer_.emplace(client_, committee_, validators_, entropy_);
  payer_->use(mode);
}

NetworkInfo NetworkClient::info() const {
  NetworkInfo info{ledger::encode(genesis_), {}, 0, {}};
  for (const auto& [id, at] : directory_) {
    info.validators.push_back(at);
    info.ids.push_back(id);
  }
  return info;
}

Status<NetworkClient::Trouble> NetworkClient::begin_from(const settle::Checkpoint& checkpoint) {
  if (checkpoint.committee.network() != id()) return Failure{Trouble{Failed::wrong_network, "the checkpoint is another network's"}};
  follower_ = settle::Follower(checkpoint, network_->params().trust_ms);
  take_office();
  return Ok{};
}

Result<bool, NetworkClient::Trouble> NetworkClient::follow() {
  const uint64_t before = follower_.epoch();
  std::optional<Trouble> lie;
  bool heard = false, further = true;
  settle::Stake in_office = 0;
  while (further) {
    further = false;
    in_office = 0;
    const auto answers = ask_all(get(std::string(kTransitionsPath) + "?from=" + std::to_string(follower_.epoch())), patience(kMostFollowMs));
    const auto asked = committee_;
    for (size_t i = 0; i < answers.size(); ++i) {
      if (!answers[i].ok() || answers[i]->status != 200) continue;
      const auto message = TransitionsMessage::decode(answers[i]->body);
      if (!message.ok()) continue;
      heard = true;
      if (message->epoch == asked->epoch()) in_office += (*asked)[i].stake;
      for (const auto& certificate : message->certificates) {
        if (certificate.transition.epoch < follower_.epoch()) continue;     // another one showed it already
        const auto moved = follower_.follow(certificate, now_ms());
        if (moved.ok()) {
          further = true;
          continue;
        }
        if (moved.error() == settle::FollowReject::checkpoint_too_old)
          return Failure{Trouble{Failed::checkpoint_too_old, "the committee this wallet knows is of epoch " + std::to_string(follower_.epoch()) +
                                                                 " and too long out of touch to be believed; it needs a fresh checkpoint"}};
        lie = Trouble{Failed::nonsense, to_string(validators_[i]) + " shows a committee that does not follow: " + name(moved.error())};
        break;
      }
    }
    if (further) take_office();
  }
  if (in_office * 3 > committee_->total()) follower_.in_office(now_ms());   // an honest one is among them
  if (follower_.too_old(now_ms()))
    return Failure{Trouble{Failed::checkpoint_too_old, "nobody of the committee this wallet knows says that it is in office; it needs a fresh checkpoint"}};
  if (follower_.epoch() == before && lie) return Failure{*lie};
  if (!heard) return Failure{in_time({Failed::unreachable, "no validator says who is in office"})};
  return follower_.epoch() != before;
}

Result<Settled, SettleFailure> NetworkClient::settle(const settle::DecodedCandidate& transaction, const Deadline& deadline, const Payer::Watch& watch) {
  const auto limit = within(deadline);
  for (;;) {
    auto settled = payer().settle(transaction, limit_, watch);
    if (settled.ok() || limit_.over()) return settled;
    if (!settled.error().may_still_move) return settled;
    // Others may be in office, or will be. Whoever does not say so may vote with them already: such votes do not hold here.
    const auto moved = follow();
    if (moved.ok() && *moved) continue;
    if (!settled.error().epoch_ended) return settled;
    std::this_thread::sleep_for(std::min<std::chrono::milliseconds>(kEpochPause, std::chrono::milliseconds(limit_.left_ms())));
  }
}

Status<NetworkClient::Trouble> NetworkClient::executed_before(const ledger::TxId& id) {
  const auto end = follower_.epoch() == 0 ? std::nullopt : follower_.end_of(follower_.epoch() - 1);
  const uint64_t height = end ? end->height : follower_.now().height;
  const ledger::BlockHash block = end ? end->block : follower_.now().block;
  Trouble trouble{Failed::unreachable, "no validator answers"};
  for (const auto& validator : validators_) {
    const auto response = client_.call_and_wait(validator, get(std::string(kInclusionPath) + "?txid=" + id.hex() + "&head=" + std::to_string(height)), patience());
    if (!response.ok()) continue;
    if (response->status != 200) {
      trouble = {Failed::disagreement, to_string(validator) + " knows of no such payment in an ended epoch"};
      continue;
    }
    const auto inclusion = ledger::Inclusion::decode(response->body);
    if (!inclusion.ok()) {
      trouble = {Failed::nonsense, to_string(validator) + " shows no inclusion"};
      continue;
    }
    const auto holds = ledger::verify(*inclusion, id, block);
    if (holds.ok()) return Ok{};
    trouble = {Failed::nonsense, to_string(validator) + " shows an inclusion that does not hold: " + name(holds.error())};
  }
  return Failure{std::move(trouble)};
}

}  // namespace sotto::node
