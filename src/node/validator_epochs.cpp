// The end of an epoch as a validator lives through it (docs/spec/settlement.md S-76..S-84): its own signatures, gathering the
// others', and the new seat.
#include "ledger/inclusion.hpp"
#include "node/validator_core.hpp"

namespace sotto::node {

namespace {

constexpr auto kLook = std::chrono::milliseconds(100);           // between two rounds of asking
constexpr auto kTurn = std::chrono::milliseconds(250);           // one validator's head start over the next in offering a close
constexpr auto kOfferAgain = std::chrono::seconds(2);
constexpr uint32_t kAskMs = 2'000;
constexpr uint64_t kLooksForCertificates = 5;                    // rounds

net::Request get(std::string target) {
  net::Request request;
  request.target = std::move(target);
  return request;
}

}  // namespace

// --- the seat ---

void ValidatorNode::Core::take_seat(settle::Restored restored) {
  const auto here = seat();
  machine.emplace(here->committee, here->signer, options.limits, here->taken() ? votes_from_epoch : settle::kObserves, std::move(restored),
                  settle::StateView(state, store->archive()), first_token);
}

void ValidatorNode::Core::begin_epoch() {
  auto committee = settle::committee_of(state, first);
  if (committee == nullptr) return give_up("the committee of epoch " + std::to_string(state.epoch) + " is none");
  // Nothing of the ended epoch may reach the disk after its records were dropped: a lock of the new epoch on the same payment would
  // lie under the same key.
  writer->drain();
  store->drop(machine->records());
  first_token = machine->next_token();
  const auto ended = refusal({settle::SettleReject::epoch_ended, "", nullptr, std::nullopt});
  for (auto& [request, waiting] : std::exchange(replies, {})) waiting.reply(ended);
  exchanged.clear();
  {
    const std::lock_guard lock(seat_mutex);
    seat_ = std::make_shared<Seat>(state, std::move(committee), key, authority, entropy);
  }
  take_seat({});
  {
    const std::lock_guard lock(announce_mutex);
    peers_are_the_committee();
  }
  begin_exchange();
  note(LogLevel::info, "epoch", {{"epoch", state.epoch}, {"height", state.height}, {"voting", !machine->silent()}});
}

void ValidatorNode::Core::peers_are_the_committee() {
  if (!peers || directory.empty()) return;
  peers->become(endpoints_now());
}

std::optional<order::Handover> ValidatorNode::Core::handover() const {
  if (!computed || !computed->changes.epoch_closed) return std::nullopt;
  const auto next = settle::Committee::decode(computed->next.committee);
  if (!next.ok()) return std::nullopt;                    // begin_epoch() says so once it is kept
  const auto members = [](const settle::Committee& committee) {
    std::vector<order::Member> all;
    for (const auto& v : committee.validators()) all.push_back({v.id.value, v.stake});
    return all;
  };
  return order::Handover{members(*seat()->committee), members(*next)};
}

std::vector<net::Endpoint> ValidatorNode::Core::endpoints_now() const {
  std::vector<net::Endpoint> all;
  if (directory.empty()) return all;
  for (const auto& v : seat()->committee->validators()) {
    const auto found = directory.find(v.id);
    all.push_back(found == directory.end() ? net::Endpoint{} : found->second);
    if (peers && !all.back().key) all.back().key = v.id.value;      // whoever we cannot reach cannot pass for another either
  }
  return all;
}

// --- duties: state thread ---

void ValidatorNode::Core::epoch_block_kept() {
  if (!epochs) return;
  if (state.closing && !epochs->closing) epochs->closing = Steady::now();
  if (!state.closing && epochs->closing) {
    metrics.took(Metrics::Time::epoch_pause, seconds_since(*epochs->closing));
    epochs->closing.reset();
  }
  epochs->next = {};
  attend_epochs();
}

void ValidatorNode::Core::attend_epochs() {
  if (!epochs || failed || Steady::now() < epochs->next) return;
  epochs->next = Steady::now() + kLook;
  // While the epoch closes there may be no block after which reports are offered again.
  if (state.closing && epochs->reports_due(Steady::now())) offer_ordered();
  attend_close();
  attend_transition();
}

// Asks every validator of the round's committee for its share that has not given it.
void ValidatorNode::Core::ask_shares(std::optional<EpochDuties::Round> EpochDuties::*which, const char* path) {
  EpochDuties::Round& round = *((*epochs).*which);
  const settle::Committee& committee = round.shares.committee();
  std::map<settle::ValidatorId, net::Endpoint> known;
  {
    const std::lock_guard lock(announce_mutex);
    known = directory;
  }
  for (uint16_t i = 0; i < committee.size(); ++i) {
    const auto at = known.find(committee[i].id);
    if (round.shares.has(i) || committee[i].key == key.public_key() || at == known.end() || at->second.port == 0) continue;
    if (!round.asked.insert(at->first).second) continue;
    epochs->client.call(at->second, get(std::string(path) + "?epoch=" + std::to_string(round.epoch)), kAskMs,
                        [this, which, id = at->first, shares = round.shares, epoch = round.epoch](Result<net::Response, Error> response) {
                          std::optional<SignedShare> share;
                          if (response.ok() && response->status == 200)
                            if (const auto decoded = SignedShare::decode(response->body); decoded.ok() && shares.holds(*decoded)) share = *decoded;
                          on_state([this, which, id, share, epoch, message = shares.message()] {
                            auto& now = (*epochs).*which;
                            if (!now || now->epoch != epoch || now->shares.message() != message) return;
                            now->asked.erase(id);
                            if (!share) return;
                            const bool before = now->shares.complete();
                            now->shares.count(*share);
                            if (before || !now->shares.complete()) return;
                            now->since = Steady::now();
                            epochs->next = {};
                            attend_epochs();
                          });
                        });
  }
}

void ValidatorNode::Core::attend_close() {
  auto& round = epochs->close;
  const auto here = seat();
  if (!state.due || state.closing || !here->taken()) return round.reset();
  const Hash32 message = settle::close_digest(here->committee->network(), state.epoch, state.due->next);
  if (!round || round->shares.message() != message) {
    round.emplace(EpochDuties::Round{Gathering(here->committee, message), state.epoch, Steady::now(), std::nullopt});
    round->shares.count({here->index, here->signer.close(state.epoch, state.due->next)});
  }
  if (!round->shares.complete()) return ask_shares(&EpochDuties::close, kCloseSharePath);
  // One after the other, so that as a rule the block has one close: whoever is down is passed over.
  const auto turn = (here->index + state.due->since) % here->committee->size();
  const auto now = Steady::now();
  if (now < round->since + kTurn * turn || (round->offered && now < *round->offered + kOfferAgain)) return;
  round->offered = now;
  auto close = settle::make_close(*here->committee, state.due->next, round->shares.shares<settle::CloseShare>());
  if (!close) return;
  ledger::Transaction tx;
  tx.network = network_->id();
  tx.ordered = std::move(*close);
  propose({std::move(tx), {}});
}

// Certificates come in the order of epochs: each needs the committee that the one before it names.
void ValidatorNode::Core::attend_transition() {
  EpochDuties& duties = *epochs;
  std::optional<Bytes> newest;
  while (duties.certified < state.epoch) {
    auto made = store->handover(duties.certified);
    if (!made.ok()) return give_up(made.error().what);
    if (!*made) break;
    newest = std::move(**made).transition.next;
    ++duties.certified;
  }
  // Decoded once: every validator in it shows possession of its key.
  if (newest) committee_certified(*newest);
  if (duties.certified >= state.epoch || duties.committee == nullptr) return duties.transition.reset();
  const uint64_t epoch = duties.certified;
  if (!duties.transition || duties.transition->epoch != epoch) {
    duties.transition.reset();
    const auto executed = store->transition(epoch);
    if (!executed.ok()) return give_up(executed.error().what);
    if (*executed) {
      duties.transition.emplace(
          EpochDuties::Round{Gathering(duties.committee, (**executed)->digest(network_->id())), epoch, Steady::now(), std::nullopt});
      const uint16_t index = Seat::place_of(*duties.committee, key.public_key());
      if (index != Seat::kNobody)
        duties.transition->shares.count({index, settle::Signer(network_->id(), index, key).transition(**executed)});
    }
  }
  if (duties.transition && duties.transition->shares.complete()) {
    const auto executed = store->transition(epoch);
    if (!executed.ok() || !*executed) return give_up("store: a transition is gone");
    const auto certificate =
        settle::make_transition(*duties.committee, ***executed, duties.transition->shares.shares<settle::TransitionShare>());
    if (!certificate) return;
    return keep_certificate(*certificate);
  }
  if (duties.transition) ask_shares(&EpochDuties::transition, kTransitionSharePath);
  if (!duties.transition || ++duties.looks % kLooksForCertificates == 0) ask_certificates();
}

void ValidatorNode::Core::keep_certificate(const settle::TransitionCertificate& certificate) {
  if (const auto kept = store->keep(certificate); !kept.ok()) return give_up(kept.error().what);
  ++epochs->certified;
  committee_certified(certificate.transition.next);
}

void ValidatorNode::Core::committee_certified(ByteView table) {
  auto next = settle::Committee::decode(table);
  epochs->committee = next.ok() ? std::make_shared<const settle::Committee>(std::move(next).value()) : nullptr;
  epochs->transition.reset();
}

// For a validator that took its ledger over, or whose fellows are gone: somebody has the certificate.
void ValidatorNode::Core::ask_certificates() {
  if (epochs->asking_certificates) return;
  std::vector<net::Endpoint> others;
  {
    const std::lock_guard lock(announce_mutex);
    for (const auto& [id, at] : directory)
      if (at.port != 0 && at != endpoint) others.push_back(at);
  }
  if (others.empty()) return;
  epochs->asking_certificates = true;
  const auto& at = others[(epochs->looks / kLooksForCertificates) % others.size()];
  if (!epochs->transition) epochs->looks += kLooksForCertificates;       // the next one next time
  epochs->client.call(at, get(std::string(kTransitionsPath) + "?from=" + std::to_string(epochs->certified)), kAskMs,
                      [this](Result<net::Response, Error> response) {
                        auto message = response.ok() && response->status == 200
                                           ? TransitionsMessage::decode(response->body)
                                           : Result<TransitionsMessage, DecodeError>(Failure{DecodeError::truncated});
                        on_state([this, message = std::move(message)] {
                          epochs->asking_certificates = false;
                          if (!message.ok()) return;
                          for (const auto& certificate : message->certificates) {
                            const bool next = epochs->committee != nullptr && certificate.transition.epoch == epochs->certified &&
                                              epochs->certified < state.epoch;
                            if (!next || !settle::follow(certificate, *epochs->committee).ok()) return;
                            keep_certificate(certificate);
                          }
                        });
                      });
}

// --- HTTP ---

void ValidatorNode::Core::epoch_share(const net::Target& target, net::Reply reply) {
  const auto epoch = target.number("epoch", UINT64_MAX);
  if (!epoch) return reply(text(400, "bad_number"));
  const bool closes = target.path == kCloseSharePath;
  on_state([this, epoch = *epoch, closes, reply = std::move(reply)] {
    const auto* round = !epochs ? nullptr : closes ? &epochs->close : &epochs->transition;
    if (round == nullptr || !*round || (*round)->epoch != epoch) return reply(text(404, closes ? "not_due" : "none"));
    const Gathering& shares = (*round)->shares;
    for (const auto& share : shares.shares<SignedShare>())
      if (shares.committee()[share.validator].key == key.public_key()) return reply(binary(share.encode()));
    reply(text(404, "none"));
  });
}

void ValidatorNode::Core::transitions(const net::Target& target, net::Reply reply) {
  const auto from = target.number("from", 0);
  if (!from) return reply(text(400, "bad_number"));
  on_state([this, from = *from, reply = std::move(reply)] {
    TransitionsMessage message{state.epoch, state.height, {}};
    for (uint64_t epoch = from; epoch < state.epoch && message.certificates.size() < kMaxTransitionsPage; ++epoch) {
      auto certificate = store->handover(epoch);
      if (!certificate.ok()) return reply(text(500, "certificate_damaged"));
      if (!*certificate) break;
      message.certificates.push_back(std::move(**certificate));
    }
    reply(binary(message.encode()));
  });
}

void ValidatorNode::Core::inclusion(const net::Target& target, net::Reply reply) {
  const auto under = target.number("head", UINT64_MAX);
  std::optional<Hash32> id;
  for (const auto& [name, value] : target.query)
    if (name == "txid") id = parse_hash(value);
  if (!under || !id) return reply(text(400, "bad_parameter"));
  looker->post([this, id = ledger::TxId{*id}, under = *under, newest = head.load(), reply = std::move(reply)] {
    const auto at = store->executed_at(id);
    if (!at || *at > under || under > newest) return reply(text(404, "not_executed"));
    const auto block_bytes = store->block(*at), head_bytes = store->block(under);
    if (!block_bytes.ok() || !*block_bytes || !head_bytes.ok() || !*head_bytes) return reply(text(500, "block_missing"));
    const auto block = ledger::decode_block(**block_bytes);
    const auto header = ledger::decode_header_of(**head_bytes);
    if (!block.ok() || !header.ok()) return reply(text(500, "block_damaged"));
    std::optional<ledger::ChainProof> before;
    if (*at < under && !(before = store->shows(*at, under))) return reply(text(500, "proof_missing"));
    const auto shown = ledger::inclusion_of(id, *block, *header, std::move(before));
    if (!shown) return reply(text(500, "block_damaged"));
    reply(binary(shown->encode()));
  });
}

}  // namespace sotto::node
