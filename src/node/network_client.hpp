// A network as a wallet sees it: the committee to pay through and the blocks to follow. No single validator is
// believed: a block counts once validators with more than a third of the stake name its hash, so that an honest one is
// among them. Answers are not signed and addresses come from whoever was asked first, so that alone would be an honest
// network's word and nobody's proof: therefore every executed entry must carry the committee's lock certificate.
// Whoever invents all the answers can withhold blocks; money can only be shown that a quorum of the committee voted
// for.
#pragma once
#include "ledger/block.hpp"
#include "node/network_file.hpp"
#include "node/deadline.hpp"
#include "node/payer.hpp"
#include "node/stake_api.hpp"
#include "settle/follow.hpp"

namespace sotto::node {

class NetworkClient {
 public:
  enum class Failed : uint8_t {
    unreachable,       // nobody answers, or too few
    nonsense,          // what answers is no validator of a network we understand
    wrong_network,     // not the one asked for
    disagreement,      // no answer has more than a third of the stake behind it
    timed_out,         // within() is over
    checkpoint_too_old,// the committee we know may be out of office: somebody trusted must name a later one (S-112)
  };
  struct Trouble {
    Failed failed{};
    std::string what;
  };

  // The network of a file: its validators, by their keys, and the genesis it names, from whichever of them has it.
  // Through the relays `via`, if there are any.
  static Result<std::unique_ptr<NetworkClient>, Trouble> connect(const NetworkFile& file, Entropy& entropy, uint32_t timeout_ms,
                                                                 const std::vector<net::Endpoint>& via = {});
  // A network that is known already; nobody is asked.
  static Result<std::unique_ptr<NetworkClient>, Trouble> known(const NetworkInfo& info, Entropy& entropy, uint32_t timeout_ms,
                                                               const std::vector<net::Endpoint>& via = {});
  // Asks `any` validator for the network, addresses and keys included: all of it on that one's word, unless `expected` says which
  // network it must be.
  static Result<std::unique_ptr<NetworkClient>, Trouble> connect(const net::Endpoint& any,
                                                                 const std::optional<ledger::NetworkId>& expected,
                                                                 Entropy& entropy, uint32_t timeout_ms);

  const std::shared_ptr<const ledger::Network>& network() const { return network_; }
  const ledger::NetworkId& id() const { return network_->id(); }
  const ledger::Genesis& genesis() const { return genesis_; }
  const std::shared_ptr<const settle::Committee>& committee() const { return committee_; }
  const std::vector<net::Endpoint>& validators() const { return validators_; }
  // What known() takes: genesis, and where everybody is.
  NetworkInfo info() const;
  Payer& payer() { return *payer_; }

  // While the returned object lives nothing here takes longer than until `deadline`: every call waits for at most what is left of
  // it, and once it is over calls fail with timed_out. Within another one the earlier counts.
  class Limit {
   public:
    Limit(NetworkClient& client, const Deadline& deadline) : client_(client), before_(client.limit_) {
      client.limit_ = before_.or_sooner(deadline);
    }
    ~Limit() { client_.limit_ = before_; }
    Limit(const Limit&) = delete;
    Limit& operator=(const Limit&) = delete;

   private:
    NetworkClient& client_;
    const Deadline before_;
  };
  [[nodiscard]] Limit within(const Deadline& deadline) { return Limit(*this, deadline); }
  const Deadline& limit() const { return limit_; }

  // Takes the place of genesis as what is believed. Refused (wrong_network): another network's.
  Status<Trouble> begin_from(const settle::Checkpoint& checkpoint);
  const settle::Checkpoint& checkpoint() const { return follower_.now(); }
  // Follows the committees as far as any validator has certificates; after it committee(), validators() and payer() are of the
  // newest epoch. True if that is another one than before. A validator whose certificates do not hold is passed over; the
  // trouble is its own only if nobody else helps.
  Result<bool, Trouble> follow();
  // Of an epoch come through since the checkpoint; nullptr: before it.
  std::shared_ptr<const settle::Committee> committee_of(uint64_t epoch) const { return follower_.committee(epoch); }
  // By the payer, and once more by the next committee if the epoch ends meanwhile.
  Result<Settled, SettleFailure> settle(const settle::DecodedCandidate& transaction, const Deadline& deadline, const Payer::Watch& watch = {});
  // That a transaction executed in an epoch that has ended since (S-111): shown before the block that ended the last one.
  Status<Trouble> executed_before(const ledger::TxId& id);

  // Blocks from height `from` on, one page; empty if more than a third of the stake has none yet. With wait_ms the
  // answer waits that long for one to come. Linked to each other, entries matching their headers, what they executed
  // certified (block 0: as in genesis()), the last one's hash confirmed as above.
  Result<std::vector<ledger::Block>, Trouble> blocks(uint64_t from, uint32_t wait_ms);
  // The tree as it stands now, confirmed as above: where a wallet starts that has no past.
  Result<TreeMessage, Trouble> tree();
  // What is at stake now, confirmed as above.
  Result<StakeMessage, Trouble> stake();
  // One validator's word each, in committee order; nothing for those that do not answer.
  std::vector<std::optional<StatusMessage>> status(const ledger::TxId& txid);
  std::vector<std::optional<LockMessage>> lock_of(const ledger::Nullifier& nf);
  // What validators with more than a third of the stake say of a note: another transaction than `own` that spent it, and at least
  // which generation it has.
  struct Fate {
    std::optional<ledger::TxId> spent_by;
    uint32_t generation = 0;
  };
  Fate fate_of(const ledger::Nullifier& nf, const ledger::TxId& own);
  // The highest generation of the note that validators with more than a third of the stake say it has, or a higher one.
  uint32_t generation_of(const ledger::Nullifier& nf);

  // Every validator asked at once, answers in committee order. Once a quorum has answered, who has not is not waited for much longer.
  std::vector<Result<net::Response, Error>> ask_all(const net::Request& request, uint32_t timeout_ms);

 private:
  using Directory = std::map<settle::ValidatorId, net::Endpoint>;
  NetworkClient(Entropy& entropy, uint32_t timeout_ms, ledger::Genesis genesis, settle::Committee committee, Directory directory,
                const std::vector<net::Endpoint>& via);
  // What depends on the epoch.
  void take_office();
  // Is everything these blocks say was executed certified by the committee of its epoch, or genesis's? Epochs before the
  // checkpoint are believed as the blocks' hashes are.
  bool certified(std::span<const ledger::Block> blocks) const;
  // The first answer with more than a third of the stake behind the very same bytes.
  Result<Bytes, Trouble> confirmed(const net::Request& request);
  // The same of what changes with blocks: asked again while validators are not at the same one.
  template <class Message>
  Result<Message, Trouble> settled_answer(const char* path, const char* what);

  // For one call: the usual patience, and not beyond the limit.
  uint32_t patience(uint32_t most = UINT32_MAX) const { return std::min(most, limit_.at_most(timeout_ms_)); }
  Trouble in_time(Trouble trouble) const;

  Entropy& entropy_;
  const uint32_t timeout_ms_;
  Deadline limit_ = Deadline::never();
  ledger::Genesis genesis_;
  std::shared_ptr<const ledger::Network> network_;
  const Directory directory_;
  settle::Follower follower_;
  std::shared_ptr<const settle::Committee> committee_;      // of the follower's epoch
  std::vector<net::Endpoint> validators_;
  net::Client client_;
  std::optional<Payer> payer_;
  std::vector<size_t> order_;          // in which validators are asked for blocks: who answered last first, who failed last
};
const char* name(NetworkClient::Failed f);

}  // namespace sotto::node
