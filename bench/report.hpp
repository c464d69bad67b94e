// What `make bench` produces: one object of figures (build/bench.json) and a table for people.
//
// A new figure: one line in figures.json (unit, goal, whether it is a multiple of the reference, plausible bounds; the table, the
// check of completeness and the regression guard read it), and a measuring function that puts it. A new topic: a file
// bench/<topic>.cpp, its function declared here and named in bench.cpp.
#pragma once
#include <nlohmann/json.hpp>
#include <string>

#include "bench/measure.hpp"
#include "crypto/fr.hpp"

namespace sotto::bench {

using Report = nlohmann::ordered_json;

struct Options {
  bool quick = false;         // few samples: does the harness work, not how fast is this machine
  std::string data_dir;       // holds srs.bin
  std::string scratch_dir;    // on the disk whose synced writes are measured
  std::string self;           // this program, to run once more for the peak memory of one proof
};

// A line of figures.json.
struct Figure {
  std::string key, group, unit, what;
  bool has_ratio = false;              // "reference": taken in turn with it
  bool more = false;                   // more is better
  double goal = 0;                     // 0: none
  // In milliseconds, and back (units of time only).
  double to_ms(double value) const;
  double from_ms(double ms) const;
  // A time as a multiple of the reference; a rate as the count in the reference's time.
  double ratio(double value, double reference_ms) const;
  // The value on a machine whose reference takes `reference_ms`.
  double at(double ratio, double reference_ms) const;
};
std::vector<Figure> read_figures(const std::string& cpu_flags = "");   // goals may depend on the processor's features
double goal_machine_ms();                                              // the reference where the goals were set

// The report under way, and the reference that everything in it is taken in turn with.
class Meter {
 public:
  Meter() : figures_(read_figures()) {}
  Reference& reference() { return reference_; }
  Report& report() { return report_; }
  // The median in the figure's unit, `times` units of work a sample, its ratio and, for medians, the ratio's quartiles: report[key],
  // report["ratios"][key], report["quartiles"][key].
  void put(const std::string& key, const Series& series, double times = 1) { put(key, series, 0.5, times); }
  void put_quantile(const std::string& key, const Series& series, double q) { put(key, series, q, 1); }
  // report["blst_msm1024_ms"]: the median of all takes, and how far they lay apart (5th and 95th in a hundred).
  void put_reference();

 private:
  void put(const std::string& key, const Series& series, double q, double times);

  std::vector<Figure> figures_;
  Reference reference_;
  Report report_;
};

// Each puts its figures. Any failure of what is measured ends the program: a wrong answer has no speed.
void measure_machine(const Options& options, Meter& meter);
void measure_sizes(const Options& options, Meter& meter);
void measure_references(const Options& options, Meter& meter);   // blst's pairing, the disk
void measure_parts(const Options& options, Meter& meter);        // fields, transforms, hashes, commitments
void measure_lanes(const Options& options, Meter& meter);        // our own vector kernels
void measure_proving(const Options& options, Meter& meter);
void measure_verifying(const Options& options, Meter& meter);    // one, and a batch of 64 in every mode
void measure_batches(const Options& options, Meter& meter);      // 1 to 1,024 in every mode
void measure_wallet(const Options& options, Meter& meter);       // scanning, the note tree
void measure_settlement(const Options& options, Meter& meter);

// The child of measure_proving: loads keys, proves once.
int prove_once(const Options& options);
// A line in, the reference in ms out, until the end of input: for programs in other languages (bench/peers).
int serve_reference();
// Runs a command that writes figures into `file`, with the reference before and after, and adds the ratios; what else the
// file had stays. The command's exit code.
int run_beside_reference(const std::string& file, const std::vector<std::string>& command);

// Full-size pseudo-random, the same in every run.
crypto::Fr scattered(uint64_t i);

bool write_report(const Report& report, const std::string& file);
void print_table(const Report& report);

}  // namespace sotto::bench
