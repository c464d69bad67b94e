#include "node/network_client.hpp"

#include <algorithm>

#include "node/asking.hpp"
#include "node/deadline.hpp"
#include "node/dev_genesis.hpp"

namespace sotto::node {

namespace {

net::Request get(std::string target) { return {net::Method::get, std::move(target), {}, ""}; }

net::ClientLimits limits() {
  net::ClientLimits l;
  l.max_response_bytes = kMaxResponseBytes;
  return l;
}

constexpr uint32_t kImpatienceMs = 1'000;   // with a validator that hangs, while there are others
constexpr int kAnswerAttempts = 20;      // a block may come between two validators' answers
constexpr auto kAnswerPause = std::chrono::milliseconds(50);

uint64_t now_ms() {
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count());
}

}  // namespace

const char* name(NetworkClient::Failed f) {
  switch (f) {
    case NetworkClient::Failed::unreachable: return "unreachable";
    case NetworkClient::Failed::nonsense: return "nonsense";
    case NetworkClient::Failed::wrong_network: return "wrong_network";
    case NetworkClient::Failed::disagreement: return "disagreement";
    case NetworkClient::Failed::timed_out: return "timed_out";
    case NetworkClient::Failed::checkpoint_too_old: return "checkpoint_too_old";
  }
  return "?";
}

namespace {

using Trouble = NetworkClient::Trouble;
using Failed = NetworkClient::Failed;

Failure<Trouble> nonsense(const net::Endpoint& at, const std::string& what) {
  return Failure{Trouble{Failed::nonsense, "what answers at " + to_string(at) + " is no validator: " + what}};
}

// The blocks from height `from` on, each after the one before it and with the entries its header says. Error: which is not, and why.
Result<std::vector<ledger::Block>, Error> chain_of(const BlocksMessage& message, uint64_t from, const ledger::NetworkId& network) {
  std::vector<ledger::Block> blocks;
  for (const auto& bytes : message.blocks) {
    const uint64_t height = from + blocks.size();
    const auto wrong = [&](const char* what) { return Failure{Error{std::to_string(height) + ", " + what}}; };
    auto block = ledger::decode_block(bytes);
    if (!block.ok()) return wrong(name(block.error()));
    if (block->header.network != network) return wrong("of another network");
    if (block->header.height != height) return wrong("of another height");
    if (block->header.entries != ledger::entries_hash(block->entries)) return wrong("with other entries than its header says");
    if (!blocks.empty() && block->header.previous != ledger::block_hash(blocks.back().header)) return wrong("not after the one before it");
    blocks.push_back(std::move(block).value());
  }
  return blocks;
}

Result<NetworkInfo, Trouble> ask_for_network(net::Client& client, const net::Endpoint& at, uint32_t timeout_ms) {
  const auto response = client.call_and_wait(at, get(kNetworkPath), timeout_ms);
  if (!response.ok()) return Failure{Trouble{Failed::unreachable, response.error().what}};
  if (response->status != 200) return nonsense(at, "status " + std::to_string(response->status));
  auto info = NetworkInfo::decode(response->body);
  if (!info.ok()) return nonsense(at, name(info.error()));
  return std::move(info).value();
}

}  // namespace

Result<std::unique_ptr<NetworkClient>, Trouble> NetworkClient::known(const NetworkInfo& info, Entropy& entropy, uint32_t timeout_ms,
                                                                     const std::vector<net::Endpoint>& via) {
  const auto bad = [](const std::string& what) { return Failure{Trouble{Failed::nonsense, what}}; };
  auto genesis = ledger::decode_genesis(info.genesis);
  if (!genesis.ok()) return bad(std::string("genesis: ") + name(genesis.error()));
  if (const auto content = ledger::check_content(genesis->content); !content.ok()) return bad(std::string("genesis: ") + name(content.error()));
  auto committee = genesis_committee(*genesis);
  if (!committee.ok()) return bad(committee.error().what);
  if (info.validators.size() != (info.ids.empty() ? committee->size() : info.ids.size())) return bad("not one address a validator");
  Directory directory;
  for (size_t i = 0; i < info.validators.size(); ++i) directory[info.ids.empty() ? (*committee)[i].id : info.ids[i]] = info.validators[i];
  return std::unique_ptr<NetworkClient>(
      new NetworkClient(entropy, timeout_ms, std::move(genesis).value(), std::move(committee).value(), std::move(directory), via));
}

Result<std::unique_ptr<NetworkClient>, Trouble> NetworkClient::connect(const net::Endpoint& any,
                                                                       const std::optional<ledger::NetworkId>& expected,
                                                                       Entropy& entropy, uint32_t timeout_ms) {
  net::Client first(limits());
  TRY(info, ask_for_network(first, any, timeout_ms));
  auto client = known(info, entropy, timeout_ms);
  if (!client.ok()) return nonsense(any, client.error().what);
  const auto id = (*client)->id();
  if (expected && *expected != id)
    return Failure{Trouble{Failed::wrong_network, "at " + to_string(any) + " there is another network (" + id.hex().substr(0, 16) + "…)"}};
  TRY_OK((*client)->follow());
  return client;
}

Result<std::unique_ptr<NetworkClient>, Trouble> NetworkClient::connect(const NetworkFile& file, Entropy& entropy, uint32_t timeout_ms,
                                                                       const std::vector<net::Endpoint>& via) {
  net::Client first(limits(), std::nullopt, via);
  Trouble trouble{Failed::unreachable, "the network file names no validator"};
  for (size_t i = 0; i < 2 * file.members.size(); ++i) {       // one that hangs is not waited for while there are others
    const auto& member = file.members[i % file.members.size()];
    auto info = ask_for_network(first, member.api, i < file.members.size() ? std::min(timeout_ms, kImpatienceMs) : timeout_ms);
    if (!info.ok()) {
      trouble = info.error();
      continue;
    }
    const auto genesis = ledger::decode_genesis(info->genesis);
    if (!genesis.ok() || ledger::genesis_hash(*genesis) != file.genesis) {
      trouble = {Failed::wrong_network, member.name + " has another genesis than the network file names"};
      continue;
    }
    const auto committee = genesis_committee(*genesis);
    if (!committee.ok()) return Failure{Trouble{Failed::nonsense, committee.error().what}};
    const auto members = in_committee_order(file, *committee);
    if (!members.ok()) return Failure{Trouble{Failed::nonsense, members.error().what}};
    info->validators.clear();
    info->ids.clear();
    for (const auto& m : *members) {
      info->validators.push_back(m.api);
      info->ids.push_back({m.consensus_key});
    }
    TRY(client, known(*info, entropy, timeout_ms, via));
    TRY_OK(client->follow());
    return client;
  }
  return Failure{std::move(trouble)};
}

NetworkClient::NetworkClient(Entropy& entropy, uint32_t timeout_ms, ledger::Genesis genesis,
                             settle::Committee committee, Directory directory, const std::vector<net::Endpoint>& via)
    : entropy_(entropy),
      timeout_ms_(timeout_ms),
      genesis_(std::move(genesis)),
      network_(std::make_shared<ledger::Network>(genesis_.content)),
      directory_(std::move(directory)),
      follower_({std::move(committee), 0, {}, now_ms()}, network_->params().trust_ms),
      client_(limits(), std::nullopt, via) {
  take_office();
}

// Nobody has failed who had no time.
NetworkClient::Trouble NetworkClient::in_time(Trouble trouble) const {
  if (trouble.failed == Failed::unreachable && limit_.over()) return {Failed::timed_out, "the time given is over"};
  return trouble;
}

std::vector<Result<net::Response, Error>> NetworkClient::ask_all(const net::Request& request, uint32_t timeout_ms) {
  const auto start = std::chrono::steady_clock::now();
  std::vector<Result<net::Response, Error>> out(validators_.size(), Failure{Error{"no answer while the others' was waited for"}});
  settle::Stake answered = 0;
  auto until = Asking::Time::max();
  for (Asking asking(client_, validators_, request, limit_.at_most(timeout_ms)); asking.left() > 0;) {
    auto fresh = asking.next(until);
    if (fresh.empty()) {
      asking.give_up();
      break;
    }
    const bool before = committee_->is_quorum(answered);
    for (auto& [i, response] : fresh) {
      if (response.ok()) answered += (*committee_)[i].stake;
      out[i] = std::move(response);
    }
    const auto now = std::chrono::steady_clock::now();
    if (!before && committee_->is_quorum(answered)) until = now + (now - start) + kPatience;
  }
  return out;
}

// Answers as they come: who says nothing is not waited for once enough others say the same.
Result<Bytes, NetworkClient::Trouble> NetworkClient::confirmed(const net::Request& request) {
  std::map<Bytes, settle::Stake> behind;
  settle::Stake reached = 0;
  std::string trouble;
  for (Asking asking(client_, validators_, request, patience()); asking.left() > 0;)
    for (const auto& [i, answer] : asking.next()) {
      if (!answer.ok()) trouble = answer.error().what;
      if (!answer.ok() || answer->status != 200) continue;
      const settle::Stake stake = (*committee_)[i].stake;
      reached += stake;
      auto& sum = behind[answer->body];
      sum += stake;
      if (sum * 3 > committee_->total()) return answer->body;
    }
  if (reached * 3 > committee_->total())
    return Failure{Trouble{Failed::disagreement, "validators do not agree on " + request.target}};
  return Failure{in_time({Failed::unreachable, trouble.empty() ? "too few validators know " + request.target : trouble})};
}

bool NetworkClient::certified(std::span<const ledger::Block> blocks) const {
  std::map<uint64_t, std::vector<settle::LockCertificate>> by_epoch;
  for (const auto& block : blocks) {
    if (block.header.height == 0) {
      const bool same = block.header.previous.value == ledger::genesis_hash(genesis_) &&
                        std::ranges::equal(
                            block.entries, genesis_.transactions, {},
                            [](const auto& e) { return ledger::full_id(e.certified.transaction); },
                            [](const auto& tx) { return ledger::full_id(tx); });
      if (!same) return false;
      continue;
    }
    const auto committee = committee_of(block.header.epoch);
    if (committee == nullptr) continue;
    auto& certificates = by_epoch[block.header.epoch];
    for (const auto& entry : block.entries) {
      if (entry.outcome != ledger::Outcome::executed) continue;
      const auto& tx = entry.certified.transaction;
      auto certificate = settle::LockCertificate::decode(entry.certified.certificate);
      if (!certificate.ok() || certificate->subject != settle::Subject{committee->epoch(), ledger::generations(tx), ledger::txid(tx)})
        return false;
      certificates.push_back(std::move(certificate).value());
    }
  }
  return std::ranges::all_of(by_epoch, [&](const auto& epoch) {
    const auto verdicts = settle::verify_batch<settle::Phase::vote>(epoch.second, *committee_of(epoch.first), entropy_);
    return std::ranges::all_of(verdicts, [](const auto& verdict) { return verdict.ok(); });
  });
}

Result<std::vector<ledger::Block>, NetworkClient::Trouble> NetworkClient::blocks(uint64_t from, uint32_t wait_ms) {
  Trouble trouble{Failed::unreachable, ""};
  settle::Stake have_none = 0;         // one validator that says so may be hiding blocks, or lag behind
  // One that hangs is not waited for while others have not been asked, and comes last from then on.
  std::vector<bool> answered(validators_.size(), false);
  const auto order = order_;
  const auto put = [&](size_t validator, bool first) {
    const auto at = std::ranges::find(order_, validator);
    if (first) std::rotate(order_.begin(), at, at + 1);
    else std::rotate(at, at + 1, order_.end());
  };
  for (size_t i = 0; i < 2 * order.size(); ++i) {
    const size_t validator = order[i % order.size()];
    if (answered[validator]) continue;
    if (limit_.over()) break;
    const uint32_t patience_ms = i < order.size() ? patience(kImpatienceMs) : patience();
    const uint32_t wait = have_none == 0 ? limit_.at_most(wait_ms) : 0;
    const std::string target =
        std::string(kBlocksPath) + "?from=" + std::to_string(from) + "&wait_ms=" + std::to_string(wait);
    const auto response = client_.call_and_wait(validators_[validator], get(target), limit_.at_most(wait + patience_ms));
    if (!response.ok() || response->status != 200) {
      if (!response.ok()) trouble.what = response.error().what;
      put(validator, false);
      continue;
    }
    answered[validator] = true;
    const auto message = BlocksMessage::decode(response->body);
    if (!message.ok()) continue;
    if (message->blocks.empty()) {
      have_none += (*committee_)[validator].stake;
      if (have_none * 3 > committee_->total()) return std::vector<ledger::Block>();
      continue;
    }

    auto chained = chain_of(*message, from, id());
    if (!chained.ok()) {
      trouble = {Failed::nonsense, to_string(validators_[validator]) + " shows a block that does not hold: " + chained.error().what};
      continue;
    }
    auto blocks = std::move(chained).value();
    // Blocks of an epoch that began since: who may certify in it is to be found out first.
    if (blocks.back().header.epoch > committee_->epoch()) {
      const auto moved = follow();
      if (!moved.ok()) return Failure{moved.error()};
      if (*moved) return this->blocks(from, wait_ms);       // asked of others, who are in office now
      trouble = {Failed::nonsense, "blocks of epoch " + std::to_string(blocks.back().header.epoch) + ", which nobody shows a committee for"};
      continue;
    }
    if (!certified(blocks)) {
      trouble = {Failed::nonsense, to_string(validators_[validator]) + " shows a payment without its certificate"};
      continue;
    }
    const auto& last = blocks.back().header;
    auto hash = confirmed(get(std::string(kHashPath) + "?height=" + std::to_string(last.height) +
                               "&wait_ms=" + std::to_string(patience(kMaxWaitMs) / 2)));
    if (!hash.ok()) {
      trouble = hash.error();
      continue;
    }
    const auto expected = ledger::block_hash(last).value;
    if (!std::equal(hash->begin(), hash->end(), expected.begin(), expected.end())) {
      trouble = {Failed::disagreement, "a block of " + to_string(validators_[validator]) + " is not the others'"};
      continue;
    }
    put(validator, true);
    return blocks;
  }
  if (trouble.what.empty()) trouble.what = "too few validators answer for blocks";
  return Failure{in_time(std::move(trouble))};
}

template <class Message>
Result<Message, NetworkClient::Trouble> NetworkClient::settled_answer(const char* path, const char* what) {
  for (int attempt = 1;; ++attempt) {
    const auto bytes = confirmed(get(path));
    if (bytes.ok()) {
      auto message = Message::decode(*bytes);
      if (!message.ok()) return Failure{Trouble{Failed::nonsense, std::string(what) + ": " + sotto::name(message.error())}};
      return std::move(message).value();
    }
    if (bytes.error().failed != Failed::disagreement || attempt == kAnswerAttempts) return Failure{bytes.error()};
    std::this_thread::sleep_for(kAnswerPause);
  }
}

Result<TreeMessage, NetworkClient::Trouble> NetworkClient::tree() { return settled_answer<TreeMessage>(kTreePath, "tree"); }
Result<StakeMessage, NetworkClient::Trouble> NetworkClient::stake() { return settled_answer<StakeMessage>(kStakePath, "stake"); }

std::vector<std::optional<StatusMessage>> NetworkClient::status(const ledger::TxId& txid) {
  std::vector<std::optional<StatusMessage>> out;
  for (const auto& answer : ask_all(get(std::string(kStatusPath) + "?txid=" + txid.hex()), patience())) {
    out.emplace_back();
    if (!answer.ok() || answer->status != 200) continue;
    if (const auto message = StatusMessage::decode(answer->body); message.ok()) out.back() = *message;
  }
  return out;
}

std::vector<std::optional<LockMessage>> NetworkClient::lock_of(const ledger::Nullifier& nf) {
  std::vector<std::optional<LockMessage>> out;
  for (const auto& answer : ask_all(get(std::string(kLockPath) + "?nf=" + nf.hex()), patience())) {
    out.emplace_back();
    if (!answer.ok() || answer->status != 200) continue;
    if (auto message = LockMessage::decode(answer->body); message.ok()) out.back() = std::move(message).value();
  }
  return out;
}

uint32_t NetworkClient::generation_of(const ledger::Nullifier& nf) { return fate_of(nf, {}).generation; }

NetworkClient::Fate NetworkClient::fate_of(const ledger::Nullifier& nf, const ledger::TxId& own) {
  const auto answers = lock_of(nf);
  Fate fate;
  std::map<ledger::TxId, settle::Stake> spenders;
  for (size_t i = 0; i < answers.size(); ++i)
    if (answers[i] && answers[i]->spent_by && *answers[i]->spent_by != own &&
        (spenders[*answers[i]->spent_by] += (*committee_)[i].stake) * 3 > committee_->total()) fate.spent_by = answers[i]->spent_by;
  std::vector<std::pair<uint32_t, settle::Stake>> said;
  for (size_t i = 0; i < answers.size(); ++i)
    if (answers[i]) said.emplace_back(answers[i]->generation, (*committee_)[i].stake);
  std::ranges::sort(said, std::greater());
  settle::Stake stake = 0;
  for (const auto& [generation, of] : said)
    if ((stake += of) * 3 > committee_->total()) {
      fate.generation = generation;
      break;
    }
  return fate;
}

}  // namespace sotto::node
