// What comes in: blocks in order, and single transactions delivered directly. Either may tell of an output first, and
// both may tell of it again: a note is one row under its commitment, so it is credited once.
#include <algorithm>
#include <set>

#include "wallet/stake.hpp"
#include "wallet/wallet.hpp"

namespace sotto::wallet {
namespace {

note::OutputCiphertext ciphertext(const ledger::Output& o) { return {o.epk, o.note_ciphertext, o.out_ciphertext}; }

// An output stays outside the tree, and is no money, while a contract holds it.
bool under_contract(const ledger::Transfer& transfer, size_t slot) { return transfer.contract && slot < circuit::kBranchSlots; }

std::optional<note::OpenedOutput> open_output(const note::ViewingKeys& keys, const ledger::Transfer& transfer, size_t slot) {
  const ledger::Output& o = transfer.outputs[slot];
  auto opened = note::try_decrypt(keys.incoming, transfer.inputs[slot].nf.value, o.cm.value, ciphertext(o));
  // Only what can be spent again is credited: no dummies, no regulated assets.
  if (opened && (opened->payment.value.is_zero() || opened->payment.asset.policy != 0)) return std::nullopt;
  return opened;
}

// The next state while it is being computed, and which of its rows have to be written.
struct Draft {
  State next;
  const note::ViewingKeys& keys;
  note::Diversifier change;
  std::set<FieldKey> notes;
  std::set<TxId> payments, history, delivered;
  std::set<ledger::ClaimId> stakes;
  std::set<uint64_t> witnesses;
  bool sync = false;

  Draft(const State& state, const note::ViewingKeys& k) : next(state), keys(k), change(k.diversifier(kChangeIndex)) {}

  HistoryEntry& history_of(const TxId& id) {
    history.insert(id);
    const auto [at, inserted] = next.history.try_emplace(id);
    if (inserted) {
      at->second.txid = id;
      at->second.order = next.next_order++;
    }
    return at->second;
  }

  void lose(const TxId& id, const std::optional<TxId>& to, uint64_t height) {
    HistoryEntry& line = history_of(id);
    if (!line.lost || (to && !line.lost->to)) line.lost = Lost{to, height};
  }

  void executed(const TxId& id, const ScannedBlock& block) {
    HistoryEntry& line = history_of(id);
    line.lost.reset();
    line.height = block.height;
    line.block_ms = block.time_ms;
  }

  // A place in the note tree, and the block that made it.
  struct Place {
    uint64_t position;
    const ScannedBlock* block;
  };
  // One note for one commitment, whoever tells of it and how often. True if it is news.
  bool credit(const OutputRef& origin, uint32_t generation, const Fr& cm, const note::OpenedOutput& opened,
              const std::optional<Place>& place) {
    const FieldKey key = cm.encode();
    const auto [at, inserted] = next.notes.try_emplace(key);
    NoteEntry& entry = at->second;
    if (inserted) {
      entry = {cm, note::nullifier(keys.nk.expose(), opened.rho, cm), opened, origin, generation, std::nullopt, 0, std::nullopt};
      next.by_nullifier[entry.nf.encode()] = key;
      notes.insert(key);
    }
    if (place && !entry.position) {
      // Another transaction may bring the very same note, if it spends the same and the one it came with is lost.
      entry.origin = origin;
      entry.position = place->position;
      entry.height = place->block->height;
      notes.insert(key);
    }
    if (opened.diversifier == change) return inserted;
    if (const auto index = keys.index_of(opened.diversifier); index && *index < kChangeIndex && *index >= next.next_address) {
      next.next_address = *index + 1;
      sync = true;
    }
    HistoryEntry& line = history_of(origin.txid);
    const bool known = std::any_of(line.received.begin(), line.received.end(), [&](const HistoryItem& item) {
      return item.transfer == origin.transfer && item.slot == origin.slot;
    });
    if (!known) {
      line.received.push_back({origin.transfer, origin.slot, opened.address(keys.incoming.network), opened.payment.asset, opened.payment.value,
                               opened.payment.memo});
    }
    if (place) executed(origin.txid, *place->block);
    return inserted;
  }

  // What the viewing keys alone tell about a transaction of this account (restored wallets, other devices).
  std::vector<PaymentOutput> recover(const ledger::Transaction& tx) const {
    std::vector<PaymentOutput> out;
    for (size_t t = 0; t < tx.transfers.size(); ++t) {
      for (size_t j = 0; j < circuit::kSlots; ++j) {
        const ledger::Output& o = tx.transfers[t].outputs[j];
        const auto sent = note::recover_sent(keys.ovk, tx.transfers[t].inputs[j].nf.value, o.cm.value, ciphertext(o));
        if (!sent || sent->payment.value.is_zero()) continue;
        const bool own = keys.incoming.owner(sent->diversifier) == sent->owner;
        out.push_back({static_cast<uint16_t>(t), static_cast<uint8_t>(j), sent->address(keys.incoming.network), sent->payment.asset,
                       sent->payment.value, sent->payment.memo, own, own && sent->diversifier == change});
      }
    }
    return out;
  }

  void remember_sent(const ledger::Transaction& tx, const TxId& id, const std::vector<PaymentOutput>& outputs) {
    HistoryEntry& line = history_of(id);
    line.sent.clear();
    for (const PaymentOutput& o : outputs) {
      if (!o.change) line.sent.push_back({o.transfer, o.slot, o.to, o.asset, o.value, o.memo});
    }
    Amount fee;
    for (const ledger::Transfer& transfer : tx.transfers) fee = fee.plus(Amount(transfer.fee)).value_or(fee);
    line.fee = fee;
  }

  Changes changes() const {
    Changes out;
    for (const FieldKey& key : notes) out.put.push_back(row_of(next.notes.at(key)));
    for (const TxId& id : payments) out.put.push_back(row_of(next.payments.at(id)));
    for (const TxId& id : history) out.put.push_back(row_of(next.history.at(id)));
    for (const TxId& id : delivered) {
      const auto at = next.delivered.find(id);
      if (at != next.delivered.end()) out.put.push_back(row_of(at->second));
      else out.erase.push_back({Table::delivered, Bytes(id.value.begin(), id.value.end())});
    }
    for (const ledger::ClaimId& id : stakes) out.put.push_back(row_of(next.stakes.at(id)));
    for (const uint64_t position : witnesses) {
      if (next.tree.marked(position)) out.put.push_back(witness_row(next, position));
      else out.erase.push_back(witness_key(position));
    }
    if (sync) out.put.push_back(sync_row(next));
    return out;
  }
};

// The fee asset by its opening: transfers name it by hash.
AssetOpening fee_asset_of(const ledger::Network& network, const ledger::Transaction& tx) {
  const auto index = network.find(tx.transfers[0].fee_asset);
  return index ? network.assets()[*index].opening : AssetOpening{};
}

Status<Refusal> check_certificate(const settle::SettlementCertificate& certificate, const settle::Committee& committee,
                                  const ledger::NetworkId& network, const ledger::Transaction& tx, const TxId& id) {
  if (committee.network() != network || certificate.subject.txid != id ||
      certificate.subject.generations != ledger::generations(tx)) {
    return Failure{Refusal{Reject::wrong_certificate, {}}};
  }
  if (const auto good = settle::verify(certificate, committee); !good.ok()) {
    return Failure{Refusal{Reject::bad_certificate, settle::name(good.error())}};
  }
  return Ok{};
}

// Own outputs of an own payment that became final: on their way, not in the tree yet.
void credit_own(Draft& draft, const ledger::Transaction& tx, const TxId& id) {
  for (size_t t = 0; t < tx.transfers.size(); ++t) {
    for (size_t j = 0; j < circuit::kSlots; ++j) {
      if (under_contract(tx.transfers[t], j)) continue;
      if (const auto opened = open_output(draft.keys, tx.transfers[t], j)) {
        draft.credit({id, static_cast<uint16_t>(t), static_cast<uint8_t>(j)}, 0, tx.transfers[t].outputs[j].cm.value, *opened,
                     std::nullopt);
      }
    }
  }
}

uint64_t epoch_of(const PaymentEntry& settled) {
  const auto certificate = settle::SettlementCertificate::decode(settled.certificate);
  return certificate.ok() ? certificate->subject.epoch : UINT64_MAX;
}

void settle_payment(Draft& draft, PaymentEntry& payment, const ledger::Transaction& tx,
                    const settle::SettlementCertificate& certificate) {
  payment.state = PaymentState::settled;
  payment.reason.clear();
  payment.certificate = certificate.encode();
  draft.payments.insert(payment.txid);
  if (draft.next.lost(payment.txid)) draft.history_of(payment.txid).lost.reset();     // certified anew, in a later epoch
  credit_own(draft, tx, payment.txid);
  draft.next.index();
}

}  // namespace

ScannedBlock scanned(const ledger::Block& block) {
  ScannedBlock out{block.header.height, {}, block.header.note_root.value, {}, block.header.time_ms, block.header.epoch};
  for (const ledger::BlockEntry& entry : block.entries) {
    const ledger::Transaction& tx = entry.certified.transaction;
    if (entry.outcome == ledger::Outcome::executed) out.transactions.push_back(&tx);
    const bool withdraws = tx.ordered && std::holds_alternative<ledger::Withdraw>(*tx.ordered);
    if (withdraws && entry.outcome == ledger::Outcome::took_effect) out.withdrawals.push_back(&tx);
  }
  return out;
}

Result<ledger::Transaction, Refusal> Wallet::verified(ByteView transaction, ledger::Authority& authority) const {
  const auto bad = [](ledger::Reject reject) {
    if (reject == ledger::Reject::wrong_network) return Failure{Refusal{Reject::wrong_network, "the transaction is another network's"}};
    return Failure{Refusal{Reject::bad_transaction, ledger::name(reject)}};
  };
  auto tx = ledger::decode_checked(transaction);
  if (!tx.ok()) return bad(tx.error());
  if (const auto fine = ledger::check_stateless(*tx, *network_, std::nullopt); !fine.ok()) return bad(fine.error());
  const ledger::Transaction* const one = &*tx;
  if (const auto fine = authority.verify(*network_, {&one, 1})[0]; !fine.ok()) return bad(fine.error());
  return std::move(*tx);
}

Status<Refusal> Wallet::settled(const TxId& txid, const settle::SettlementCertificate& certificate, const settle::Committee& committee) {
  const PaymentEntry* payment = this->payment(txid);
  if (payment == nullptr) return Failure{Refusal{Reject::unknown_payment, {}}};
  const auto tx = ledger::decode_transaction(*payment->bytes);
  if (!tx.ok()) return Failure{Refusal{Reject::damaged, "the stored bytes of a payment"}};
  TRY_OK(check_certificate(certificate, committee, network_->id(), *tx, txid));
  if (payment->state == PaymentState::executed || payment->state == PaymentState::settled) return Ok{};
  Draft draft(state_, keys());
  settle_payment(draft, draft.next.payments.at(txid), *tx, certificate);
  const Changes changes = draft.changes();
  return commit(std::move(draft.next), changes);
}

Status<Refusal> Wallet::refused(const TxId& txid, const std::string& reason) {
  const PaymentEntry* payment = this->payment(txid);
  if (payment == nullptr) return Failure{Refusal{Reject::unknown_payment, {}}};
  if (payment->state == PaymentState::refused) return Ok{};
  if (payment->state == PaymentState::settled || payment->state == PaymentState::executed) return Failure{Refusal{Reject::payment_final, {}}};
  Draft draft(state_, keys());
  PaymentEntry& entry = draft.next.payments.at(txid);
  entry.state = PaymentState::refused;
  entry.reason = reason;
  draft.payments.insert(txid);
  draft.next.index();
  const Changes changes = draft.changes();
  return commit(std::move(draft.next), changes);
}

Status<Refusal> Wallet::adopt(ByteView transaction, ledger::Authority& authority) {
  TRY(tx, verified(transaction, authority));
  const TxId id = ledger::txid(tx);
  if (payment(id) != nullptr) return Ok{};
  PaymentEntry entry;
  for (const ledger::Nullifier& nf : ledger::nullifiers(tx)) {
    const auto ours = state_.by_nullifier.find(nf.value.encode());
    if (ours == state_.by_nullifier.end()) continue;
    if (state_.notes.at(ours->second).spent_by || state_.held.contains(ours->second)) return Failure{Refusal{Reject::conflicts_with_payment, {}}};
    entry.spends.push_back(ours->second);
  }
  if (entry.spends.empty()) return Failure{Refusal{Reject::not_ours, {}}};
  Draft draft(state_, keys());
  entry.txid = id;
  entry.bytes = std::make_shared<const Bytes>(transaction.begin(), transaction.end());
  entry.expiry = tx.expiry;
  entry.made_at = state_.height();
  entry.outputs = draft.recover(tx);
  draft.remember_sent(tx, id, entry.outputs);
  HistoryEntry& line = draft.history_of(id);
  line.fee_asset = entry.fee_asset = fee_asset_of(*network_, tx);
  entry.fee = line.fee;
  draft.payments.insert(id);
  draft.next.payments.emplace(id, entry);
  draft.next.index();
  const Changes changes = draft.changes();
  return commit(std::move(draft.next), changes);
}

Result<std::vector<Incoming>, Refusal> Wallet::receive(ByteView transaction, const settle::SettlementCertificate& certificate,
                                                       const settle::Committee& committee, ledger::Authority& authority) {
  TRY(tx, verified(transaction, authority));
  const TxId id = ledger::txid(tx);
  TRY_OK(check_certificate(certificate, committee, network_->id(), tx, id));
  Draft draft(state_, keys());
  std::vector<Incoming> out;
  for (size_t t = 0; t < tx.transfers.size(); ++t) {
    for (size_t j = 0; j < circuit::kSlots; ++j) {
      const auto opened = open_output(keys(), tx.transfers[t], j);
      if (!opened || opened->diversifier == draft.change) continue;
      const OutputRef ref{id, static_cast<uint16_t>(t), static_cast<uint8_t>(j)};
      const bool conditional = under_contract(tx.transfers[t], j);
      const bool credited = !conditional && draft.credit(ref, 0, tx.transfers[t].outputs[j].cm.value, *opened, std::nullopt);
      if (HistoryEntry* line = credited ? &draft.history_of(id) : nullptr; line != nullptr && line->known_ms == 0) line->known_ms = now_ms();
      out.push_back({ref, opened->payment.asset, opened->payment.value, opened->payment.memo, opened->address(keys().incoming.network), credited, conditional});
    }
  }
  if (out.empty()) return Failure{Refusal{Reject::nothing_for_us, {}}};
  if (const auto own = draft.next.payments.find(id); own != draft.next.payments.end() &&
      own->second.state != PaymentState::settled && own->second.state != PaymentState::executed) {
    settle_payment(draft, own->second, tx, certificate);
  } else if (const auto known = state_.delivered.find(id); own == draft.next.payments.end() &&
             (std::ranges::any_of(out, &Incoming::credited) ||
              (known != state_.delivered.end() && known->second.epoch < certificate.subject.epoch))) {
    auto entry = delivered_entry(id, Bytes(transaction.begin(), transaction.end()), certificate.encode(), state_.height());
    CHECK(entry.ok());
    draft.next.delivered.insert_or_assign(id, std::move(entry).value());
    draft.delivered.insert(id);
    HistoryEntry& line = draft.history_of(id);
    if (line.lost && !line.lost->to) line.lost.reset();
    draft.next.index();
  }
  const Changes changes = draft.changes();
  if (!changes.empty()) TRY_OK(commit(std::move(draft.next), changes));
  for (Incoming& in : out) in.lost = state_.is_void(id);
  return out;
}

Result<BlockEffects, Refusal> Wallet::apply_blocks(std::span<const ScannedBlock> blocks, ThreadPool& pool) {
  // Trial decryption is nearly all of the work, and every output stands alone.
  struct Job {
    const ledger::Transfer* transfer;
    size_t slot;
    std::optional<note::OpenedOutput> opened;
  };
  std::vector<Job> jobs;
  for (const ScannedBlock& block : blocks) {
    for (const ledger::Transaction* tx : block.transactions) {
      for (const ledger::Transfer& transfer : tx->transfers) {
        for (size_t j = 0; j < circuit::kSlots; ++j) {
          if (!under_contract(transfer, j)) jobs.push_back({&transfer, j, std::nullopt});
        }
      }
    }
  }
  pool.parallel_for(jobs.size(), [&](size_t i) { jobs[i].opened = open_output(keys(), *jobs[i].transfer, jobs[i].slot); });

  Draft draft(state_, keys());
  State& next = draft.next;
  BlockEffects effects;
  auto job = jobs.begin();
  const auto lose = [&](const TxId& id, const std::optional<TxId>& to, uint64_t height) {
    if (!next.lost(id)) effects.lost.push_back(id);
    draft.lose(id, to, height);
  };
  for (const ScannedBlock& block : blocks) {
    if (block.height != next.next_block) return Failure{Refusal{Reject::wrong_height, {}}};
    // A certificate is worth nothing once its epoch is over (L-76), and what was settled should have been in a block of it. Sent
    // anew it may still be certified by those in office now.
    for (const auto& [id, entry] : next.delivered)
      if (entry.epoch < block.epoch && !next.lost(id)) lose(id, std::nullopt, block.height);
    for (auto& [id, payment] : next.payments) {
      if (payment.state != PaymentState::settled || next.lost(id) || epoch_of(payment) >= block.epoch) continue;
      payment.state = PaymentState::pending;
      payment.reason = "its epoch ended before a block had it";
      draft.payments.insert(id);
      lose(id, std::nullopt, block.height);
    }
    std::vector<Fr> leaves;
    std::vector<size_t> marks;
    std::vector<uint64_t> spent_positions;
    bool payments_changed = false;
    for (const ledger::Transaction* tx : block.withdrawals) find_stakes(keys_.ask(), *tx, ledger::txid(*tx), block.height, next, draft.stakes);
    for (const ledger::Transaction* tx : block.transactions) {
      const TxId id = ledger::txid(*tx);
      find_stakes(keys_.ask(), *tx, id, block.height, next, draft.stakes);
      bool ours = false;
      for (const ledger::Nullifier& nf : ledger::nullifiers(*tx)) {
        if (const auto awaiting = next.awaited.find(nf.value.encode()); awaiting != next.awaited.end()) {
          for (const TxId& other : awaiting->second)
            if (other != id) lose(other, id, block.height);
        }
        const auto found = next.by_nullifier.find(nf.value.encode());
        if (found == next.by_nullifier.end()) continue;
        ours = true;
        NoteEntry& entry = next.notes.at(found->second);
        entry.spent_by = id;
        draft.notes.insert(found->second);
        if (entry.position) spent_positions.push_back(*entry.position);
        const auto holder = next.held.find(found->second);
        if (holder == next.held.end() || holder->second == id) continue;
        PaymentEntry& loser = next.payments.at(holder->second);
        loser.state = PaymentState::refused;
        loser.reason = "its note was spent by transaction " + id.hex();
        draft.payments.insert(loser.txid);
        lose(loser.txid, id, block.height);
        effects.refused.push_back(loser.txid);
        next.index();
      }
      if (next.delivered.erase(id) > 0) {
        draft.delivered.insert(id);
        draft.executed(id, block);
        next.index();
      }
      if (const auto own = next.payments.find(id); own != next.payments.end()) {
        if (own->second.state != PaymentState::executed) effects.executed.push_back(id);
        own->second.state = PaymentState::executed;
        own->second.reason.clear();
        draft.payments.insert(id);
        draft.executed(id, block);
        payments_changed = true;
      } else if (ours) {
        draft.remember_sent(*tx, id, draft.recover(*tx));
        draft.history_of(id).fee_asset = fee_asset_of(*network_, *tx);
        draft.executed(id, block);
      }
      for (size_t t = 0; t < tx->transfers.size(); ++t) {
        for (size_t j = 0; j < circuit::kSlots; ++j) {
          if (under_contract(tx->transfers[t], j)) continue;
          const Fr& cm = tx->transfers[t].outputs[j].cm.value;
          if (const auto& opened = (job++)->opened) {
            const OutputRef ref{id, static_cast<uint16_t>(t), static_cast<uint8_t>(j)};
            const bool news = draft.credit(ref, 0, cm, *opened,
                                           Draft::Place{next.tree.size() + leaves.size(), &block});
            marks.push_back(leaves.size());
            if (opened->diversifier != draft.change) {
              effects.received.push_back({ref, opened->payment.asset, opened->payment.value, opened->payment.memo,
                                          opened->address(keys().incoming.network), news, false});
            }
          }
          leaves.push_back(cm);
        }
      }
    }
    const auto changed = next.tree.append(leaves, marks, &pool);
    if (!changed) return Failure{Refusal{Reject::tree_full, {}}};
    if (next.tree.root() != block.root) return Failure{Refusal{Reject::wrong_root, {}}};
    draft.witnesses.insert(changed->begin(), changed->end());
    for (const uint64_t position : spent_positions) {
      next.tree.forget(position);
      draft.witnesses.insert(position);
    }
    for (auto& [id, payment] : next.payments) {
      if (payment.state != PaymentState::pending || payment.expiry >= block.height) continue;
      payment.state = PaymentState::expired;
      payment.reason = "not settled before height " + std::to_string(payment.expiry);
      draft.payments.insert(id);
      effects.expired.push_back(id);
      payments_changed = true;
    }
    if (payments_changed) next.index();
    ++next.next_block;
    draft.sync = true;
  }
  const Changes changes = draft.changes();
  TRY_OK(commit(std::move(next), changes));
  return effects;
}

}  // namespace sotto::wallet
