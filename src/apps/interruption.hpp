// Ctrl-C, SIGTERM and SIGHUP in the middle of a command that has a wallet open: the command ends at once, and says what has
// become of the money. Everything a wallet sends is on disk before it is sent, so what has been stored is what may move.
// A second signal ends the program by itself, whatever the first one waits for.
#pragma once
#include <functional>
#include <map>
#include <mutex>

#include "apps/console.hpp"
#include "wallet/state.hpp"

namespace sotto::apps {

// What is said, and with which exit code.
struct Interrupted {
  int code = 0;                // pending and merging as in kExitCodes; else 128 and the signal's number, as shells have it
  std::string error, message, txid;
};

// The first signal from here on is answered on a thread of its own with what `say` says, and ends the program. Once a process (again:
// nothing changes); the console and what `say` needs stay until its end.
void answer_signals(Console& console, std::function<Interrupted(int signal)> say);

// Stands between wallet and store, and knows of every payment that was stored.
class Interruption final : public wallet::RowStore {
 public:
  explicit Interruption(wallet::RowStore& inner) : inner_(inner) {}
  Status<Error> commit(const wallet::Changes& changes) override;
  Result<std::vector<wallet::Row>, Error> load() override { return inner_.load(); }
  // Stored by an earlier command, and sent again by this one.
  void sends(const wallet::PaymentEntry& payment);
  Interrupted now(int signal, bool moves_money);
  // From here on signals are answered with now().
  void answer(Console& console);

 private:
  wallet::RowStore& inner_;
  std::mutex mutex_;           // held while a commit is under way: afterwards it is known what is stored
  std::map<wallet::TxId, wallet::PaymentEntry> stored_;
};

}  // namespace sotto::apps
