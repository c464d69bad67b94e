#include <fmt/format.h>

#include "bench/report.hpp"

namespace sotto::bench {
namespace {

std::string met(const Figure& figure, double value) {
  if (figure.goal == 0) return "";
  return (figure.more ? value >= figure.goal : value <= figure.goal) ? "met" : "MISSED";
}

void print_sizes(const Report& report) {
  if (!report.contains("sizes")) return;
  fmt::print("\n{:<44} {:>8}\n", "size", "bytes");
  for (const auto& [name, bytes] : report.at("sizes").items())
    fmt::print("{:<44} {:>8}\n", name, bytes.get<size_t>());
}

void print_batches(const Report& report) {
  if (!report.contains("verify_batches")) return;
  fmt::print("\n{:<14} {:<10} {:>14} {:>14} {:>16}\n", "batch of", "checks", "CPU ms/proof", "wall ms/proof", "CPU x MSM-1024");
  for (const Report& b : report.at("verify_batches"))
    fmt::print("{:<14} {:<10} {:>14.3f} {:>14.3f} {:>16.4f}\n", b.at("size").get<size_t>(), b.at("mode").get<std::string>(),
               b.at("cpu_ms").get<double>(), b.at("wall_ms").get<double>(), b.at("cpu_ratio").get<double>());
}

}  // namespace

// One row a figure. Goals were set for another machine: what the ratio comes to there stands beside what was measured here.
void print_table(const Report& report) {
  const double there = goal_machine_ms();
  const Report none = Report::object();
  const Report& ratios = report.contains("ratios") ? report.at("ratios") : none;
  fmt::print("\n{}\ncommit {}, {} threads, {}\n", report.at("machine").get<std::string>(), report.at("commit").get<std::string>(),
             report.at("threads").get<unsigned>(), report.at("cpu_flags").get<std::string>());
  fmt::print("\n{:<26} {:>9} {:<5} {:>10} {:>7} {:>10} {:>8} {:>7}  {}\n", "figure", "here", "unit", "x MSM-1024",
             "goal", "", fmt::format("at {:g} ms", there), "", "what");
  std::string group;
  for (const Figure& figure : read_figures(report.at("cpu_flags").get<std::string>())) {
    if (!report.contains(figure.key)) continue;
    if (figure.group != group) fmt::print("{}\n", group = figure.group);
    const double value = report.at(figure.key).get<double>();
    std::string ratio, scaled, met_there;
    if (ratios.contains(figure.key)) {
      const double r = ratios.at(figure.key).get<double>(), v = figure.at(r, there);
      ratio = fmt::format("{:.3g}", r);
      scaled = fmt::format("{:.4g}", v);
      met_there = met(figure, v);
    }
    fmt::print("  {:<24} {:>9.4g} {:<5} {:>10} {:>7} {:>10} {:>8} {:>7}  {}\n", figure.key, value, figure.unit, ratio,
               figure.goal == 0 ? "" : fmt::format("{:g}", figure.goal), met(figure, value), scaled, met_there, figure.what);
  }
  if (report.contains("blst_msm1024_range_ms"))
    fmt::print("\nThe reference lay between {:.1f} and {:.1f} ms during the run (5th and 95th in a hundred).\n",
               report.at("blst_msm1024_range_ms")[0].get<double>(), report.at("blst_msm1024_range_ms")[1].get<double>());
  print_batches(report);
  print_sizes(report);
}

}  // namespace sotto::bench
