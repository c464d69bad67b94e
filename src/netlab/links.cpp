#include "netlab/links.hpp"

#include <nlohmann/json.hpp>

namespace sotto::netlab {

using nlohmann::json;

LinkSettings Links::between(std::string_view from, std::string_view to) const {
  for (auto rule = rules_.rbegin(); rule != rules_.rend(); ++rule)
    if ((rule->from == "*" || rule->from == from) && (rule->to == "*" || rule->to == to)) return rule->settings;
  return {};
}

namespace {

Failure<Error> wrong(const std::string& what) { return Failure{Error{"links: " + what}}; }

Result<LinkRule, Error> parse_rule(const json& j) {
  if (!j.is_object()) return wrong("a rule is an object");
  LinkRule rule;
  const auto number = [](const json& value, double most, double& to) {
    if (!value.is_number() || value.get<double>() < 0 || value.get<double>() > most) return false;
    to = value.get<double>();
    return true;
  };
  for (const auto& [key, value] : j.items()) {
    bool good = false;
    if (key == "from" || key == "to") {
      good = value.is_string() && !value.get_ref<const std::string&>().empty();
      if (good) (key == "from" ? rule.from : rule.to) = value.get<std::string>();
    } else if (key == "delay_ms") {
      good = number(value, kMaxDelayMs, rule.settings.delay_ms);
    } else if (key == "jitter_ms") {
      good = number(value, kMaxDelayMs, rule.settings.jitter_ms);
    } else if (key == "loss") {
      good = number(value, kMaxLoss, rule.settings.loss);
    } else if (key == "cut") {
      good = value.is_boolean();
      if (good) rule.settings.cut = value.get<bool>();
    }
    if (!good) return wrong(key + " is unknown or out of range");
  }
  if (rule.from.empty() || rule.to.empty()) return wrong("a rule says from and to");
  return rule;
}

}  // namespace

Result<Links, Error> parse_links(ByteView text) {
  if (text.size() > kMaxLinksBytes) return wrong("too long");
  const json j = json::parse(text.begin(), text.end(), nullptr, false);
  if (!j.is_object() || j.size() != 1 || !j.contains("links") || !j["links"].is_array()) return wrong("not {\"links\": [...]}");
  if (j["links"].size() > kMaxRules) return wrong("too many rules");
  std::vector<LinkRule> rules;
  for (const auto& entry : j["links"]) {
    TRY(rule, parse_rule(entry));
    rules.push_back(std::move(rule));
  }
  return Links(std::move(rules));
}

std::string to_json(const Links& links) {
  auto list = nlohmann::ordered_json::array();
  for (const auto& r : links.rules())
    list.push_back({{"from", r.from},
                    {"to", r.to},
                    {"delay_ms", r.settings.delay_ms},
                    {"jitter_ms", r.settings.jitter_ms},
                    {"loss", r.settings.loss},
                    {"cut", r.settings.cut}});
  return nlohmann::ordered_json{{"links", std::move(list)}}.dump(1) + "\n";
}

}  // namespace sotto::netlab
