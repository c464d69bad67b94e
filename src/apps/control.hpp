// How `devnet fund` and `testnet fund` reach the network that runs: a second loopback address whose place and secret lie in a file only
// its owner can read (DIR/control, mode 0600).
#pragma once
#include <filesystem>
#include <functional>

#include "apps/exit_code.hpp"
#include "node/wallet_driver.hpp"

namespace sotto::apps {

inline constexpr const char* kFundPath = "/v1/fund";
inline constexpr uint32_t kFundTimeoutMs = 30'000;

// POST /v1/fund: address, amount, asset (sized texts). The answer is the JSON document of `devnet fund --json`.
struct FundRequest {
  std::string address, amount, asset;
  Bytes encode() const;
  static Result<FundRequest, DecodeError> decode(ByteView bytes);
};

// Serves while it lives; removes the file when it goes.
class ControlServer {
 public:
  // The faucet's payment; one at a time, on a thread of the server's.
  using Fund = std::function<Result<node::Paid, node::PayFailure>(const note::Address& to, const note::AssetOpening& asset, note::Amount amount)>;
  static Result<std::unique_ptr<ControlServer>, Error> start(const std::filesystem::path& dir, const ledger::GenesisContent& content,
                                                             Fund fund, Entropy& entropy);
  ~ControlServer();
  ControlServer(const ControlServer&) = delete;

 private:
  struct Parts;
  explicit ControlServer(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

struct ControlAddress {
  net::Endpoint endpoint;
  std::string token;
};
// Of the network in `dir`; none if it does not run.
Result<ControlAddress, CommandFailure> find_control(const std::filesystem::path& dir);

}  // namespace sotto::apps
