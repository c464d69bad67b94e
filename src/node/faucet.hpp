// The account that owns what genesis brought in, and pays it out: a wallet like any other, living with its devnet.
#pragma once
#include "node/devnet.hpp"

namespace sotto::node {

class Faucet {
 public:
  // Opens its wallet in `dir`, making it the first time.
  static Result<std::unique_ptr<Faucet>, Devnet::Trouble> open(const std::filesystem::path& dir, const note::Seed& seed,
                                                               std::unique_ptr<NetworkClient> network,
                                                               std::shared_ptr<const circuit::ProofSystem> system,
                                                               Entropy& entropy, ThreadPool& pool);
  ~Faucet();
  Faucet(const Faucet&) = delete;
  // From any thread, one at a time. Fee 0.
  Result<Paid, PayFailure> fund(const note::Address& to, const note::AssetOpening& asset, note::Amount amount,
                                const Bytes& memo, uint32_t timeout_ms);

 private:
  struct Parts;
  explicit Faucet(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace sotto::node
