// The reference of every ratio, alone and for programs that cannot take it themselves.
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <fstream>

#include "base/spawn.hpp"
#include "bench/measure.hpp"
#include "bench/report.hpp"
#include "crypto/g1.hpp"

namespace sotto::bench {

using crypto::Fr;
using crypto::G1;

// Full-size pseudo-random scalars; which ones does not matter, only that none is small.
Fr scattered(uint64_t i) { return (Fr::from_u64(i + 2).inverse() + Fr::from_u64(i)).pow5(); }

struct Reference::Operands {
  std::vector<crypto::G1Affine> points;
  std::vector<Fr> scalars;
};

Reference::Reference() {
  std::vector<G1> sums;
  auto operands = std::make_unique<Operands>();
  for (uint64_t i = 0; i < 1024; ++i) {
    sums.push_back(G1::generator() * scattered(i));
    operands->scalars.push_back(scattered(i + 5000));
  }
  operands->points = crypto::to_affine(sums);
  operands_ = std::move(operands);
  for (int i = 0; i < 2; ++i) take();              // warm
  all_ = {};
}
Reference::~Reference() = default;

Times Reference::take() {
  const Times out = timed([&] { keep(crypto::msm_vartime(operands_->points, operands_->scalars)); });
  all_.add(out.wall);
  return out;
}

// Median of a few: for programs that ask once for something that takes seconds.
static double settled_ms(Reference& reference, size_t count) {
  Samples samples;
  for (size_t i = 0; i < count; ++i) samples.add(reference.take().wall);
  return samples.median();
}

int serve_reference() {
  Reference reference;
  char line[64];
  while (std::fgets(line, sizeof line, stdin) != nullptr) {
    std::printf("%.6f\n", settled_ms(reference, 5));
    std::fflush(stdout);
  }
  return 0;
}

namespace {

Report read_object(const std::string& file) {
  std::ifstream in(file);
  Report out = Report::parse(in, nullptr, false);
  return out.is_object() ? out : Report::object();
}

int run_command(const std::vector<std::string>& command) {
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const pid_t child = fork();
  CHECK(child >= 0);
  if (child == 0) {
    if (inherit_only_standard_streams() != 0) _exit(127);
    execv(arguments[0], arguments.data());
    _exit(127);
  }
  int status = 0;
  CHECK(waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

}  // namespace

// The command puts figures into a JSON file; the reference is taken before and after it, as close as it gets to its insides.
int run_beside_reference(const std::string& file, const std::vector<std::string>& command) {
  constexpr size_t kTakes = 11;
  Report all = read_object(file);
  std::remove(file.c_str());                       // so that what is there afterwards was measured now
  Reference reference;
  const double before = settled_ms(reference, kTakes);
  const int status = run_command(command);
  const double after = settled_ms(reference, kTakes);
  Report fresh = read_object(file);
  if (status == 0) {
    for (const Figure& figure : read_figures())
      if (figure.has_ratio && fresh.contains(figure.key))
        fresh["ratios"][figure.key] = figure.ratio(fresh.at(figure.key).get<double>(), (before + after) / 2);
    all.update(fresh, true);
  }
  return write_report(all, file) ? status : 1;
}

}  // namespace sotto::bench
