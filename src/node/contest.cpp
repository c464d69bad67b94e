// When two devices of one seed pay with the same note (docs/spec/settlement.md S-70..): the rival's payment is completed, or
// the note is unlocked; then it is paid again. The old payment is given up only once it can never execute, so nothing is paid
// twice: a quorum says that a generation it names is outdated, or a block has spent one of its notes.
#include <algorithm>
#include <initializer_list>
#include <thread>

#include "node/deadline.hpp"
#include "node/wallet_driver.hpp"

namespace sotto::node {

namespace {

using std::chrono::milliseconds;

constexpr uint32_t kRivalMs = 2000;              // to complete the other device's payment
constexpr uint32_t kUnlockPollMs = 200;
constexpr int kLooksBeforeAskingAgain = 10;
constexpr int kMaxContests = 16;                 // how often one payment is built anew
constexpr uint32_t kFirstPauseMs = 40, kMaxPauseMs = 1280;

bool is_one_of(const std::string& reject, std::initializer_list<const char*> names) {
  return std::ranges::find(names, reject) != names.end();
}
// Some validators voted for it in time, too few: they never vote for a rival, and the others never for this.
bool too_late(const PayFailure& f) { return is_one_of(f.reject, {"expired", "old_anchor"}); }
bool contested(const PayFailure& f) {
  return f.rival != nullptr || too_late(f) || is_one_of(f.reject, {"outdated_generation", "frozen", "spent"});
}

// The smallest of our notes that both spend, as ours names it: whichever device asks, it is the same one that is unlocked.
std::optional<settle::NoteKey> common_note(const wallet::State& state, const Bytes& ours, const Bytes& rivals) {
  const auto a = ledger::decode_transaction(ours), b = ledger::decode_transaction(rivals);
  if (!a.ok() || !b.ok()) return std::nullopt;
  const auto theirs = ledger::nullifiers(*b);
  const auto named = ledger::generations(*a);
  std::optional<settle::NoteKey> smallest;
  size_t i = 0;
  for (const auto& nf : ledger::nullifiers(*a)) {
    const settle::NoteKey note{nf, named[i++]};
    if (!state.by_nullifier.contains(nf.value.encode()) || std::ranges::find(theirs, nf) == theirs.end()) continue;
    if (!smallest || nf < smallest->nf) smallest = note;
  }
  return smallest;
}

}  // namespace

bool WalletDriver::ended(const wallet::TxId& payment) const {
  const auto* entry = wallet_.payment(payment);
  return entry != nullptr && (entry->state == wallet::PaymentState::executed || entry->state == wallet::PaymentState::refused);
}

std::vector<wallet::TxId> WalletDriver::ask_about_overdue() {
  std::vector<wallet::TxId> out;
  std::vector<wallet::DeliveredEntry> overdue;
  for (const auto* entry : wallet_.overdue()) overdue.push_back(*entry);
  for (const auto& entry : overdue)
    for (size_t i = 0; i < entry.nullifiers.size(); ++i) {
      const auto nf = crypto::Fr::decode(entry.nullifiers[i]);
      if (!nf.ok()) continue;
      const auto fate = network_.fate_of({*nf}, entry.txid);
      if (!fate.spent_by && fate.generation <= entry.generations[i]) continue;
      if (wallet_.lost(entry.txid, fate.spent_by, wallet_.state().height()).ok()) out.push_back(entry.txid);
      break;
    }
  return out;
}

void WalletDriver::learn_generations(const wallet::Outgoing& outgoing) {
  const auto tx = ledger::decode_transaction(*outgoing.bytes);
  if (!tx.ok()) return;
  for (const auto& nf : ledger::nullifiers(*tx))
    if (wallet_.state().by_nullifier.contains(nf.value.encode())) (void)wallet_.raise_generation(nf, network_.generation_of(nf));
}

bool WalletDriver::unlock(const settle::NoteKey& note, const wallet::TxId& payment, const Deadline& deadline) {
  const auto& nf = note.nf;
  const uint64_t epoch = network_.committee()->epoch();
  if (network_.generation_of(nf) > note.generation) return true;   // the other device was faster
  if (!wallet_.raise_generation(nf, note.generation).ok()) return false;
  const auto recovery = wallet_.recovery(nf, epoch, prover_, entropy_);
  // Spent meanwhile: a block that ends the payment is on its way.
  if (!recovery.ok() && recovery.error().reject != wallet::Reject::nothing_to_unlock) return false;
  while (!deadline.over()) {
    // Whatever single validators answer, what counts is what becomes of the note; who was busy is asked again.
    if (recovery.ok()) (void)network_.ask_all({net::Method::post, kOrderedPath, *recovery, ""}, deadline.left_ms());
    for (int looks = 0; looks < kLooksBeforeAskingAgain && !deadline.over(); ++looks) {
      if (network_.generation_of(nf) > note.generation) return true;
      (void)sync(deadline.at_most(kUnlockPollMs));
      if (ended(payment)) return true;
    }
    (void)network_.follow();
    if (network_.committee()->epoch() != epoch) return true;   // no lock outlives its epoch
  }
  return false;
}

Result<Paid, PayFailure> WalletDriver::contest(const wallet::Outgoing& outgoing, PayFailure failure, const Deadline& deadline,
                                               const Payer::Watch& watch, const Notice& notice) {
  const auto say = [&](const std::string& what) { if (notice) notice(what); };
  const auto open = [&] { return failure.kind == PayFailure::Kind::pending && contested(failure) && !deadline.over(); };
  uint32_t pause = kFirstPauseMs;
  for (int round = 0; open(); ++round) {
    if (failure.rival || too_late(failure)) {
      const Bytes& rivals = failure.rival ? *failure.rival : *outgoing.bytes;
      const auto note = common_note(wallet_.state(), *outgoing.bytes, rivals);
      const auto rival = settle::decode_candidate(rivals);
      if (!note || !rival.ok()) break;                      // a validator makes it up
      if (failure.rival) {
        if (round == 0) say("another device of this wallet is paying with the same money");
        // Perhaps the other payment needs no more than to be sent on.
        if (network_.payer().settle(*rival, deadline.within(kRivalMs)).ok()) {
          say("the other device's payment is final; waiting for its block");
          while (!ended(outgoing.txid) && !deadline.over()) (void)sync(deadline.at_most(kBlockWaitMs));
          break;
        }
      }
      say("it cannot become final like this; unlocking the money");
      if (!unlock(*note, outgoing.txid, deadline)) break;
    }
    // Final after all, or refused for good by a quorum, or there is another rival.
    auto settled = settle(outgoing, deadline, watch);
    if (settled.ok()) return settled;
    failure = std::move(settled.error());
    // Some validators may be a block behind those who have released the note.
    if (open()) (void)sync(deadline.at_most(pause));
    pause = std::min(2 * pause, kMaxPauseMs);
  }
  learn_generations(outgoing);
  const auto* entry = wallet_.payment(outgoing.txid);
  if (entry != nullptr && entry->state == wallet::PaymentState::refused) failure.kind = PayFailure::Kind::refused;
  return Failure{std::move(failure)};
}

Result<Paid, PayFailure> WalletDriver::finish(const wallet::PayRequest& request, wallet::Outgoing outgoing, const Deadline& deadline,
                                              const Payer::Watch& watch, const Notice& notice) {
  const auto limit = network_.within(deadline);
  const auto price = wallet_.payment(outgoing.txid)->fee;      // not more the second time
  uint32_t pause = kFirstPauseMs;
  for (int attempt = 1;; ++attempt) {
    auto paid = settle(outgoing, deadline, watch);
    if (paid.ok() || !contested(paid.error())) return paid;
    paid = contest(outgoing, std::move(paid.error()), deadline, watch, notice);
    if (paid.ok() || paid.error().kind != PayFailure::Kind::refused || attempt == kMaxContests || deadline.over()) return paid;
    // The other device may be about to do the same: not both at the same moment again.
    const auto draw = entropy_.bytes<2>();
    std::this_thread::sleep_for(milliseconds(deadline.at_most((uint32_t{draw[0]} << 8 | draw[1]) % pause)));
    pause = std::min(2 * pause, kMaxPauseMs);
    if (notice) notice("the money is free again; paying again");
    (void)sync();
    auto plan = wallet_.plan({request.asset, request.amount, request.fee_asset, request.fee});
    if (!plan.ok()) return Failure{wallet_failure(plan.error())};
    if (plan->plan.fees() > price)
      return Failure{PayFailure{.kind = PayFailure::Kind::wallet, .reject = "costs_changed",
                                .what = "the other device has spent the notes; with what is left it would take merges and their fees"}};
    auto again = prepare(request, *plan, deadline);
    if (!again.ok()) return Failure{again.error()};
    (void)wallet_.retried(outgoing.txid, again->txid);        // for display only
    outgoing = std::move(again).value();
  }
}

}  // namespace sotto::node
