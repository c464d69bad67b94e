// `make bench`: measures, prints a table, writes one JSON object. docs/performance.md says what bounds each figure.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "bench/report.hpp"

namespace {

using namespace sotto::bench;

struct Part {
  const char* name;
  void (*measure)(const Options&, Report&);
};
// In this order: first what needs a quiet, fresh process.
constexpr Part kParts[] = {
    {"references", measure_references}, {"sizes", measure_sizes}, {"proving", measure_proving}, {"parts", measure_parts},
    {"verifying", measure_verifying},   {"wallet", measure_wallet}, {"settlement", measure_settlement},
};

bool write(const Report& report, const std::string& file) {
  std::ofstream out(file);
  out << report.dump(2) << "\n";
  return static_cast<bool>(out.flush());
}

// Figures that another program of the same sitting measured.
bool merge(Report& report, const std::string& file) {
  std::ifstream in(file);
  const Report more = Report::parse(in, nullptr, false);
  if (!more.is_object()) return false;
  report.update(more);
  return true;
}

int run(const Options& options, const std::vector<std::string>& only, const std::vector<std::string>& merged, const std::string& json_file) {
  Report report;
  measure_machine(options, report);
  for (const Part& part : kParts) {
    const bool wanted = only.empty() || std::find(only.begin(), only.end(), part.name) != only.end();
    if (!wanted && std::string(part.name) != "references") continue;      // no ratio without its reference
    std::fprintf(stderr, "measuring %s ...\n", part.name);
    part.measure(options, report);
  }
  for (const std::string& file : merged)
    if (!merge(report, file)) {
      std::fprintf(stderr, "%s is not an object of figures\n", file.c_str());
      return 1;
    }
  const Report figures = read_figures();
  add_ratios(figures, report);
  print_table(figures, report);
  if (!json_file.empty()) {
    if (!write(report, json_file)) {
      std::fprintf(stderr, "cannot write %s\n", json_file.c_str());
      return 1;
    }
    std::printf("\nwritten to %s\n", json_file.c_str());
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Sotto's benchmark"};
  Options options;
  std::string json_file;
  std::vector<std::string> only, merged;
  bool once = false;
  options.data_dir = SOTTO_SOURCE_DIR "/data";
  app.add_flag("--quick", options.quick, "few samples: only shows that everything can be measured");
  app.add_option("--only", only, "only these parts: references, sizes, proving, parts, verifying, wallet, settlement")->delimiter(',');
  app.add_option("--merge", merged, "take these files' figures into the report");
  app.add_option("--json", json_file, "write the figures here; its folder is also the disk that is measured");
  app.add_flag("--prove-once", once, "load keys and prove once, nothing else");
  CLI11_PARSE(app, argc, argv);
  for (const std::string& name : only)
    if (std::none_of(std::begin(kParts), std::end(kParts), [&](const Part& p) { return name == p.name; })) {
      std::fprintf(stderr, "no part is called %s\n", name.c_str());
      return 2;
    }
  options.self = std::filesystem::read_symlink("/proc/self/exe");
  const auto folder = std::filesystem::path(json_file).parent_path();
  options.scratch_dir = folder.empty() ? "." : folder.string();
  return once ? prove_once(options) : run(options, only, merged, json_file);
}
