#include "ledger/genesis.hpp"

#include "crypto/hash.hpp"
#include "ledger/stake_rules.hpp"

namespace sotto::ledger {
namespace {

GenesisFailure failure(GenesisReject reject, std::optional<size_t> index = std::nullopt) {
  return {reject, index, std::nullopt, std::nullopt};
}

// The rules of L-23 for one transfer; v_in is added to `issued`.
Status<GenesisReject> check_transfer(const Transfer& t, const Network& network, std::vector<Wide>& issued) {
  if (t.fee != 0) return Failure{GenesisReject::has_fee};
  if (t.v_out != 0) return Failure{GenesisReject::has_v_out};
  for (const Input& i : t.inputs) {
    if (i.anchor != genesis_anchor()) return Failure{GenesisReject::wrong_anchor};
    if (i.generation != 0) return Failure{GenesisReject::wrong_generation};
  }
  if (t.v_in == 0) {
    if (!t.asset_pub.is_zero()) return Failure{GenesisReject::stray_asset_pub};
    return Ok{};
  }
  const auto index = network.find(t.asset_pub);
  if (!index) return Failure{GenesisReject::unknown_asset};
  if (network.assets()[*index].opening.policy != 0) return Failure{GenesisReject::regulated_asset};
  issued[*index] += t.v_in;
  return Ok{};
}

}  // namespace

Bytes encode(const Genesis& genesis) {
  Writer out;
  out.u8(kGenesisVersion);
  write(out, genesis.content);
  out.sized(genesis.committee_proofs);
  out.count(genesis.transactions.size());
  for (const Transaction& tx : genesis.transactions) out.sized(encode(tx));
  return std::move(out).bytes();
}

Result<Genesis, DecodeError> decode_genesis(ByteView bytes) {
  if (bytes.size() > kMaxGenesisBytes) return Failure{DecodeError::too_large};
  Reader in(bytes);
  Genesis genesis;
  TRY(version, in.u8());
  if (version != kGenesisVersion) return Failure{DecodeError::bad_version};
  TRY(content, read_genesis_content(in));
  genesis.content = std::move(content);
  TRY(proofs, in.sized(kMaxCommitteeProofBytes));
  genesis.committee_proofs.assign(proofs.begin(), proofs.end());
  TRY(count, in.count(kMaxGenesisTransactions, 4));
  for (size_t i = 0; i < count; ++i) {
    TRY(encoded, in.sized(kMaxTransactionBytes));
    TRY(tx, decode_transaction(encoded));
    genesis.transactions.push_back(std::move(tx));
  }
  TRY_OK(in.finish());
  return genesis;
}

Hash32 genesis_hash(const Genesis& genesis) {
  crypto::Sha256 h;
  h.update(view("Sotto.genesis.v1"));
  h.update(encode(genesis));
  return h.finish();
}

Anchor genesis_anchor() { return {note::empty_root(note::kTreeDepth)}; }

const char* name(GenesisReject reject) {
  switch (reject) {
    case GenesisReject::bad_content: return "bad_content";
    case GenesisReject::too_many_transactions: return "too_many_transactions";
    case GenesisReject::bad_transaction: return "bad_transaction";
    case GenesisReject::has_operation: return "has_operation";
    case GenesisReject::has_fee: return "has_fee";
    case GenesisReject::has_v_out: return "has_v_out";
    case GenesisReject::wrong_anchor: return "wrong_anchor";
    case GenesisReject::wrong_generation: return "wrong_generation";
    case GenesisReject::wrong_expiry: return "wrong_expiry";
    case GenesisReject::unknown_asset: return "unknown_asset";
    case GenesisReject::regulated_asset: return "regulated_asset";
    case GenesisReject::stray_asset_pub: return "stray_asset_pub";
    case GenesisReject::spent: return "spent";
    case GenesisReject::wrong_issue: return "wrong_issue";
    case GenesisReject::bad_committee: return "bad_committee";
  }
  return "?";
}

std::string describe(const GenesisFailure& f) {
  std::string text = name(f.reject);
  if (f.content) text += std::string(": ") + name(*f.content);
  if (f.transaction) text += std::string(": ") + name(*f.transaction);
  if (f.index) text += " at " + std::to_string(*f.index);
  return text;
}

Result<Execution, GenesisFailure> execute_genesis(const Genesis& genesis, Authority& authority) {
  if (auto status = check_content(genesis.content); !status.ok())
    return Failure<GenesisFailure>{{GenesisReject::bad_content, std::nullopt, status.error(), std::nullopt}};
  if (genesis.transactions.size() > kMaxGenesisTransactions) return Failure{failure(GenesisReject::too_many_transactions)};
  const auto network = std::make_shared<const Network>(genesis.content);

  std::vector<Wide> issued(network->assets().size());
  std::set<ByteArray<32>> seen;
  std::vector<const Transaction*> transactions;
  for (size_t i = 0; i < genesis.transactions.size(); ++i) {
    const Transaction& tx = genesis.transactions[i];
    if (auto status = check_shape(tx, *network); !status.ok())
      return Failure<GenesisFailure>{{GenesisReject::bad_transaction, i, std::nullopt, status.error()}};
    if (!tx.operations.empty() || tx.ordered) return Failure{failure(GenesisReject::has_operation, i)};
    if (tx.expiry != 0) return Failure{failure(GenesisReject::wrong_expiry, i)};
    for (const Transfer& t : tx.transfers)
      if (auto status = check_transfer(t, *network, issued); !status.ok()) return Failure{failure(status.error(), i)};
    for (const Nullifier& nf : nullifiers(tx))
      if (!seen.insert(nf.bytes()).second) return Failure{failure(GenesisReject::spent, i)};
    transactions.push_back(&tx);
  }
  for (size_t i = 0; i < issued.size(); ++i)
    if (issued[i] != network->assets()[i].issued) return Failure{failure(GenesisReject::wrong_issue, i)};
  Execution e;
  State& next = e.next;
  next.network = network;
  next.last_block.value = genesis_hash(genesis);
  next.committee = genesis.committee_proofs;
  next.supply.resize(network->assets().size());
  for (size_t i = 0; i < issued.size(); ++i) next.supply[i].minted = issued[i];
  if (network->has_stake() && !begin_stake(genesis.committee_proofs, next)) return Failure{failure(GenesisReject::bad_committee)};
  if (!transactions.empty()) {
    const auto verdicts = authority.verify(*network, transactions);
    for (size_t i = 0; i < verdicts.size(); ++i)
      if (!verdicts[i].ok())
        return Failure<GenesisFailure>{{GenesisReject::bad_transaction, i, std::nullopt, verdicts[i].error()}};
  }

  for (const Transaction& tx : genesis.transactions) {
    const Spend spend{txid(tx), 0};
    e.details.push_back({spend.txid, std::nullopt, std::nullopt, next.tree.size()});
    for (const Commitment& cm : appended_commitments(tx)) CHECK(next.tree.append(cm.value));
    for (const Nullifier& nf : nullifiers(tx)) {
      e.changes.spends.emplace_back(nf, spend);
      add_spend(next, nf, spend.txid);
    }
    e.block.entries.push_back({{tx, {}}, Outcome::executed});
  }
  next.roots.push_back({Anchor{next.tree.root()}, 0});
  e.changes.root = next.newest_root();
  e.block.header = header_after(next, next.last_block, entries_hash(e.block.entries));
  next.last_block = block_hash(e.block.header);
  return e;
}

}  // namespace sotto::ledger
