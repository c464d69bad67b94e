// What `make bench` produces: one object of figures (build/bench.json) and a table for people.
//
// A new figure: one line in figures.json (unit, goal, what it is a multiple of, plausible bounds; the table, the check of
// completeness and the regression guard read it), and a measuring function that puts the key into the report. A new topic: a
// file bench/<topic>.cpp, its function declared here and named in bench.cpp.
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
void measure_machine(const Options& options, Report& report);
void measure_sizes(const Options& options, Report& report);
void measure_references(const Options& options, Report& report);   // blst alone, the disk alone
void measure_parts(const Options& options, Report& report);        // fields, transforms, hashes, commitments
void measure_proving(const Options& options, Report& report);
void measure_verifying(const Options& options, Report& report);
void measure_wallet(const Options& options, Report& report);       // scanning, the note tree
void measure_settlement(const Options& options, Report& report);

// The child of measure_proving: loads keys, proves once.
int prove_once(const Options& options);

// The table of figures.json.
Report read_figures();
// report["ratios"]: every figure that has a reference, as a multiple of it (both in the same unit of time; a rate as
// the count in the reference's time).
void add_ratios(const Report& figures, Report& report);
void print_table(const Report& figures, const Report& report);

}  // namespace sotto::bench
