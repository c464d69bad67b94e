#include "base/spawn.hpp"
#include "bench/validator/served.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cinttypes>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "bench/validator/corpus.hpp"
#include "crypto/random.hpp"
#include "node/batch_worker.hpp"
#include "node/certificate_check.hpp"
#include "node/priority.hpp"
#include "node/validator_node.hpp"
#include "node/world.hpp"
#include "order/embedded.hpp"

namespace sotto::bench {
namespace fs = std::filesystem;
namespace {

constexpr uint32_t kGatherMs = 25;               // as a devnet's engine
constexpr size_t kConnections = 2048;

// Counts what executed, without decoding what the store holds.
class Counting final : public order::Consumer {
 public:
  explicit Counting(node::ValidatorNode& node) : node_(node) {}
  uint64_t height() const override { return node_.height(); }
  Status<Error> execute(const order::Batch& batch) override {
    TRY_OK(node_.execute(batch));
    entries_ += batch.entries.size();
    return Ok{};
  }
  uint64_t entries() const { return entries_; }

 private:
  node::ValidatorNode& node_;
  std::atomic<uint64_t> entries_{0};
};

double written_mb() {
  std::ifstream io("/proc/self/io");
  std::string key;
  uint64_t value = 0;
  while (io >> key >> value)
    if (key == "write_bytes:") return static_cast<double>(value) / 1e6;
  return 0;
}

// "name=ms " for every kind of thread.
std::string threads_text() {
  std::map<std::string, double> sum;
  for (const auto& task : fs::directory_iterator("/proc/self/task")) {
    std::ifstream name_file(task.path() / "comm"), times_file(task.path() / "schedstat");
    std::string name;
    double ns = 0;
    std::getline(name_file, name);
    times_file >> ns;
    for (char& c : name)
      if (c == ' ' || c == '=') c = '-';
    sum[name.starts_with("rocksdb") ? "rocksdb" : name] += ns / 1e6;
  }
  std::string text;
  for (const auto& [name, ms] : sum) text += name + "=" + std::to_string(ms) + " ";
  return text;
}

void say_usage(const node::ValidatorNode& node, uint64_t entries) {
  rusage r{};
  getrusage(RUSAGE_SELF, &r);
  const auto ms = [](const timeval& t) { return static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_usec) / 1e3; };
  const auto [height, hash] = node.state_hash().value();
  std::printf("%.3f %.3f %.1f %.3f %" PRIu64 " %" PRIu64 " %s %s\n", ms(r.ru_utime), ms(r.ru_stime),
              static_cast<double>(r.ru_maxrss) / 1024, written_mb(), height, entries, to_hex(hash).c_str(),
              threads_text().c_str());
  std::fflush(stdout);
}

[[noreturn]] void die(const std::string& what) {
  std::fprintf(stderr, "validator under test: %s\n", what.c_str());
  std::exit(1);
}

}  // namespace

int serve(const ServeOptions& options) {
  const auto network = read_network(options.corpus);
  if (!network.ok()) die(network.error().what);
  crypto::SystemEntropy entropy;
  const node::SystemClock clock;
  ThreadPool pool(options.threads, node::give_way);
  const auto system = circuit::load_proof_system(options.data_dir + "/srs.bin", false, pool);
  if (!system.ok()) die(system.error().what);

  node::ValidatorOptions setup;
  setup.store = fs::path(options.dir) / "store";
  setup.create = options.fresh;
  setup.server.max_connections = kConnections;
  setup.server.max_in_flight = kConnections;
  setup.server.source = {.connections = kConnections, .requests_per_s = 1'000'000, .burst = 1'000'000};  // the harness is one source
  auto opened = node::ValidatorNode::open(setup, network->genesis, network->keys[kUnderTest], *system, entropy, pool);
  if (!opened.ok()) die(opened.error().what);
  const auto node = std::move(opened).value();
  Counting counting(*node);
  std::unique_ptr<order::FileLog> log;
  std::unique_ptr<order::EmbeddedEngine> engine;
  if (options.fresh) {
    auto made = order::FileLog::open(fs::path(options.dir) / "ordering.log", network->committee->network());
    if (!made.ok()) die(made.error().what);
    log = std::move(made).value();
    auto engine_options = order::options_for(network->genesis.content.params);
    engine_options.gather_ms = kGatherMs;
    const auto admit = [](const ledger::CertifiedTransaction&) { return true; };  // the node's own, checked already
    auto begun = order::EmbeddedEngine::start(engine_options, *log, clock, {&counting}, admit);
    if (!begun.ok()) die(begun.error().what);
    engine = std::move(begun).value();
  }
  const auto started = node->start([&](ledger::CertifiedTransaction certified) {
    if (engine && engine->submit(std::move(certified)) != order::Submission::queued) die("the ordering engine does not keep up");
  });
  if (!started.ok()) die(started.error().what);

  std::printf("port %u\n", static_cast<unsigned>(node->endpoint().port));
  std::fflush(stdout);
  char line[16];
  while (std::fgets(line, sizeof line, stdin) != nullptr) say_usage(*node, counting.entries());
  node->close_server();
  if (engine) engine->stop();
  node->stop();
  return 0;
}

Result<std::unique_ptr<ServedValidator>, Error> ServedValidator::start(const std::string& self, const ServeOptions& options) {
  std::error_code failed;
  if (options.fresh) fs::remove_all(options.dir, failed);
  fs::create_directories(options.dir, failed);
  int to[2], from[2];
  if (failed || pipe2(to, O_CLOEXEC) != 0 || pipe2(from, O_CLOEXEC) != 0) return Failure{Error{"cannot start the validator's process"}};
  const pid_t child = fork();
  if (child < 0) return Failure{Error{"cannot start the validator's process"}};
  if (child == 0) {
    dup2(to[0], STDIN_FILENO);
    dup2(from[1], STDOUT_FILENO);
    if (inherit_only_standard_streams() != 0) _exit(127);
    const std::string threads = std::to_string(options.threads);
    execl(self.c_str(), self.c_str(), "--serve", options.dir.c_str(), "--corpus", options.corpus.c_str(), "--data",
          options.data_dir.c_str(), "--threads", threads.c_str(), options.fresh ? nullptr : "--again", static_cast<char*>(nullptr));
    _exit(127);
  }
  close(to[0]);
  close(from[1]);
  std::unique_ptr<ServedValidator> served(new ServedValidator);
  served->child_ = child;
  served->dir_ = options.dir;
  served->in_ = fdopen(to[1], "w");
  served->out_ = fdopen(from[0], "r");
  unsigned port = 0;
  if (std::sscanf(served->line().c_str(), "port %u", &port) != 1) return Failure{Error{"the validator's process did not start"}};
  served->port_ = static_cast<uint16_t>(port);
  return served;
}

std::string ServedValidator::line() {
  char buffer[4096];
  return std::fgets(buffer, sizeof buffer, out_) != nullptr ? std::string(buffer) : std::string();
}

Usage ServedValidator::usage() {
  std::fprintf(in_, "usage\n");
  std::fflush(in_);
  Usage usage;
  char hash[65] = {};
  const std::string text = line();
  const int read = std::sscanf(text.c_str(), "%lf %lf %lf %lf %" SCNu64 " %" SCNu64 " %64s", &usage.user_ms, &usage.system_ms,
                               &usage.peak_mb, &usage.written_mb, &usage.height, &usage.executed, hash);
  if (read != 7) {
    std::fprintf(stderr, "the validator under test is gone\n");
    std::exit(1);
  }
  usage.app_hash = hash;
  std::istringstream words(text);
  for (std::string word; words >> word;)
    if (const size_t at = word.find('='); at != std::string::npos) usage.thread_ms[word.substr(0, at)] = std::stod(word.substr(at + 1));
  return usage;
}

ServedValidator::~ServedValidator() {
  if (in_ != nullptr) std::fclose(in_);
  int status = 0;
  if (child_ > 0) waitpid(child_, &status, 0);
  if (out_ != nullptr) std::fclose(out_);
  std::error_code ignored;
  fs::remove_all(dir_, ignored);
}

}  // namespace sotto::bench
