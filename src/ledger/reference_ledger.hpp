// For tests only: an oracle for the ledger that shares nothing with it. It sees payments in the clear (who, what, how
// much, names instead of field elements), keeps balances and a set of spent names, and knows none of the
// encodings, trees, hashes or proofs. What both must agree on: outcomes, spent nullifiers, the notes there are, supply.
#pragma once
#include <map>
#include <set>
#include <string>
#include <vector>

namespace sotto::ledger::testing {

struct PlainNote {
  std::string name;       // unique; what spending it reveals is "spent:" + name
  std::string owner;
  unsigned asset = 0;
  long long value = 0;
};

struct PlainPayment {
  std::string id;
  std::vector<std::string> spends;
  std::vector<PlainNote> creates;
  unsigned public_asset = 0;
  long long minted = 0, burned = 0;
  unsigned fee_asset = 0;
  long long fee = 0;
};

class ReferenceLedger {
 public:
  void issue(const PlainNote& note) {
    notes_.emplace(note.name, note);
    minted_[note.asset] += note.value;
  }

  std::string apply(const PlainPayment& p) {
    if (done_.count(p.id)) return "repeated";
    for (const auto& s : p.spends)
      if (spent_.count(s)) return "spent";
    if (p.burned > 0 && halted_.count(p.public_asset)) return "burns_halted";
    auto minted = minted_, burned = burned_, pool = pool_;
    minted[p.public_asset] += p.minted;
    burned[p.public_asset] += p.burned;
    pool[p.fee_asset] += p.fee;
    bool breach = false;
    for (const auto& [asset, total] : minted)
      if (total - burned[asset] - pool[asset] < 0) {
        breach = true;
        halted_.insert(asset);
      }
    if (breach) return "turnstile";
    minted_ = minted;
    burned_ = burned;
    pool_ = pool;
    done_.insert(p.id);
    for (const auto& s : p.spends) spent_.insert(s);
    for (const auto& n : p.creates) notes_.emplace(n.name, n);
    return "executed";
  }

  long long balance(const std::string& owner, unsigned asset) const {
    long long sum = 0;
    for (const auto& [name, n] : notes_)
      if (n.owner == owner && n.asset == asset && !spent_.count(name)) sum += n.value;
    return sum;
  }
  // What everybody owns together.
  long long owned(unsigned asset) const {
    long long sum = 0;
    for (const auto& [name, n] : notes_)
      if (n.asset == asset && !spent_.count(name)) sum += n.value;
    return sum;
  }
  std::vector<PlainNote> unspent(const std::string& owner) const {
    std::vector<PlainNote> all;
    for (const auto& [name, n] : notes_)
      if (n.owner == owner && !spent_.count(name)) all.push_back(n);
    return all;
  }
  const std::set<std::string>& spent() const { return spent_; }
  size_t notes() const { return notes_.size(); }
  const PlainNote& note(const std::string& name) const { return notes_.at(name); }

 private:
  std::map<std::string, PlainNote> notes_;
  std::set<std::string> spent_, done_;
  std::map<unsigned, long long> minted_, burned_, pool_;
  std::set<unsigned> halted_;
};

}  // namespace sotto::ledger::testing
