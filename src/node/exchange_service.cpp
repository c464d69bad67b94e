#include "node/exchange_service.hpp"

namespace sotto::node {

namespace {

constexpr size_t kMaxTasks = 256;              // at once
constexpr auto kTick = std::chrono::milliseconds(100);
constexpr uint32_t kTellMs = 5'000;            // for a member to take messages

uint64_t now_ms() {
  return static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch()).count());
}

net::Response text(uint16_t status, std::string_view what) { return {status, Bytes(what.begin(), what.end()), net::kText}; }

}  // namespace

// What waits to be said to one member. Lives as long as answers are under way.
class ExchangeService::Outbox : public std::enable_shared_from_this<Outbox> {
 public:
  Outbox(Peers& peers, uint16_t member, const ExchangeOptions& options) : peers_(peers), member_(member), options_(options) {}

  // Lost if too much waits already.
  void put(const Bytes& message) {
    {
      const std::lock_guard lock(mutex_);
      if (bytes_ + message.size() > options_.waiting_bytes) return;
      bytes_ += message.size();
      waiting_.push_back(message);
    }
    send();
  }

 private:
  void send() {
    std::vector<Bytes> together;
    {
      const std::lock_guard lock(mutex_);
      if (waiting_.empty() || posts_ >= options_.posts) return;
      for (size_t size = 0; !waiting_.empty() && together.size() < kMaxExchangeMessages; waiting_.pop_front()) {
        size += waiting_.front().size();
        if (!together.empty() && size > kMaxExchangeBytes) break;
        bytes_ -= waiting_.front().size();
        together.push_back(std::move(waiting_.front()));
      }
      ++posts_;
    }
    peers_.send(member_, {net::Method::post, kExchangePath, join(together), ""}, kTellMs,
                [self = shared_from_this()](const Result<net::Response, Error>&) {
                  {
                    const std::lock_guard lock(self->mutex_);
                    --self->posts_;
                  }
                  self->send();
                });
  }

  Peers& peers_;
  const uint16_t member_;
  const ExchangeOptions options_;
  std::mutex mutex_;
  std::deque<Bytes> waiting_;
  size_t bytes_ = 0, posts_ = 0;
};

ExchangeService::ExchangeService(Peers& peers, const ExchangeOptions& options, Entropy& entropy, Own own)
    : own_(std::move(own)),
      peers_(peers),
      options_(options),
      entropy_(entropy),
      worker_(
          kMaxTasks,
          [this](auto tasks) {
            for (const auto& task : tasks) task();
            if (tasks.empty()) step(settle::Exchange::Tick{});
          },
          kTick, "exchange") {}

ExchangeService::~ExchangeService() { stop(); }
void ExchangeService::stop() { worker_.stop(); }

void ExchangeService::seat(std::shared_ptr<const settle::Committee> committee, std::optional<uint16_t> self) {
  worker_.post([this, committee = std::move(committee), self] {
    if (machine_) carry_out(machine_->stop());
    machine_.reset();
    outboxes_.clear();
    if (!self) return;
    machine_.emplace(committee, *self, options_.limits, entropy_);
    for (uint16_t member = 0; member < committee->size(); ++member)
      outboxes_.push_back(member == *self ? nullptr : std::make_shared<Outbox>(peers_, member, options_));
  });
}

void ExchangeService::pay(settle::SourceId source, settle::DecodedCandidate transaction, bool spread, net::Reply reply) {
  worker_.post([this, source, transaction = std::move(transaction), spread, reply = std::move(reply)]() mutable {
    if (to_all_) return reply(*to_all_);
    if (!machine_) return reply(text(404, "no_seat"));
    replies_.emplace(++last_request_, std::move(reply));
    step(settle::Exchange::Pay{last_request_, source, std::move(transaction), spread});
  });
}

// Decoded off the server's thread; answered afterwards, so that what waits here is bounded by what the server has in flight.
void ExchangeService::heard(uint16_t member, net::Request request, net::Reply reply) {
  worker_.post([this, member, body = std::move(request.body), reply = std::move(reply)] {
    take(member, body);
    reply({200, {}, net::kBinary});
  });
}

void ExchangeService::take(uint16_t member, const Bytes& body) {
  auto messages = decode_exchange(body);
  if (!messages.ok()) {
    bad_share(member);
    return;
  }
  for (auto& message : *messages) {
    if (const auto* forward = std::get_if<settle::ForwardMessage>(&message)) {
      auto candidate = settle::decode_candidate(*forward->transaction);
      if (!candidate.ok()) continue;
      candidate->hints = forward->hints;
      step(settle::Exchange::Forwarded{member, std::move(candidate).value()});
    } else if (const auto* vote = std::get_if<settle::VoteMessage>(&message)) {
      step(settle::Exchange::MemberVoted{member, *vote});
    } else {
      step(settle::Exchange::MemberAcknowledged{member, std::get<settle::AcknowledgementMessage>(message)});
    }
  }
}

void ExchangeService::voted(const ledger::TxId& txid, const settle::Vote& vote) {
  worker_.post([this, txid, vote] { step(settle::Exchange::Voted{txid, vote}); });
}
void ExchangeService::acknowledged(const ledger::TxId& txid, const settle::Acknowledgement& acknowledgement) {
  worker_.post([this, txid, acknowledgement] { step(settle::Exchange::Acknowledged{txid, acknowledgement}); });
}
void ExchangeService::refused(const ledger::TxId& txid, const settle::Refusal& refusal, bool of_vote) {
  worker_.post([this, txid, refusal, of_vote] { step(settle::Exchange::Refused{txid, refusal, of_vote}); });
}

void ExchangeService::answer_all(net::Response response) {
  worker_.post([this, response = std::move(response)] {
    to_all_ = response;
    machine_.reset();
    for (const auto& [request, reply] : std::exchange(replies_, {})) reply(response);
  });
}

void ExchangeService::step(settle::Exchange::Event event) {
  if (machine_) carry_out(machine_->step(now_ms(), std::move(event)));
}

void ExchangeService::carry_out(settle::Exchange::Effects effects) {
  using X = settle::Exchange;
  for (auto& effect : effects) {
    if (auto* ask = std::get_if<X::AskVote>(&effect)) {
      own_.vote(ask->source, std::move(ask->transaction));
    } else if (auto* certified = std::get_if<X::AskAcknowledgement>(&effect)) {
      own_.acknowledge(certified->source, std::move(certified->certificate), std::move(certified->transaction));
    } else if (const auto* tell = std::get_if<X::Tell>(&effect)) {
      const Bytes message = encode(tell->message);
      for (uint16_t member = 0; member < outboxes_.size(); ++member)
        if (outboxes_[member] && (!tell->member || *tell->member == member)) outboxes_[member]->put(message);
    } else if (const auto* answer = std::get_if<X::Answer>(&effect)) {
      count(Metrics::Count::exchanged);
      reply(answer->request, {200, encode(answer->answer), net::kBinary});
    } else if (const auto* no = std::get_if<X::AnswerRefused>(&effect)) {
      reply(no->request, refusal(no->refusal));
    } else if (const auto* late = std::get_if<X::GiveUp>(&effect)) {
      count(Metrics::Count::not_exchanged);
      reply(late->request, text(504, kNoQuorum));
    } else if (const auto* bad = std::get_if<X::BadShare>(&effect)) {
      bad_share(bad->member);
    }
  }
}

// A member that is broken or lies: everybody's operator should know.
void ExchangeService::bad_share(uint16_t member) {
  count(Metrics::Count::bad_shares);
  if (options_.log != nullptr) options_.log->say(LogLevel::warn, "bad_share", {{"member", uint64_t{member}}});
}

void ExchangeService::count(Metrics::Count what) {
  if (options_.metrics != nullptr) options_.metrics->count(what);
}

void ExchangeService::reply(settle::RequestId request, net::Response response) {
  const auto found = replies_.find(request);
  if (found == replies_.end()) return;
  const net::Reply to = std::move(found->second);
  replies_.erase(found);
  to(std::move(response));
}

}  // namespace sotto::node
