// For tests only: an oracle for the stake that shares nothing with it. People and validators have names; money that waits
// is a list; rates are fractions, and what somebody gets is the whole number below.
#pragma once
#include <map>
#include <string>
#include <vector>

namespace sotto::ledger::testing {

__extension__ using Long = __int128;

class ReferenceStake {
 public:
  struct House {                                            // a validator
    Long money = 0, shares = 0, own = 0;
    Long seat = 0;                                          // its weight in this epoch
    int missed = 0, back_in = -1;                           // back_in: jailed until then
    bool gone = false, here = false;
    Long out = 0;                                           // shares in people's hands
  };
  struct Waiting {
    std::string house;
    bool shares = false;
    Long amount = 0;
    int since = 0, ripe = 0;
  };
  struct Rules {
    Long own_least = 0;
    int delay = 0, patience = 0, jail = 0;
    Long slash = 0, commission = 0;                         // of 10,000
  };

  explicit ReferenceStake(const Rules& rules) : rules_(rules) {}
  std::map<std::string, House> houses;
  std::map<std::string, Waiting> waiting;
  int epoch = 0;
  Long fees = 0, burned = 0;

  bool open(const House& h) const { return !h.gone && h.back_in < 0 && h.money > 0 && below(h.own, h.money, h.shares) >= rules_.own_least; }

  // Money for shares; back again if there are none.
  void bond(const std::string& ticket, const std::string& house, Long money, bool own) {
    const auto at = houses.find(house);
    const bool welcome = at != houses.end() && (own ? !at->second.gone : open(at->second)) && (at->second.shares == 0 || at->second.money > 0);
    const Long shares = !welcome ? 0 : at->second.shares == 0 ? money : below(money, at->second.shares, at->second.money);
    if (shares == 0) return wait(ticket, {house, false, money, epoch, epoch});
    at->second.money += money;
    at->second.shares += shares;
    if (own) at->second.own += shares;
    else wait(ticket, {house, true, shares, epoch, epoch});
  }
  void unbond(const std::string& ticket, const std::string& house, Long shares) {
    houses.at(house).out -= shares;
    leave(ticket, house, shares);
  }
  void withdraw(const std::string& ticket, const std::string& house, Long shares) {
    houses.at(house).own -= shares;
    leave(ticket, house, shares);
  }
  bool ripe(const std::string& ticket) const { return waiting.at(ticket).ripe <= epoch; }
  void take(const std::string& ticket) {
    const Waiting w = waiting.at(ticket);
    if (w.shares) houses.at(w.house).out += w.amount;
    waiting.erase(ticket);
  }
  void convict(const std::string& house, int when) {
    House& h = houses.at(house);
    h.money -= punish(h.money);
    h.gone = true;
    for (auto at = waiting.begin(); at != waiting.end();) {
      Waiting& w = at->second;
      if (w.house == house && !w.shares && w.since >= when && w.ripe > epoch) w.amount -= punish(w.amount);
      at = w.amount == 0 ? waiting.erase(at) : std::next(at);
    }
  }
  void end_epoch(const std::map<std::string, Long>& next) {
    ++epoch;
    Long all = 0;
    for (const auto& [name, h] : houses) all += h.seat;
    const Long pot = fees;
    for (auto& [name, h] : houses) {
      if (h.seat == 0) continue;
      if (!h.gone && h.back_in < 0 && h.money > 0) {
        const Long share = below(pot, h.seat, all), commission = below(share, rules_.commission, 10'000);
        fees -= share;
        h.money += share - commission;
        const Long bought = below(commission, h.shares, h.money);
        h.shares += bought;
        h.own += bought;
        h.money += commission;
      }
      h.missed = h.here ? 0 : h.missed + 1;
      h.here = false;
      if (h.missed >= rules_.patience && h.back_in < 0 && !h.gone) {
        h.back_in = epoch + rules_.jail;
        h.missed = 0;
      }
    }
    for (auto& [name, h] : houses) h.seat = next.contains(name) ? next.at(name) : 0;
    for (auto at = houses.begin(); at != houses.end();) {
      bool held = at->second.shares > 0 || at->second.seat > 0 || at->second.gone;
      for (const auto& [ticket, w] : waiting) held = held || (w.house == at->first && w.ripe > epoch);
      at = held ? std::next(at) : houses.erase(at);
    }
  }
  Long locked() const {
    Long sum = 0;
    for (const auto& [name, h] : houses) sum += h.money;
    for (const auto& [ticket, w] : waiting) sum += w.shares ? 0 : w.amount;
    return sum;
  }

 private:
  // The greatest whole number not above a * b / c.
  static Long below(Long a, Long b, Long c) { return c == 0 ? 0 : a * b / c; }
  Long punish(Long amount) {
    const Long part = (amount * rules_.slash + 9'999) / 10'000;
    burned += part;
    return part;
  }
  void wait(const std::string& ticket, const Waiting& w) {
    if (w.amount > 0) waiting.emplace(ticket, w);
  }
  void leave(const std::string& ticket, const std::string& house, Long shares) {
    House& h = houses.at(house);
    const Long money = below(shares, h.money, h.shares);
    h.money -= money;
    h.shares -= shares;
    wait(ticket, {house, false, money, epoch, epoch + rules_.delay});
  }

  Rules rules_;
};

}  // namespace sotto::ledger::testing
