#include <fmt/format.h>

#include <fstream>

#include "base/check.hpp"
#include "bench/report.hpp"

namespace sotto::bench {
namespace {

double in_ms(const Report& figure, double value) {
  const std::string unit = figure.at("unit").get<std::string>();
  if (unit == "ms") return value;
  if (unit == "us") return value / 1e3;
  if (unit == "ns") return value / 1e6;
  CHECK(unit == "s");
  return value * 1e3;
}

std::string goal_of(const Report& figure, double value) {
  if (!figure.contains("goal")) return "";
  const double goal = figure.at("goal").get<double>();
  const bool met = figure.value("more", false) ? value >= goal : value <= goal;
  return fmt::format("{:g} {}", goal, met ? "met" : "MISSED");
}

void print_sizes(const Report& report) {
  if (!report.contains("sizes")) return;
  fmt::print("\n{:<44} {:>8}\n", "size", "bytes");
  for (const auto& [name, bytes] : report.at("sizes").items())
    fmt::print("{:<44} {:>8}\n", name, bytes.get<size_t>());
}

void print_batches(const Report& report) {
  if (!report.contains("verify_batches")) return;
  fmt::print("\n{:<14} {:>14} {:>14}\n", "batch of", "CPU ms/proof", "wall ms/proof");
  for (const Report& b : report.at("verify_batches"))
    fmt::print("{:<14} {:>14.3f} {:>14.3f}\n", b.at("size").get<size_t>(), b.at("cpu_ms").get<double>(), b.at("wall_ms").get<double>());
}

}  // namespace

Report read_figures() {
  std::ifstream in(SOTTO_SOURCE_DIR "/bench/figures.json");
  return Report::parse(in).at("figures");
}

void add_ratios(const Report& figures, Report& report) {
  Report ratios = Report::object();
  for (const Report& figure : figures) {
    const std::string key = figure.at("key").get<std::string>();
    if (!figure.contains("reference") || !report.contains(key)) continue;
    const std::string reference = figure.at("reference").get<std::string>();
    if (!report.contains(reference)) continue;
    for (const Report& other : figures) {
      if (other.at("key") != reference) continue;
      const double base = in_ms(other, report.at(reference).get<double>()), value = report.at(key).get<double>();
      ratios[key] = figure.at("unit") == "1/s" ? value * base / 1e3 : in_ms(figure, value) / base;
    }
  }
  report["ratios"] = std::move(ratios);
}

// One row a figure; those with a goal or a reference say how they compare.
void print_table(const Report& figures, const Report& report) {
  fmt::print("\n{}\ncommit {}, {} threads, {}\n", report.at("machine").get<std::string>(), report.at("commit").get<std::string>(),
             report.at("threads").get<unsigned>(), report.at("cpu_flags").get<std::string>());
  fmt::print("\n{:<24} {:>10} {:<5} {:>13} {:>11}  {}\n", "figure", "value", "unit", "goal", "x MSM-1024", "what");
  std::string group;
  for (const Report& figure : figures) {
    const std::string key = figure.at("key").get<std::string>();
    if (!report.contains(key)) continue;
    if (figure.at("group") != group) {
      group = figure.at("group").get<std::string>();
      fmt::print("{}\n", group);
    }
    const double value = report.at(key).get<double>();
    const std::string ratio = report.at("ratios").contains(key) ? fmt::format("{:.3g}", report.at("ratios").at(key).get<double>()) : "";
    fmt::print("  {:<22} {:>10.4g} {:<5} {:>13} {:>11}  {}\n", key, value, figure.at("unit").get<std::string>(),
               goal_of(figure, value), ratio, figure.at("what").get<std::string>());
  }
  print_batches(report);
  print_sizes(report);
}

}  // namespace sotto::bench
