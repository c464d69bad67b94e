// `make bench-timing`: does the time of a proof tell a secret? Two classes of secret for the same public shape, drawn at random
// for each proof; Welch's t over the times. As in Reparaz, Balasch and Verbauwhede, "Dude, is my code constant time?" (DATE 2017):
// the fixed class is one and the same secret, the random class a new one each time, and t is also taken over times cropped
// at percentiles of all, because a machine's noise is one-sided. |t| > 4.5 is taken as a difference.
#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <fstream>
#include <memory>

#include "bench/measure.hpp"
#include "bench/payments.hpp"
#include "circuit/transfer_circuit.hpp"
#include "crypto/random.hpp"

namespace {

using namespace sotto;
using namespace sotto::bench;
using namespace sotto::circuit;

constexpr double kDifferent = 4.5;
constexpr double kCrops[] = {1.0, 0.9, 0.75, 0.5, 0.25};   // the fastest part that is kept

struct Moments {
  double count = 0, mean = 0, sum_of_squares = 0;
  void add(double x) {
    count += 1;
    const double delta = x - mean;
    mean += delta / count;
    sum_of_squares += delta * (x - mean);
  }
  double variance() const { return count > 1 ? sum_of_squares / (count - 1) : 0; }
};

struct Sample {
  double ms;
  bool fixed;
};

double welch_t(std::span<const Sample> samples, double limit_ms) {
  Moments fixed, random;
  for (const Sample& s : samples)
    if (s.ms <= limit_ms) (s.fixed ? fixed : random).add(s.ms);
  const double variance = fixed.variance() / std::max(1.0, fixed.count) + random.variance() / std::max(1.0, random.count);
  return variance > 0 && fixed.count > 1 && random.count > 1 ? (fixed.mean - random.mean) / std::sqrt(variance) : 0;
}

// What is secret, and how the fixed class differs from the random one. Every payment has the same public shape.
struct Question {
  const char* name;
  const char* what;
  StatementOptions fixed, random;
};

std::vector<Question> questions() {
  const StatementOptions any;
  StatementOptions one_real = any, extreme = any, left = any;
  one_real.dummy[1] = one_real.dummy[2] = true;
  extreme.extreme = true;
  left.path_side = 0;
  return {
      {"same", "one payment against itself proven again: what the method itself says when there is no difference", any, any},
      {"witness", "one payment against a new one each time", any, any},
      {"amounts", "one payment with amounts at the ends of their range against new ones", extreme, any},
      {"position", "notes at position 0 against random positions", left, any},
      {"inputs", "one real input and two dummies against three real inputs", one_real, any},
  };
}

struct Answer {
  double t = 0;                             // the largest of all crops
  double fixed_ms = 0, random_ms = 0;       // medians
};

Answer ask(const Question& question, size_t proofs, const ProofSystem& system, bool cpu, ThreadPool& pool, std::vector<Sample>& samples) {
  crypto::SystemEntropy entropy;
  const Hash32 network = some_network();
  const bool same = std::string_view(question.name) == "same";
  double (*const now)() = cpu ? cpu_ms : wall_ms;
  for (size_t i = 0; i < proofs + 5; ++i) {
    const bool is_fixed = (entropy.bytes<1>()[0] & 1) != 0;
    // Both are built anew, from other memory, so that only the secret differs.
    const auto one = std::make_unique<RandomStatement>(is_fixed || same ? payment(1, question.fixed) : payment(1000 + i, question.random));
    const double start = now();
    keep(prove_transfer(system, network, one->statement, one->witness, entropy, pool));
    const double took = now() - start;
    if (i >= 5) samples.push_back({took, is_fixed});
  }
  Samples all, of_fixed, of_random;
  for (const Sample& s : samples) {
    all.add(s.ms);
    (s.fixed ? of_fixed : of_random).add(s.ms);
  }
  Answer out;
  for (const double crop : kCrops) {
    const double t = welch_t(samples, all.quantile(crop));
    if (std::abs(t) > std::abs(out.t)) out.t = t;
  }
  if (of_fixed.size() > 0) out.fixed_ms = of_fixed.median();
  if (of_random.size() > 0) out.random_ms = of_random.median();
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Does the time of a proof tell a secret?"};
  size_t proofs = 10'000, threads = cores();
  bool cpu = false;
  std::string json_file;
  std::vector<std::string> only;
  app.add_option("--proofs", proofs, "of each question, both classes together");
  app.add_option("--threads", threads, "that prove");
  app.add_flag("--cpu", cpu, "CPU time of the process instead of wall time: for a machine that does something else too");
  app.add_option("--only", only, "same, witness, amounts, position, inputs")->delimiter(',');
  app.add_option("--json", json_file, "write the answers here");
  CLI11_PARSE(app, argc, argv);

  ThreadPool pool(threads);
  Options options;
  options.data_dir = SOTTO_SOURCE_DIR "/data";
  const auto system = load(options, true, pool);
  Report report;
  report["proofs"] = proofs;
  report["threads"] = threads;
  report["clock"] = cpu ? "cpu" : "wall";
  fmt::print("{} proofs a question, {} threads, {} time; |t| above {} would be a difference\n\n{:<10} {:>8} {:>11} {:>11}\n", proofs,
             threads, cpu ? "CPU" : "wall", kDifferent, "question", "t", "fixed ms", "random ms");
  for (const Question& question : questions()) {
    if (!only.empty() && std::find(only.begin(), only.end(), question.name) == only.end()) continue;
    std::vector<Sample> samples;
    const Answer answer = ask(question, proofs, *system, cpu, pool, samples);
    fmt::print("{:<10} {:>8.2f} {:>11.3f} {:>11.3f}  {}{}\n", question.name, answer.t, answer.fixed_ms, answer.random_ms,
               std::abs(answer.t) > kDifferent ? "DIFFERENT: " : "", question.what);
    std::fflush(stdout);
    report["questions"][question.name] = {{"t", answer.t}, {"fixed_ms", answer.fixed_ms}, {"random_ms", answer.random_ms}};
  }
  if (json_file.empty()) return 0;
  std::ofstream out(json_file);
  out << report.dump(2) << "\n";
  return out.flush() ? 0 : 1;
}
