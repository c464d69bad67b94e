// The validator's side of exchanging votes (exchange_service.hpp): what it asks of this validator's own machine, and the answers.
#include "comet/progress.hpp"
#include "node/exchange_service.hpp"
#include "node/validator_core.hpp"

namespace sotto::node {

namespace {
constexpr std::string_view kHeadPath = "/v1/peer/head";      // members tell each other their engines' heights
constexpr uint32_t kHeadMs = 2'000;
}  // namespace

void ValidatorNode::Core::serve_exchange() {
  ExchangeService::Own own;
  own.vote = [this](settle::SourceId source, settle::DecodedCandidate tx) {
    on_state([this, source, tx = std::move(tx)]() mutable {
      if (failed) return;
      exchanged.emplace(++last_request, Exchanged{tx.candidate.txid, true});
      step(settle::SubmitTransaction{last_request, source, std::move(tx)});
    });
  };
  own.acknowledge = [this](settle::SourceId source, settle::LockCertificate certificate, settle::DecodedCandidate tx) {
    // Of the epoch in office, or nobody's business any more.
    if (const auto here = seat(); here->committee->epoch() == certificate.subject.epoch) here->certificates.trust(certificate);
    on_state([this, source, certificate = std::move(certificate), tx = std::move(tx)]() mutable {
      if (failed) return;
      exchanged.emplace(++last_request, Exchanged{tx.candidate.txid, false});
      step(settle::SubmitCertificate{last_request, source, std::move(certificate), std::move(tx)});
    });
  };
  ExchangeOptions options_of;
  options_of.log = options.log;
  options_of.metrics = &metrics;
  exchange = std::make_unique<ExchangeService>(*peers, options_of, entropy, std::move(own));
  begin_exchange();
  peers->serve(std::string(kHeadPath), [this](uint16_t, net::Request, net::Reply reply) {
    Writer out;
    {
      const std::lock_guard lock(point_mutex);
      out.u64(point.engine_height);
    }
    reply(binary(std::move(out).bytes()));
  });
  peers->serve(kExchangePath, [this](uint16_t member, net::Request request, net::Reply reply) {
    exchange->heard(member, std::move(request), std::move(reply));
  });
}

uint64_t ValidatorNode::Core::engine_height_of_others() {
  const auto here = seat();
  const auto& committee = *here->committee;
  const size_t own = here->taken() ? here->index : committee.size();
  std::vector<std::pair<uint64_t, uint64_t>> members;
  {
    const std::lock_guard lock(heights->mutex);
    if (std::exchange(heights->epoch, committee.epoch()) != committee.epoch()) heights->said.clear();
    heights->said.resize(committee.size());
    for (size_t i = 0; i < committee.size(); ++i) members.emplace_back(heights->said[i], committee[i].stake);
  }
  for (size_t i = 0; peers && i < committee.size(); ++i) {
    if (i == own) continue;
    peers->send(static_cast<uint16_t>(i), {net::Method::get, std::string(kHeadPath)}, kHeadMs,
                [said = heights, i, epoch = committee.epoch()](Result<net::Response, Error> answer) {
                  if (!answer.ok() || answer->status != 200) return;
                  Reader in(answer->body);
                  const auto height = in.u64();
                  const std::lock_guard lock(said->mutex);
                  if (height && in.finish() && said->epoch == epoch) said->said.at(i) = *height;
                });
  }
  return comet::surely_reached(members);
}

void ValidatorNode::Core::begin_exchange() {
  if (!exchange) return;
  const auto here = seat();
  exchange->seat(here->committee, here->taken() ? std::optional(here->index) : std::nullopt);
}

std::optional<ValidatorNode::Core::Exchanged> ValidatorNode::Core::take_exchanged(settle::RequestId request) {
  const auto found = exchanged.find(request);
  if (found == exchanged.end()) return std::nullopt;
  const Exchanged asked = found->second;
  exchanged.erase(found);
  return asked;
}

void ValidatorNode::Core::submit_pay(net::Request& request, const net::Target& target, net::Reply reply) {
  const auto spread = target.number("spread", 0);
  if (!spread || *spread > 1) return reply(text(400, "bad_number"));
  auto candidate = hinted_candidate(request, target, reply);
  if (candidate) exchange->pay(request.source, std::move(*candidate), *spread == 1, std::move(reply));
}

}  // namespace sotto::node
