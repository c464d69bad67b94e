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
  void (*measure)(const Options&, Meter&);
};
// In this order: first what needs a quiet, fresh process.
constexpr Part kParts[] = {
    {"sizes", measure_sizes},     {"references", measure_references}, {"proving", measure_proving}, {"parts", measure_parts},
    {"lanes", measure_lanes},     {"verifying", measure_verifying},   {"batches", measure_batches}, {"wallet", measure_wallet},
    {"settlement", measure_settlement},
};

std::string names() {
  std::string out;
  for (const Part& part : kParts) out += (out.empty() ? "" : ", ") + std::string(part.name);
  return out;
}

// Figures that another program of the same sitting measured.
bool merge(Report& report, const std::string& file) {
  std::ifstream in(file);
  const Report more = Report::parse(in, nullptr, false);
  if (!more.is_object()) return false;
  report.update(more, true);
  return true;
}

int run(const Options& options, const std::vector<std::string>& only, const std::vector<std::string>& merged, const std::string& json_file) {
  Meter meter;
  measure_machine(options, meter);
  for (const Part& part : kParts) {
    if (!only.empty() && std::find(only.begin(), only.end(), part.name) == only.end()) continue;
    std::fprintf(stderr, "measuring %-12s", part.name);
    const Times taken = timed([&] { part.measure(options, meter); });
    std::fprintf(stderr, "%7.1f s\n", taken.wall / 1e3);
  }
  meter.put_reference();
  Report& report = meter.report();
  for (const std::string& file : merged)
    if (!merge(report, file)) {
      std::fprintf(stderr, "%s is not an object of figures\n", file.c_str());
      return 1;
    }
  print_table(report);
  if (!json_file.empty()) {
    if (!write_report(report, json_file)) {
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
  std::string beside;
  std::vector<std::string> command;
  bool once = false, serve = false;
  options.data_dir = SOTTO_SOURCE_DIR "/data";
  app.add_flag("--quick", options.quick, "few samples: only shows that everything can be measured");
  app.add_option("--only", only, "only these parts: " + names())->delimiter(',');
  app.add_option("--merge", merged, "take these files' figures into the report");
  app.add_option("--json", json_file, "write the figures here; its folder is also the disk that is measured");
  app.add_flag("--prove-once", once, "load keys and prove once, nothing else");
  app.add_flag("--serve-reference", serve, "a line in, the reference in ms out, until the input ends");
  app.add_option("--beside", beside, "with --: run this command, which writes figures here, and add their ratios");
  app.add_option("command", command, "of --beside")->group("");
  CLI11_PARSE(app, argc, argv);
  for (const std::string& name : only)
    if (std::none_of(std::begin(kParts), std::end(kParts), [&](const Part& p) { return name == p.name; })) {
      std::fprintf(stderr, "no part is called %s\n", name.c_str());
      return 2;
    }
  if (serve) return serve_reference();
  if (beside.empty() != command.empty()) {
    std::fprintf(stderr, "--beside FILE -- COMMAND ...\n");
    return 2;
  }
  if (!beside.empty()) return run_beside_reference(beside, command);
  options.self = std::filesystem::read_symlink("/proc/self/exe");
  const auto folder = std::filesystem::path(json_file).parent_path();
  options.scratch_dir = folder.empty() ? "." : folder.string();
  return once ? prove_once(options) : run(options, only, merged, json_file);
}
