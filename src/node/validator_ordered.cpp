// The validator's part in what is ordered alone: it takes in recoveries and operations of the stake, and says what it is asked to report.
#include "node/validator_core.hpp"

namespace sotto::node {

namespace {

net::Response refused(const char* reason, const char* rule = "", bool rubbish = false) {
  return {409, RefusalMessage{reason, rule, std::nullopt, std::nullopt}.encode(), net::kBinary, 0, rubbish};
}

}  // namespace

void ValidatorNode::Core::submit_ordered(net::Request& request, net::Reply reply) {
  auto decoded = ledger::decode_transaction(request.body);
  if (!decoded.ok()) return reply(text(400, name(decoded.error())));
  const auto recovery = std::make_shared<const ledger::Transaction>(std::move(decoded).value());
  // Reports and closes come from validators, each of which offers its own; misconduct from the engine.
  const bool anybodys = recovery->ordered && std::visit([]<class Op>(const Op&) {
    return std::is_same_v<Op, ledger::Recover> || (ledger::of_stake<Op> && !std::is_same_v<Op, ledger::Misconduct>);
  }, *recovery->ordered);
  if (!anybodys) return reply(text(400, "not_for_the_public"));
  if (const auto shape = ledger::check_stateless(*recovery, *network(), std::nullopt); !shape.ok())
    return reply(refused("ledger_rule", ledger::name(shape.error())));
  on_state([this, source = request.source, recovery, reply = std::move(reply)]() mutable {
    if (failed) return reply(stopped());
    ledger::Reject why{};
    const auto outcome = ledger::outcome_of(*recovery, state, store->archive(), &why);
    if (outcome == ledger::Outcome::not_allowed) return reply(refused("ledger_rule", ledger::name(why)));
    if (outcome != ledger::Outcome::took_effect) return reply(refused("ordered_rule", ledger::name(outcome)));
    switch (desk.take(source, RecoveryDesk::place_of(*recovery))) {
      case RecoveryDesk::Taken::again: return reply(binary({}));
      case RecoveryDesk::Taken::busy: return reply(refused("busy"));
      case RecoveryDesk::Taken::source_busy: return reply(refused("source_busy"));
      case RecoveryDesk::Taken::taken: break;
    }
    recoverer->post({recovery, std::move(reply)});
  });
}

void ValidatorNode::Core::check_recoveries(std::vector<AskedRecovery> batch) {
  std::vector<ledger::CertifiedTransaction> entries;
  for (const auto& asked : batch) entries.push_back({*asked.recovery, {}});
  std::vector<const ledger::CertifiedTransaction*> pointers;
  for (const auto& entry : entries) pointers.push_back(&entry);
  const auto good = seat()->admission.admits(pointers);
  on_state([this, batch = std::make_shared<std::vector<AskedRecovery>>(std::move(batch)), good] {
    for (size_t i = 0; i < batch->size(); ++i) {
      auto& [recovery, reply] = (*batch)[i];
      const Hash32 place = RecoveryDesk::place_of(*recovery);
      if (!good[i]) {
        desk.refused(place);
        if (ledger::outcome_of(*recovery, state, store->archive()) == ledger::Outcome::wrong_epoch) {   // it ended meanwhile
          reply(refused("ordered_rule", ledger::name(ledger::Outcome::wrong_epoch)));
          continue;
        }
        reply(refused("bad_proof_or_signature", "", true));
        continue;
      }
      desk.verified(place, recovery);
      if (propose) propose({*recovery, {}});
      reply(binary({}));
    }
  });
}

void ValidatorNode::Core::offer_ordered() {
  if (!propose || failed) return;
  for (const auto& recovery : desk.due(state, store->archive())) propose({*recovery, {}});
  for (const auto& report : machine->reports()) {
    ledger::Transaction tx;
    tx.network = network()->id();
    tx.ordered = report;
    if (ledger::outcome_of(tx, state, store->archive()) == ledger::Outcome::took_effect) propose({std::move(tx), {}});
  }
}

void ValidatorNode::Core::offer_certified() {
  if (!propose || failed || Steady::now() < next_look) return;
  next_look = Steady::now() + kOfferCertifiedAgain;
  std::set<ledger::TxId> waiting;
  size_t offered = 0;
  for (const auto& certified : machine->unexecuted()) {
    const auto& txid = certified->certificate.subject.txid;
    waiting.insert(txid);
    if (waiting_long.contains(txid) && offered++ < kMaxOfferedAgain) offer(*certified);
  }
  waiting_long = std::move(waiting);
}

}  // namespace sotto::node
