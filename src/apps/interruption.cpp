#include "apps/interruption.hpp"

#include <cerrno>
#include <csignal>
#include <thread>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

namespace sotto::apps {

namespace {

int g_told = -1;                       // the writing end of a pipe: all that a handler may use

void on_signal(int signal) {
  const int kept = errno;
  const auto number = static_cast<unsigned char>(signal);
  (void)!write(g_told, &number, 1);
  for (const int s : {SIGINT, SIGTERM, SIGHUP}) std::signal(s, SIG_DFL);     // the next one ends the program
  errno = kept;
}

}  // namespace

Status<Error> Interruption::commit(const wallet::Changes& changes) {
  const std::lock_guard lock(mutex_);
  if (auto done = inner_.commit(changes); !done.ok()) return done;
  for (const wallet::Row& row : changes.put) {
    if (row.key.table != wallet::Table::payments) continue;
    if (auto payment = wallet::payment_of(row); payment.ok()) {
      // Of earlier commands only what this one sends: blocks change the others.
      const bool made = payment->state == wallet::PaymentState::pending;
      if (made || stored_.contains(payment->txid)) stored_.insert_or_assign(payment->txid, std::move(payment).value());
    }
  }
  return Ok{};
}

void Interruption::sends(const wallet::PaymentEntry& payment) {
  const std::lock_guard lock(mutex_);
  stored_.emplace(payment.txid, payment);
}

Interrupted Interruption::now(int signal, bool moves_money) {
  const std::lock_guard lock(mutex_);
  const wallet::PaymentEntry *open = nullptr, *merge = nullptr, *final = nullptr;
  for (const auto& [txid, payment] : stored_) {
    const bool merges = payment.kind() == wallet::PaymentKind::merge;
    if (merges) merge = &payment;
    else if (payment.is_open()) open = &payment;
    else if (payment.state != wallet::PaymentState::refused) final = &payment;
  }
  const auto row_code = [](ExitCode code) { return static_cast<int>(code); };
  if (open != nullptr)
    return {row_code(ExitCode::pending), name(ExitCode::pending),
            "interrupted: the payment is stored, and perhaps sent: the money may still move; `sotto wallet resume` sends the same payment again", open->txid.hex()};
  if (final != nullptr) return {128 + signal, "interrupted", "interrupted after the payment was final; `sotto wallet history` shows it", final->txid.hex()};
  if (merge != nullptr)
    return {row_code(ExitCode::merging), name(ExitCode::merging),
            "interrupted while small notes were merged: the payment was not made, the merges stay; run the command again", merge->txid.hex()};
  return {128 + signal, "interrupted",
          moves_money ? "interrupted; money not moved" : "interrupted; what was found is kept, and the next command goes on from there", ""};
}

void Interruption::answer(Console& console) {
  answer_signals(console, [this, &console](int signal) { return now(signal, console.is_about_money()); });
}

void answer_signals(Console& console, std::function<Interrupted(int signal)> say) {
  if (g_told >= 0) return;
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return;                 // signals then end the program as they always did
  g_told = ends[1];
  std::thread([&console, say = std::move(say), from = ends[0]] {
    unsigned char number = 0;
    while (read(from, &number, 1) != 1) {}
    const Interrupted what = say(number);
    console.stopped(what.code, what.error, what.message, what.txid);
    _exit(what.code);
  }).detach();
  for (const int s : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction before {}, answered {};
    sigaction(s, nullptr, &before);
    if (before.sa_handler == SIG_IGN) continue;            // nohup
    answered.sa_handler = on_signal;
    answered.sa_flags = SA_RESTART;
    sigaction(s, &answered, nullptr);
  }
}

}  // namespace sotto::apps
