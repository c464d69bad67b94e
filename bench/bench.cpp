// `make bench`: measures, prints a table, writes one JSON object. docs/performance.md says what bounds each figure.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "bench/report.hpp"

namespace {

int run(const sotto::bench::Options& options, const std::string& json_file) {
  using namespace sotto::bench;
  Report report;
  const auto say = [](const char* what) { std::fprintf(stderr, "measuring %s ...\n", what); };
  measure_machine(report);
  measure_sizes(report);
  say("blst and the disk");
  measure_references(options, report);
  say("proofs");
  measure_proofs(options, report);
  say("settlement");
  measure_settlement(options, report);
  print_table(report);
  if (!json_file.empty()) {
    std::ofstream out(json_file);
    out << report.dump(2) << "\n";
    if (!out.flush()) {
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
  sotto::bench::Options options;
  std::string json_file;
  bool prove_once = false;
  options.data_dir = SOTTO_SOURCE_DIR "/data";
  app.add_flag("--quick", options.quick, "few samples: only shows that everything can be measured");
  app.add_option("--json", json_file, "write the figures here; its folder is also the disk that is measured");
  app.add_flag("--prove-once", prove_once, "load keys, prove once, print the peak memory in kB");
  CLI11_PARSE(app, argc, argv);
  options.self = std::filesystem::read_symlink("/proc/self/exe");
  const auto folder = std::filesystem::path(json_file).parent_path();
  options.scratch_dir = folder.empty() ? "." : folder.string();
  return prove_once ? sotto::bench::prove_once(options) : run(options, json_file);
}
