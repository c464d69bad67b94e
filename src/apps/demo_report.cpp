#include "apps/demo_report.hpp"

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

namespace sotto::apps {

void DemoReport::step(const std::string& name, const std::function<Result<std::string, Error>()>& work) {
  console_.begin(name);
  const Stopwatch watch;
  const auto result = work();
  const double ms = watch.ms();
  steps_.push_back({name, ms, result.ok()});
  console_.end(result.ok(), ms, result.ok() ? *result : result.error().what);
  if (!result.ok()) throw DemoFailed{name + ": " + result.error().what};
}

void DemoReport::measured(const std::string& name, double ms, const std::string& note) {
  steps_.push_back({name.substr(name.find_first_not_of(' ')), ms, true});   // the indentation is for people
  console_.begin(name);
  console_.end(true, ms, note);
}

void DemoReport::attempt(const std::string& name, const std::function<std::string(std::string& note)>& work) {
  console_.begin(name);
  const Stopwatch watch;
  std::string note;
  const std::string reject = work(note);
  attempts_.push_back({name, reject});
  const std::string shown = reject.empty() ? "ACCEPTED: this must not happen" : "refused: " + reject;
  console_.end(!reject.empty(), watch.ms(), note.empty() ? shown : shown + " – " + note);
}

bool DemoReport::all_good() const {
  return observer_ok && std::ranges::all_of(steps_, &Step::ok) &&
         std::ranges::none_of(attempts_, [](const Attempt& a) { return a.reject.empty(); });
}

std::string DemoReport::json() const {
  // Microseconds are what the clock is good for.
  const auto rounded = [](double ms) { return std::round(ms * 1000) / 1000; };
  nlohmann::ordered_json steps = nlohmann::ordered_json::array(), attempts = steps,
                         assets = nlohmann::ordered_json::object();
  for (const auto& s : steps_) steps.push_back({{"name", s.name}, {"ms", rounded(s.ms)}, {"ok", s.ok}});
  for (const auto& a : attempts_) attempts.push_back({{"name", a.name}, {"reject", a.reject}});
  for (const auto& s : supply)
    assets[s.symbol] = {{"minted", s.minted}, {"burned", s.burned}, {"fees", s.fees}, {"staked", s.staked}, {"shielded", s.shielded}};
  const nlohmann::ordered_json document = {{"steps", steps},
                                           {"attempts", attempts},
                                           {"settled_ms", rounded(settled_ms)},
                                           {"observer_ok", observer_ok},
                                           {"supply", assets}};
  return document.dump();
}

}  // namespace sotto::apps
