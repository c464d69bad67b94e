#include "node/devnet.hpp"

#include <algorithm>

#include "node/batch_worker.hpp"
#include "node/faucet.hpp"
#include "base/files.hpp"
#include "order/embedded.hpp"

namespace sotto::node {

namespace fs = std::filesystem;

const char* name(Devnet::Failed f) {
  switch (f) {
    case Devnet::Failed::in_use: return "in_use";
    case Devnet::Failed::port_taken: return "port_taken";
    case Devnet::Failed::damaged: return "damaged";
    case Devnet::Failed::world: return "world";
  }
  return "?";
}

namespace {

using Trouble = Devnet::Trouble;

Failure<Trouble> world(const std::string& what) { return Failure{Trouble{Devnet::Failed::world, what}}; }
Failure<Trouble> damaged(const std::string& what) { return Failure{Trouble{Devnet::Failed::damaged, what}}; }

// Blocks gather for a moment longer than settling takes, so that executing one does not compete with the
// acknowledgements of the payment in it.
constexpr uint32_t kGatherMs = 25;
constexpr uint32_t kFaucetMs = 10'000;
constexpr size_t kMaxValidatorFiles = 64;
constexpr auto kFullPause = std::chrono::milliseconds(20);

fs::path validator_dir(const fs::path& dir, size_t i) { return dir / ("validator-" + std::to_string(i)); }

// What a network is made of. The file `genesis` is written last, when every validator has its store: without it the
// directory holds an attempt that never finished, and is made anew; with it a missing store is damage.
struct Files {
  std::vector<crypto::BlsSecretKey> keys;
  ledger::Genesis genesis;
  note::Seed faucet;
  bool created = false;
};

Result<note::Seed, Trouble> read_seed(const fs::path& file) {
  auto bytes = read_file(file, 64);
  if (!bytes.ok()) return damaged(bytes.error().what);
  if (bytes->size() != 64) return damaged(file.string() + " is not a seed");
  ByteArray<64> seed;
  std::copy(bytes->begin(), bytes->end(), seed.begin());
  wipe(bytes->data(), bytes->size());
  return note::Seed(seed);
}

Result<Files, Trouble> load(const fs::path& dir) {
  auto bytes = read_file(dir / "genesis", ledger::kMaxGenesisBytes);
  if (!bytes.ok()) return damaged(bytes.error().what);
  auto genesis = ledger::decode_genesis(*bytes);
  if (!genesis.ok()) return damaged((dir / "genesis").string() + ": " + name(genesis.error()));
  TRY(faucet, read_seed(dir / "faucet" / "seed"));
  Files files{{}, std::move(genesis).value(), faucet, false};
  std::error_code e;
  for (size_t i = 0; i < kMaxValidatorFiles && fs::exists(validator_dir(dir, i), e); ++i) {
    auto key_bytes = read_file(validator_dir(dir, i) / "key", crypto::BlsSecretKey::kBytes);
    if (!key_bytes.ok()) return damaged(key_bytes.error().what);
    auto key = crypto::BlsSecretKey::decode(*key_bytes);
    wipe(key_bytes->data(), key_bytes->size());
    if (!key.ok()) return damaged((validator_dir(dir, i) / "key").string() + " is not a key");
    files.keys.push_back(*key);
  }
  return files;
}

Result<Files, Trouble> make(const DevnetOptions& options, const std::shared_ptr<const circuit::ProofSystem>& system,
                            Entropy& entropy, ThreadPool& pool, const DevnetProgress& progress) {
  const auto write = [](const fs::path& file, ByteView content) -> Status<Trouble> {
    const auto done = write_file(file, content);
    if (!done.ok()) return world(done.error().what);
    return Ok{};
  };
  Files files{{}, {}, note::Seed(entropy.bytes<64>()), true};
  for (size_t i = 0; i < options.validators; ++i) {
    const fs::path dir = validator_dir(options.dir, i);
    // What an attempt left that never got as far as a genesis.
    std::error_code e;
    fs::remove_all(dir / "store", e);
    if (const auto made = make_directories(dir); !made.ok()) return world(made.error().what);
    files.keys.push_back(crypto::BlsSecretKey::random(entropy));
    TRY_OK(write(dir / "key", files.keys.back().encode().expose()));
  }
  if (const auto made = make_directories(options.dir / "faucet"); !made.ok()) return world(made.error().what);
  TRY_OK(write(options.dir / "faucet" / "seed", files.faucet.expose()));
  files.genesis =
      make_dev_genesis(options.name, files.keys, files.faucet, system, entropy, pool, [&](size_t done, size_t all) {
        if (progress && done < all)
          progress("proving the first notes, " + std::to_string(done + 1) + " of " + std::to_string(all));
      });
  return files;
}

Trouble of(const NodeTrouble& t, size_t validator) {
  const std::string what = "validator " + std::to_string(validator) + ": " + t.what;
  switch (t.failed) {
    case NodeFailed::damaged:
    case NodeFailed::wrong_genesis: return {Devnet::Failed::damaged, what};
    case NodeFailed::port_taken: return {Devnet::Failed::port_taken, what};
    case NodeFailed::world: return {Devnet::Failed::world, what};
  }
  return {Devnet::Failed::world, what};
}

}  // namespace

struct Devnet::Engine {
  std::unique_ptr<order::FileLog> log;
  std::unique_ptr<order::EmbeddedEngine> engine;
  // Certificates are judged once more on the way into the engine; not on a validator's state thread.
  std::unique_ptr<BatchWorker<ledger::CertifiedTransaction>> proposals;

  void propose(std::vector<ledger::CertifiedTransaction> batch) {
    for (auto& certified : batch)
      while (engine->submit(certified) == order::Submission::full) std::this_thread::sleep_for(kFullPause);
  }
};

Devnet::Devnet() = default;
Devnet::~Devnet() { stop(); }

Result<std::unique_ptr<Devnet>, Devnet::Trouble> Devnet::open(const DevnetOptions& options,
                                                              std::shared_ptr<const circuit::ProofSystem> system,
                                                              Entropy& entropy, const Clock& clock, ThreadPool& pool,
                                                              const DevnetProgress& progress) {
  if (const auto made = make_directories(options.dir); !made.ok()) return world(made.error().what);
  auto lock = FileLock::try_lock(options.dir / "lock");
  if (!lock.ok()) return world(lock.error().what);
  if (!*lock) return Failure{Trouble{Failed::in_use, options.dir.string() + " is in use by another process"}};

  // Only an attempt that never finished is made anew: where anything was ever ordered, validators have signed, and a
  // missing or unreadable genesis is damage.
  std::error_code e;
  const bool has_genesis = fs::exists(options.dir / "genesis", e);
  if (e) return world((options.dir / "genesis").string() + ": " + e.message());
  const bool has_run = fs::exists(options.dir / "ordering.log", e);
  if (e) return world((options.dir / "ordering.log").string() + ": " + e.message());
  if (!has_genesis && has_run) return damaged(options.dir.string() + " has an ordering log and no genesis");
  auto files = has_genesis ? load(options.dir) : make(options, system, entropy, pool, progress);
  if (!files.ok()) return Failure{files.error()};
  std::unique_ptr<Devnet> devnet(new Devnet);
  devnet->lock_.emplace(std::move(**lock));
  devnet->created_ = files->created;
  devnet->genesis_ = std::move(files->genesis);
  if (const auto opened = devnet->open_validators(options, files->keys, system, entropy, progress); !opened.ok())
    return Failure{opened.error()};
  if (files->created)
    if (const auto written = write_file(options.dir / "genesis", ledger::encode(devnet->genesis_)); !written.ok())
      return world(written.error().what);
  if (const auto started = devnet->start_engine(options, clock); !started.ok()) return Failure{started.error()};
  if (const auto listening = devnet->listen(); !listening.ok()) return Failure{listening.error()};
  if (progress) progress("opening the faucet");
  auto network = NetworkClient::connect(devnet->endpoints_.front(), devnet->id(), entropy, kFaucetMs);
  if (!network.ok()) return world(network.error().what);
  auto faucet = Faucet::open(options.dir / "faucet", files->faucet, std::move(network).value(), std::move(system), entropy, pool);
  if (!faucet.ok()) return Failure{faucet.error()};
  devnet->faucet_ = std::move(faucet).value();
  return devnet;
}

Status<Devnet::Trouble> Devnet::open_validators(const DevnetOptions& options,
                                                std::span<const crypto::BlsSecretKey> keys,
                                                const std::shared_ptr<const circuit::ProofSystem>& system,
                                                Entropy& entropy, const DevnetProgress& progress) {
  // In the order of genesis's committee from here on.
  const auto committee = genesis_committee(genesis_);
  if (!committee.ok()) return damaged(committee.error().what);
  for (const auto& validator : committee->validators()) {
    const auto key = std::ranges::find(keys, validator.key, &crypto::BlsSecretKey::public_key);
    if (key == keys.end()) return damaged("the committee has validators whose keys are not here");
    const auto i = static_cast<size_t>(key - keys.begin());
    if (progress) progress("starting validator " + std::to_string(nodes_.size() + 1) + " of " + std::to_string(keys.size()));
    // Validators verify side by side, one thread each, instead of queueing for a shared pool.
    pools_.push_back(std::make_unique<ThreadPool>(1));
    ValidatorOptions node;
    node.store = validator_dir(options.dir, i) / "store";
    node.create = created_;
    node.listen.port = options.port == 0 ? uint16_t{0} : static_cast<uint16_t>(options.port + i);
    node.server.max_body_bytes = kMaxRequestBytes;
    node.server.source.forgiven = 1'000;               // developers try things out, all from one address
    auto opened = ValidatorNode::open(node, genesis_, keys[i], system, entropy, *pools_.back());
    if (!opened.ok()) return Failure{of(opened.error(), i)};
    nodes_.push_back(std::move(opened).value());
  }
  return Ok{};
}

Status<Devnet::Trouble> Devnet::start_engine(const DevnetOptions& options, const Clock& clock) {
  engine_ = std::make_unique<Engine>();
  auto log = order::FileLog::open(options.dir / "ordering.log", id());
  if (!log.ok()) return damaged(log.error().what);
  engine_->log = std::move(log).value();
  auto engine_options = order::options_for(genesis_.content.params);
  engine_options.gather_ms = kGatherMs;
  std::vector<order::Consumer*> consumers;
  for (const auto& node : nodes_) consumers.push_back(node.get());
  auto engine = order::EmbeddedEngine::start(engine_options, *engine_->log, clock, consumers,
                                             [n = nodes_.front().get()](const ledger::CertifiedTransaction& certified) -> bool {
                                               const auto* const one = &certified;
                                               return n->admits({&one, 1})[0];
                                             });
  if (!engine.ok()) return damaged(engine.error().what);
  engine_->engine = std::move(engine).value();
  engine_->proposals = std::make_unique<BatchWorker<ledger::CertifiedTransaction>>(
      size_t{256}, [e = engine_.get()](auto batch) { e->propose(std::move(batch)); });
  return Ok{};
}

Status<Devnet::Trouble> Devnet::listen() {
  for (const auto& node : nodes_) {
    const auto started = node->start(
        [e = engine_.get()](ledger::CertifiedTransaction certified) { e->proposals->post(std::move(certified)); });
    if (!started.ok()) return Failure{of(started.error(), endpoints_.size())};
    endpoints_.push_back(node->endpoint());
  }
  for (const auto& node : nodes_) node->announce(endpoints_);
  return Ok{};
}

Result<Paid, PayFailure> Devnet::fund(const note::Address& to, const note::AssetOpening& asset, note::Amount amount,
                                      const Bytes& memo, uint32_t timeout_ms) {
  return faucet_->fund(to, asset, amount, memo, timeout_ms);
}

// Whoever still hands work on goes first: the faucet, the servers, then what they feed.
void Devnet::stop() {
  faucet_.reset();
  for (const auto& node : nodes_) node->close_server();
  if (engine_ && engine_->engine) engine_->engine->stop();
  if (engine_ && engine_->proposals) engine_->proposals->stop();
  for (const auto& node : nodes_) node->stop();
  nodes_.clear();
  engine_.reset();
  lock_.reset();
}

}  // namespace sotto::node
