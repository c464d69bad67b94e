// What the demo keeps of what happened, and the document of `sotto demo --json`.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "apps/console.hpp"
#include "base/result.hpp"

namespace sotto::apps {

// A step that did not succeed ends the demo; the message says what came instead.
struct DemoFailed {
  std::string what;
};

class DemoReport {
 public:
  explicit DemoReport(Console& console) : console_(console) {}

  // Runs `work`, shows it with its time. `work` may return a note to show beside it. Throws DemoFailed on failure:
  // the demo is one straight line, and everything on it cleans up after itself.
  void step(const std::string& name, const std::function<Result<std::string, Error>()>& work);
  // A step that was measured elsewhere (inside another one).
  void measured(const std::string& name, double ms, const std::string& note = "");
  // An attempt that must fail: `work` returns the named reject, or "" if it wrongly succeeded.
  void attempt(const std::string& name, const std::function<std::string(std::string& note)>& work);

  double settled_ms = 0;
  bool observer_ok = false;
  struct AssetSupply {
    std::string symbol;
    unsigned decimals = 0;
    std::string minted, burned, fees, staked, shielded;   // units
  };
  std::vector<AssetSupply> supply;

  bool all_good() const;
  std::string json() const;

 private:
  struct Step {
    std::string name;
    double ms = 0;
    bool ok = false;
  };
  struct Attempt {
    std::string name, reject;
  };
  Console& console_;
  std::vector<Step> steps_;
  std::vector<Attempt> attempts_;
};

}  // namespace sotto::apps
