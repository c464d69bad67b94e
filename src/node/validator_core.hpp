// Inside of ValidatorNode: what its files share. Which thread may touch what is said in validator_node.hpp.
#pragma once
#include <algorithm>
#include <atomic>
#include <deque>
#include <future>
#include <set>
#include <thread>

#include "ledger/circuit_verifier.hpp"
#include "node/authority.hpp"
#include "node/batch_worker.hpp"
#include "node/epoch_duties.hpp"
#include "node/exchange_service.hpp"
#include "node/metrics.hpp"
#include "node/prepared.hpp"
#include "node/recovery_desk.hpp"
#include "node/seat.hpp"
#include "node/snapshots.hpp"
#include "node/validator_node.hpp"
#include "settle/committee_word.hpp"
#include "settle/ledger_view.hpp"
#include "store/validator_store.hpp"

namespace sotto::node {

inline constexpr size_t kMaxProofBatch = 256;
inline constexpr size_t kMaxCertificateBatch = 256;
inline constexpr size_t kMaxWriteBatch = 256;
inline constexpr size_t kMaxRecoveryBatch = 16;
inline constexpr size_t kMaxStateBatch = 256;
inline constexpr size_t kDecodedRemembered = 4096;
inline constexpr size_t kMaxWaitingForBlocks = 512;
inline constexpr auto kOfferCertifiedAgain = std::chrono::seconds(1);
inline constexpr size_t kMaxOfferedAgain = 256;                      // at once
inline constexpr auto kTick = std::chrono::milliseconds(100);        // how late a wait for a block may time out

inline net::Response binary(Bytes body) { return {200, std::move(body), net::kBinary}; }
inline net::Response text(uint16_t status, std::string_view what) {
  return {status, Bytes(what.begin(), what.end()), net::kText};
}
// After a failed write nothing is known to be durable, so nothing is signed or answered any more, except why.
inline net::Response stopped() { return text(503, "store_failed"); }

using Steady = std::chrono::steady_clock;
inline double seconds_since(Steady::time_point t) { return std::chrono::duration<double>(Steady::now() - t).count(); }

struct ValidatorNode::Core {
  // `first`: of epoch 0; `now`: of the state's epoch.
  Core(ValidatorOptions o, std::shared_ptr<const settle::Committee> first_committee, std::shared_ptr<const settle::Committee> now,
       std::unique_ptr<store::ValidatorStore> s, ledger::State st, const crypto::BlsSecretKey& k, uint64_t votes_from,
       std::shared_ptr<const circuit::ProofSystem> system, Entropy& e, ThreadPool& pool)
      : options(std::move(o)),
        first(std::move(first_committee)),
        key(k),
        entropy(e),
        votes_from_epoch(votes_from),
        store(std::move(s)),
        state(std::move(st)),
        proofs(std::move(system), entropy, pool),
        full(proofs, entropy),
        authority(full),
        seat_(std::make_shared<Seat>(state, std::move(now), key, authority, entropy)) {
    word.next = options.successor;
  }

  // --- the state thread ---
  void run(std::vector<std::function<void()>> tasks) {
    for (const auto& task : tasks) task();
    expire_waits();
    attend_epochs();
    offer_certified();
  }
  // What the last epoch's machine had asked for: nobody waits for it any more.
  template <class Event>
  void finished(settle::Token token, Event event) {
    if (token >= first_token) step(std::move(event));
  }
  void step(settle::Event event) {
    if (failed) return;
    if (around.disk_low)
      if (const auto* asked = std::get_if<settle::SubmitTransaction>(&event); asked && !machine->holds_lock(asked->transaction.candidate.txid)) {
        settle::ReplyRefusal refused{asked->request, {settle::SettleReject::disk_low, "", nullptr, std::nullopt}};
        return carry_out(refused);
      }
    const settle::StateView view(state, store->archive());
    for (auto& effect : machine->step(view, std::move(event))) std::visit([this](auto& e) { carry_out(e); }, effect);
  }
  void carry_out(settle::Verify& e) {
    remember_decoded(e.full_id, e.transaction);
    verifier->post(std::move(e));
  }
  void carry_out(settle::CheckCertificate& e) { certifier->post(std::move(e)); }
  void carry_out(settle::Persist& e) { writer->post(std::move(e)); }
  void carry_out(settle::ReplyVote& e) {
    metrics.count(Metrics::Count::votes);
    if (const auto asked = take_exchanged(e.request)) return exchange->voted(asked->txid, e.vote);
    answer(e.request, binary(e.vote.encode()), Metrics::Time::vote);
  }
  void carry_out(settle::ReplyAcknowledgement& e) {
    metrics.count(Metrics::Count::acknowledgements);
    if (const auto asked = take_exchanged(e.request)) return exchange->acknowledged(asked->txid, e.acknowledgement);
    answer(e.request, binary(e.acknowledgement.encode()), Metrics::Time::acknowledgement);
  }
  void carry_out(settle::ReplyRefusal& e) {
    metrics.refused(settle::name(e.refusal.reason));
    if (const auto asked = take_exchanged(e.request)) return exchange->refused(asked->txid, e.refusal, asked->of_vote);
    answer(e.request, refusal(e.refusal));
  }
  void carry_out(settle::Propose& e) { offer(*e.certified); }
  void carry_out(settle::Drop& e) { store->drop(e); }

  void answer(settle::RequestId request, net::Response response, std::optional<Metrics::Time> timed = std::nullopt) {
    const auto found = replies.find(request);
    if (found == replies.end()) return;
    const auto waiting = std::move(found->second);
    replies.erase(found);
    if (timed) metrics.took(*timed, seconds_since(waiting.since));
    waiting.reply(std::move(response));
  }
  // No number for a node that has stopped: it has answered.
  std::optional<settle::RequestId> expect(net::Reply reply) {
    if (failed) {
      reply(stopped());
      return std::nullopt;
    }
    replies.emplace(++last_request, Waiting{std::move(reply), Steady::now()});
    return last_request;
  }
  // Decoding takes a square root: what was decoded to be verified is not decoded again to be proposed.
  void remember_decoded(const ledger::FullId& id, const std::shared_ptr<const ledger::Transaction>& tx) {
    if (!recently_decoded.emplace(id, tx).second) return;
    decoded_order.push_back(id);
    if (decoded_order.size() <= kDecodedRemembered) return;
    recently_decoded.erase(decoded_order.front());
    decoded_order.pop_front();
  }
  void offer(const settle::Certified& certified) {
    if (!propose || !certified.transaction) return;      // without a transaction: a block holds it already
    const auto recent = recently_decoded.find(certified.transaction->full_id);
    if (recent != recently_decoded.end()) return propose({*recent->second, certified.certificate.encode()});
    auto tx = ledger::decode_transaction(*certified.transaction->bytes);
    CHECK(tx.ok());                            // verified bytes
    propose({std::move(tx).value(), certified.certificate.encode()});
  }

  // In two steps, for engines that agree on the state: nothing is kept, nobody is told, before keep().
  Result<ledger::BlockHash, Error> compute(const order::Batch& batch, PreparedBatch& prepared) {
    computed.reset();
    if (failed) return Failure{Error{"the validator has stopped"}};
    const auto started = Steady::now();
    if (batch.height != state.height + 1)
      return Failure{
          Error{"block " + std::to_string(batch.height) + " does not follow " + std::to_string(state.height)}};
    auto execution = ledger::execute(state, store->archive(), batch.entries, batch.time_ms, prepared.certificates(), prepared, word);
    if (!execution.ok()) return Failure{Error{std::string("block: ") + ledger::name(execution.error())}};
    computed = std::move(execution).value();
    computed_seconds = seconds_since(started);
    return computed->next.last_block;
  }
  Status<Error> keep(uint64_t engine_height) {
    if (failed) return Failure{Error{"the validator has stopped"}};
    const auto stopped_by = [this](const Error& why) {
      fail(why.what);
      stop_answering();
      return Failure{why};
    };
    if (!computed) {
      if (const auto done = store->keep_engine_height(engine_height); !done.ok()) return stopped_by(done.error());
      point_moves(engine_height);
      return Ok{};
    }
    const auto started = Steady::now();
    ledger::Execution execution = std::move(*std::exchange(computed, std::nullopt));
    settle::BlockExecuted event;
    event.height = execution.block.header.height;
    for (size_t i = 0; i < execution.details.size(); ++i) {
      if (execution.block.entries[i].outcome != ledger::Outcome::executed) continue;
      event.executed.push_back(execution.details[i].txid);
      for (const auto& nf : ledger::nullifiers(execution.block.entries[i].certified.transaction))
        event.spent.push_back(nf);
    }
    if (const auto done = store->commit_block(execution, engine_height, ledger::circuits_accepted()); !done.ok()) return stopped_by(done.error());
    event.released = execution.changes.released;
    event.freezes = store->freezes();
    const bool registered = execution.next.stake.pools.size() != state.stake.pools.size();
    state = std::move(execution.next);
    if (registered) seat()->admission.know(keys_of(state.stake));
    head = state.height;
    point_moves(engine_height);
    shelf.note(engine_height, state);
    metrics.count(Metrics::Count::blocks);
    metrics.count(Metrics::Count::executed, event.executed.size());
    metrics.count(Metrics::Count::not_executed, execution.block.entries.size() - event.executed.size());
    metrics.held(Metrics::Size::block, execution.block.entries.size());
    metrics.took(Metrics::Time::block, computed_seconds + seconds_since(started));
    note(LogLevel::debug, "block", {{"height", state.height}, {"entries", execution.block.entries.size()}, {"executed", event.executed.size()}});
    if (execution.changes.epoch_closed) begin_epoch();
    else step(std::move(event));
    if (failed) return Failure{Error{"the validator has stopped"}};
    offer_ordered();
    epoch_block_kept();
    serve_waits();
    return Ok{};
  }
  // What point() answers from any thread; at the start and on the state thread.
  void point_moves(uint64_t engine_height) {
    const std::lock_guard lock(point_mutex);
    point = {engine_height, state.height, state.time_ms, state.last_block};
  }

  // --- waiting for blocks ---
  struct Wait {
    uint64_t height = 0;
    Steady::time_point until;
    std::function<void()> then;
  };
  void when_executed(uint64_t height, uint64_t wait_ms, std::function<void()> then) {
    if (state.height >= height || wait_ms == 0 || waits.size() >= kMaxWaitingForBlocks) return then();
    waits.push_back(
        {height, Steady::now() + std::chrono::milliseconds(std::min<uint64_t>(wait_ms, kMaxWaitMs)), std::move(then)});
  }
  void take_waits(const std::function<bool(const Wait&)>& due) {
    std::vector<std::function<void()>> ready;
    std::erase_if(waits, [&](Wait& w) {
      if (!due(w)) return false;
      ready.push_back(std::move(w.then));
      return true;
    });
    for (const auto& then : ready) then();
  }
  void serve_waits() { take_waits([&](const Wait& w) { return w.height <= state.height; }); }
  void expire_waits() {
    if (waits.empty()) return;
    const auto now = Steady::now();
    take_waits([&](const Wait& w) { return w.until <= now; });
  }

  void begin();
  void end();
  // validator_epochs.cpp. State thread: after the block that ended the epoch, or at the start.
  void take_seat(settle::Restored restored);              // a machine for the seat
  void begin_epoch();
  std::optional<order::Handover> handover() const;        // of what was computed
  // What the engine's word against validators comes to as entries of the next block (D-34).
  Result<std::vector<ledger::CertifiedTransaction>, Error> entries_against(std::span<const order::Accusation> accusations,
                                                                           size_t limit) const;
  void epoch_block_kept();
  void attend_epochs();
  void attend_close();
  void attend_transition();
  void ask_shares(std::optional<EpochDuties::Round> EpochDuties::*which, const char* path);
  void ask_certificates();
  void keep_certificate(const settle::TransitionCertificate& certificate);
  void committee_certified(ByteView table);               // of epoch `certified`
  void peers_are_the_committee();                         // with announce_mutex held
  std::vector<net::Endpoint> endpoints_now() const;       // of the committee, in its order; with announce_mutex held

  // --- other threads ---
  void on_state(std::function<void()> task) { worker->post(std::move(task)); }
  // Waits for an answer of the state thread; `otherwise` if that has stopped, or stops before it comes to the question.
  template <class T>
  T ask(std::function<T()> question, T otherwise) {
    struct Answer {
      std::promise<T> promise;
      std::optional<T> otherwise;
      ~Answer() { if (otherwise) promise.set_value(std::move(*otherwise)); }
    };
    auto answer = std::make_shared<Answer>();
    answer->otherwise = std::move(otherwise);
    auto done = answer->promise.get_future();
    on_state([question = std::move(question), answer = std::move(answer)] {
      answer->promise.set_value(question());
      answer->otherwise.reset();
    });
    return done.get();
  }

  // Those of one source side by side: what a bad one costs falls on its own.
  void verify_batch(std::vector<settle::Verify> batch) {
    const auto started = Steady::now();
    std::ranges::stable_sort(batch, {}, &settle::Verify::source);
    std::vector<const ledger::Transaction*> transactions;
    std::vector<ledger::FullId> ids;
    std::vector<ByteView> hints;
    for (const auto& v : batch) {
      transactions.push_back(v.transaction.get());
      ids.push_back(v.full_id);
      hints.push_back(v.hints ? ByteView(*v.hints) : ByteView());
    }
    const auto verdicts = authority.verify_identified(*network(), transactions, ids, hints);
    const auto good = static_cast<uint64_t>(std::ranges::count_if(verdicts, [](const auto& v) { return v.ok(); }));
    metrics.count(Metrics::Count::good_proofs, good);
    metrics.count(Metrics::Count::bad_proofs, verdicts.size() - good);
    for (size_t i = 0; i < batch.size(); ++i)
      if (!verdicts[i].ok()) note_rubbish("bad_proof", batch[i].source, ledger::name(verdicts[i].error()));
    metrics.held(Metrics::Size::verify_batch, batch.size());
    metrics.took(Metrics::Time::verify_batch, seconds_since(started));
    std::vector<settle::VerificationDone> done;
    for (size_t i = 0; i < batch.size(); ++i)
      done.push_back({batch[i].token, verdicts[i].ok() ? nullptr : ledger::name(verdicts[i].error())});
    on_state([this, done = std::move(done)] { for (const auto& d : done) finished(d.token, d); });
  }

  void write_batch(std::vector<settle::Persist> batch) {
    const auto started = Steady::now();
    metrics.held(Metrics::Size::write_group, batch.size());
    auto persisted = store->persist(std::move(batch));
    // A disk that cannot keep locks ends this validator: it signs nothing more and says so to whoever waits or comes.
    if (!persisted.ok()) {
      fail(persisted.error().what);
      return on_state([this] { stop_answering(); });
    }
    const auto done = std::make_shared<std::vector<settle::Persisted>>(std::move(persisted).value());
    const auto here = seat();
    const auto hashed = here->signer.sign(*done);
    for (size_t i = 0; i < done->size(); ++i) {
      const auto lock = (*done)[i].lock();
      if (lock) here->certificates.remember_hash((*lock)->transaction.txid, settle::subject_of((*lock)->epoch, (*lock)->transaction), hashed[i]);
    }
    metrics.took(Metrics::Time::write_group, seconds_since(started));
    on_state([this, done] {
      for (auto& p : *done) {
        const settle::Token token = p.token();
        finished(token, std::move(p));
      }
    });
  }
  // Those of one source side by side: what a forged one costs falls on its own.
  void check_certificates(std::vector<settle::CheckCertificate> batch) {
    const auto started = Steady::now();
    std::ranges::stable_sort(batch, {}, &settle::CheckCertificate::source);
    std::vector<const settle::LockCertificate*> asked;
    for (const auto& check : batch) asked.push_back(check.certificate.get());
    const auto verdicts = seat()->certificates.check(asked);
    const auto good = static_cast<uint64_t>(std::ranges::count_if(verdicts, [](const auto& v) { return v.ok(); }));
    metrics.count(Metrics::Count::good_certificates, good);
    metrics.count(Metrics::Count::bad_certificates, verdicts.size() - good);
    for (size_t i = 0; i < batch.size(); ++i)
      if (!verdicts[i].ok()) note_rubbish("bad_certificate", batch[i].source, settle::name(verdicts[i].error()));
    metrics.held(Metrics::Size::certificate_batch, batch.size());
    metrics.took(Metrics::Time::certificate_batch, seconds_since(started));
    std::vector<settle::CertificateChecked> done;
    for (size_t i = 0; i < batch.size(); ++i)
      done.push_back({batch[i].token, verdicts[i].ok() ? nullptr : settle::name(verdicts[i].error())});
    on_state([this, done = std::move(done)] { for (const auto& d : done) finished(d.token, d); });
  }
  struct AskedRecovery {
    std::shared_ptr<const ledger::Transaction> recovery;
    net::Reply reply;
  };
  void check_recoveries(std::vector<AskedRecovery> batch);
  // State thread: what this validator wants ordered besides payments, again after every block until it is decided.
  void offer_ordered();
  // State thread: certified payments that an engine has had for a while and not ordered: it may have lost them, or refused them
  // because it was a block behind (L-63).
  void offer_certified();
  void fail(const std::string& what) {
    note(LogLevel::error, "failed", {{"what", what}});
    const std::lock_guard lock(trouble_mutex);
    if (trouble.empty()) trouble = what;
  }
  void note(LogLevel level, const char* event, std::initializer_list<Log::Field> fields) {
    if (options.log != nullptr) options.log->say(level, event, fields);
  }
  void note_rubbish(const char* event, settle::SourceId from, const char* rule) {
    if (options.log != nullptr) note(LogLevel::warn, event, {{"source", options.log->source(from)}, {"rule", std::string(rule)}});
  }
  // State thread.
  void give_up(const std::string& what) {
    fail(what);
    stop_answering();
  }
  void stop_answering() {
    failed = true;
    for (auto& [request, waiting] : std::exchange(replies, {})) waiting.reply(stopped());
    take_waits([](const Wait&) { return true; });
    exchanged.clear();
    if (exchange) exchange->answer_all(stopped());
  }

  // --- exchanging votes; with peers only ---
  struct Exchanged {
    ledger::TxId txid;
    bool of_vote = true;               // else of an acknowledgement
  };
  void serve_exchange();                     // once, before the server runs
  void begin_exchange();                     // for the seat; none for who is not in the committee
  uint64_t engine_height_of_others();
  // Was it the exchange that asked? State thread.
  std::optional<Exchanged> take_exchanged(settle::RequestId request);
  // Any thread.
  std::shared_ptr<Seat> seat() const {
    const std::lock_guard lock(seat_mutex);
    return seat_;
  }

  // Set once at start: settle and ledger read it from any thread.
  const std::shared_ptr<const ledger::Network>& network() const { return network_; }

  // --- HTTP (server's thread) ---
  void handle(net::Request request, net::Reply reply);
  void submit_transaction(net::Request& request, const net::Target& target, net::Reply reply);
  void submit_certificate(net::Request& request, net::Reply reply);
  void submit_pay(net::Request& request, const net::Target& target, net::Reply reply);
  // Transaction and hints out of a body; without one it has replied.
  static std::optional<settle::DecodedCandidate> hinted_candidate(const net::Request& request, const net::Target& target, const net::Reply& reply);
  void submit_ordered(net::Request& request, net::Reply reply);
  void blocks(const net::Target& target, net::Reply reply);
  void hash(const net::Target& target, net::Reply reply);
  void status(const net::Target& target, net::Reply reply);
  void lock_of(const net::Target& target, net::Reply reply);
  void epoch_share(const net::Target& target, net::Reply reply);
  void transitions(const net::Target& target, net::Reply reply);
  void inclusion(const net::Target& target, net::Reply reply);
  void health(net::Reply reply);
  // What the operator's listener serves.
  void handle_operator(net::Request request, net::Reply reply);
  void ready(net::Reply reply);
  void scrape(net::Reply reply);

  const ValidatorOptions options;
  const std::shared_ptr<const settle::Committee> first;   // epoch 0's
  ledger::CommitteeWord word{settle::committee_word(first)};  // asked by the state thread alone
  const crypto::BlsSecretKey key;
  Entropy& entropy;
  const uint64_t votes_from_epoch;                        // as the store says: it may have lost locks of earlier ones
  const std::unique_ptr<store::ValidatorStore> store;
  ledger::State state;                         // state thread only, once started
  std::shared_ptr<const ledger::Network> network_ = state.network;
  ledger::CircuitVerifier proofs;
  ledger::FullAuthority full;
  RememberingAuthority authority;
  mutable std::mutex seat_mutex;
  std::shared_ptr<Seat> seat_;
  std::optional<settle::ValidatorMachine> machine;        // of the seat's epoch
  settle::Token first_token = 1;                          // of this machine
  std::optional<EpochDuties> epochs;                      // once it serves
  bool failed = false;                         // the store: state thread only
  Surroundings around;                         // state thread only
  // Of the committee in its order, as each said last; whose epoch that was. Callers outlive the node's threads.
  struct Heights {
    std::mutex mutex;
    uint64_t epoch = 0;
    std::vector<uint64_t> said;
  };
  const std::shared_ptr<Heights> heights = std::make_shared<Heights>();
  struct Waiting {
    net::Reply reply;
    Steady::time_point since;
  };
  std::unordered_map<settle::RequestId, Waiting> replies;
  std::unordered_map<settle::RequestId, Exchanged> exchanged;   // asked by the exchange: state thread only
  std::optional<ledger::Execution> computed;   // a block nobody has decided on yet: state thread only
  double computed_seconds = 0;                 // what that took
  SnapshotShelf shelf{[this](uint64_t height) {
                        auto bytes = store->block(height);
                        return bytes.ok() ? std::move(bytes).value() : std::nullopt;
                      },
                      options.snapshot_interval};
  mutable std::mutex point_mutex;
  order::Replica::Point point;
  settle::RequestId last_request = 0;
  std::unordered_map<ledger::FullId, std::shared_ptr<const ledger::Transaction>> recently_decoded;  // of the latest verifications
  std::deque<ledger::FullId> decoded_order;
  std::set<ledger::TxId> waiting_long;         // certified before the last look
  Steady::time_point next_look;                // for them
  std::vector<Wait> waits;
  Propose propose;
  Bytes genesis_bytes;
  std::mutex announce_mutex;
  std::map<settle::ValidatorId, net::Endpoint> directory; // everybody known, in the committee or not
  std::atomic<uint64_t> head{0};
  std::mutex trouble_mutex;
  std::string trouble;
  std::unique_ptr<BatchWorker<std::function<void()>>> worker;
  std::unique_ptr<BatchWorker<settle::Verify>> verifier;
  std::unique_ptr<BatchWorker<settle::CheckCertificate>> certifier;
  std::unique_ptr<BatchWorker<settle::Persist>> writer;
  std::unique_ptr<BatchWorker<AskedRecovery>> recoverer;
  RecoveryDesk desk;                           // state thread only
  std::unique_ptr<BatchWorker<std::function<void()>>> looker;  // answers that read much
  std::atomic<bool> ending{false};
  std::thread history;                         // reads what the store did not read when it was opened
  Metrics metrics;
  std::unique_ptr<Peers> peers;                // none without an identity
  std::unique_ptr<ExchangeService> exchange;   // none without peers
  std::unique_ptr<net::Server> server, operator_server;
  net::Endpoint endpoint, operator_endpoint;
};

}  // namespace sotto::node
