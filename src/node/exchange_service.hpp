// settle::Exchange in the world: a thread of its own, messages to the other validators over Peers, wallets' requests that wait.
// Messages to a member travel together if there are several, and none waits for another's answer.
#pragma once
#include "net/server.hpp"
#include "node/batch_worker.hpp"
#include "node/exchange_messages.hpp"
#include "node/metrics.hpp"
#include "node/peers.hpp"

namespace sotto::node {

struct ExchangeOptions {
  settle::ExchangeLimits limits;
  size_t posts = 16;                           // to one member, under way
  size_t waiting_bytes = 4 * 1024 * 1024;      // for one member; what comes on top is lost, and the wallet gathers
  Log* log = nullptr;                          // live longer
  Metrics* metrics = nullptr;
};

class ExchangeService {
 public:
  // What this validator's own machine is asked, as any wallet may. From the exchange's thread; must not block. Answered by voted(),
  // acknowledged() or refused(), or never.
  struct Own {
    std::function<void(settle::SourceId, settle::DecodedCandidate)> vote;
    std::function<void(settle::SourceId, settle::LockCertificate, settle::DecodedCandidate)> acknowledge;
  };

  // `peers` and `entropy` live longer. Has no seat yet.
  ExchangeService(Peers& peers, const ExchangeOptions& options, Entropy& entropy, Own own);
  ~ExchangeService();                          // stops
  ExchangeService(const ExchangeService&) = delete;

  // From any thread. This validator's place in a committee whose order is that of `peers`; none: it is no member, and knows no exchange
  // until it is. Whatever was under way is given up.
  void seat(std::shared_ptr<const settle::Committee> committee, std::optional<uint16_t> self);
  void pay(settle::SourceId source, settle::DecodedCandidate transaction, bool spread, net::Reply reply);
  void heard(uint16_t member, net::Request request, net::Reply reply);
  void voted(const ledger::TxId& txid, const settle::Vote& vote);
  void acknowledged(const ledger::TxId& txid, const settle::Acknowledgement& acknowledgement);
  void refused(const ledger::TxId& txid, const settle::Refusal& refusal, bool of_vote);
  // Everybody who waits, and whoever comes, gets this answer.
  void answer_all(net::Response response);
  void stop();                                 // safe to call twice

 private:
  class Outbox;
  void step(settle::Exchange::Event event);
  void carry_out(settle::Exchange::Effects effects);
  void reply(settle::RequestId request, net::Response response);
  void take(uint16_t member, const Bytes& body);
  void bad_share(uint16_t member);
  void count(Metrics::Count what);

  const Own own_;
  Peers& peers_;
  const ExchangeOptions options_;
  Entropy& entropy_;
  // The exchange's thread alone.
  std::optional<settle::Exchange> machine_;            // while it has a seat
  std::vector<std::shared_ptr<Outbox>> outboxes_;      // a member; none for ourselves
  settle::RequestId last_request_ = 0;
  std::unordered_map<settle::RequestId, net::Reply> replies_;
  std::optional<net::Response> to_all_;
  BatchWorker<std::function<void()>> worker_;          // last: its thread uses the rest
};

}  // namespace sotto::node
