// What `make bench` produces: one flat object of figures (build/bench.json) and a table for people.
#pragma once
#include <nlohmann/json.hpp>
#include <string>

namespace sotto::bench {

using Report = nlohmann::ordered_json;

struct Options {
  bool quick = false;         // few samples: does the harness work, not how fast is this machine
  std::string data_dir;       // holds srs.bin
  std::string scratch_dir;    // on the disk whose synced writes are measured
  std::string self;           // this program, to run once more for the peak memory of one proof
};

// Each adds its keys to the report. Any failure of what is measured ends the program: a wrong answer has no speed.
void measure_machine(Report& report);
void measure_references(const Options& options, Report& report);   // blst alone, the disk alone
void measure_proofs(const Options& options, Report& report);
void measure_settlement(const Options& options, Report& report);
void measure_sizes(Report& report);

// The child of measure_proofs: loads keys, proves once, prints its peak memory in kB.
int prove_once(const Options& options);

void print_table(const Report& report);

}  // namespace sotto::bench
