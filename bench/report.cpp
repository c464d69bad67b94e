#include "bench/report.hpp"

#include <algorithm>
#include <fstream>

namespace sotto::bench {
namespace {

Report figures_file() {
  std::ifstream in(SOTTO_SOURCE_DIR "/bench/figures.json");
  return Report::parse(in);
}

double unit_in_ms(const std::string& unit) {
  if (unit == "ms") return 1;
  if (unit == "us") return 1e-3;
  if (unit == "ns") return 1e-6;
  CHECK(unit == "s");
  return 1e3;
}

}  // namespace

double Figure::to_ms(double value) const { return value * unit_in_ms(unit); }
double Figure::from_ms(double ms) const { return ms / unit_in_ms(unit); }
double Figure::ratio(double value, double reference_ms) const {
  return unit == "1/s" ? value * reference_ms / 1e3 : to_ms(value) / reference_ms;
}
double Figure::at(double ratio, double reference_ms) const {
  return unit == "1/s" ? ratio * 1e3 / reference_ms : from_ms(ratio * reference_ms);
}

std::vector<Figure> read_figures(const std::string& cpu_flags) {
  std::vector<Figure> out;
  const Report file = figures_file();
  for (const Report& line : file.at("figures")) {
    Figure& f = out.emplace_back();
    f.key = line.at("key");
    f.group = line.at("group");
    f.unit = line.at("unit");
    f.what = line.at("what");
    f.has_ratio = line.contains("reference");
    f.more = line.value("more", false);
    f.goal = line.value("goal", 0.0);
    if (line.contains("goal_with"))
      for (const auto& [flag, goal] : line.at("goal_with").items())
        if ((" " + cpu_flags + " ").find(" " + flag + " ") != std::string::npos) f.goal = goal;
  }
  return out;
}

double goal_machine_ms() { return figures_file().at("goal_machine_ms"); }

void Meter::put(const std::string& key, const Series& series, double q, double times) {
  const auto figure = std::find_if(figures_.begin(), figures_.end(), [&](const Figure& f) { return f.key == key; });
  CHECK(figure != figures_.end() && figure->has_ratio && figure->unit != "1/s");
  report_[key] = figure->from_ms(series.ms.quantile(q) / times);
  report_["ratios"][key] = series.ratios.quantile(q) / times;
  if (q == 0.5) report_["quartiles"][key] = {series.ratios.quantile(0.25) / times, series.ratios.quantile(0.75) / times};
}

void Meter::put_reference() {
  const Samples& all = reference_.all();
  report_["blst_msm1024_ms"] = all.median();
  report_["blst_msm1024_range_ms"] = {all.quantile(0.05), all.quantile(0.95)};
}

bool write_report(const Report& report, const std::string& file) {
  std::ofstream out(file);
  out << report.dump(2) << "\n";
  return static_cast<bool>(out.flush());
}

}  // namespace sotto::bench
