// What a running validator looks after besides its work, once a second: does its engine advance as others' do, is there room on its disks?
#pragma once
#include <condition_variable>
#include <thread>

#include "comet/engine.hpp"
#include "comet/progress.hpp"
#include "node/disk_watch.hpp"
#include "node/validator_node.hpp"

namespace sotto::node {

struct WatchOptions {
  net::Endpoint rpc;                           // the engine's
  bool alone = false;                          // genesis's committee is this validator and nobody else
  comet::ProgressLimits progress;
  DiskLimits disk;
  std::vector<std::filesystem::path> folders;  // whose file systems must have room
};

class Watch {
 public:
  // Looks from now on, on a thread of its own; all of them outlive it.
  Watch(const WatchOptions& options, ValidatorNode& node, comet::CometEngine& engine, const Clock& clock, Log& log);
  ~Watch();                                    // stops
  Watch(const Watch&) = delete;

  // Why this validator can do nothing more; nullopt while it can.
  std::optional<std::string> trouble() const;

 private:
  void run();
  void look();
  void look_at_engine(Surroundings& around);
  void look_at_disk(Surroundings& around);
  void give_up(const std::string& what);

  const WatchOptions options_;
  ValidatorNode& node_;
  comet::CometEngine& engine_;
  const Clock& clock_;
  Log& log_;
  comet::ProgressJudge judge_;
  DiskJudge disk_;
  comet::EngineState state_ = comet::EngineState::fine;
  bool disk_low_ = false;
  net::Client client_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::string trouble_;
  std::thread thread_;
};

}  // namespace sotto::node
