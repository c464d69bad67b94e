#include "wallet/state.hpp"

#include <algorithm>

#include "settle/certificate.hpp"

namespace sotto::wallet {
namespace {

// First byte of every row. Older rows are read, and written anew when they change.
constexpr uint8_t kRowVersion = 1;
constexpr uint8_t kAccountVersion = 2;      // 2: the words
constexpr uint8_t kSyncVersion = 2;         // 2: without the next order, which the history tells
constexpr uint8_t kPaymentVersion = 2;   // 1 lacks `untold`
constexpr uint8_t kHistoryVersion = 3;      // 2: times; 3: what became of it instead
constexpr size_t kMaxReasonBytes = 1024;
constexpr size_t kMaxItems = 3 * ledger::kMaxTransfers;
constexpr size_t kMaxCertificate = 64 * 1024;

void write(Writer& out, const AssetOpening& asset) {
  out.u64(asset.id);
  out.u32(asset.policy);
}
Result<AssetOpening, DecodeError> read_asset(Reader& in) {
  TRY(id, in.u64());
  TRY(policy, in.u32());
  return AssetOpening{id, policy};
}

// In rows addresses name no network: it is the account's, and is put in once the account's row is known.
constexpr uint8_t kAddressVersion = 1;
void write(Writer& out, const note::Diversifier& d, const Fr& owner, const crypto::RistrettoPoint& pk) {
  out.u8(kAddressVersion);
  out.raw(d);
  owner.write(out);
  out.raw(pk.encode());
}
void write(Writer& out, const note::Address& address) { write(out, address.diversifier, address.owner, address.pk); }
Result<note::Address, DecodeError> read_address(Reader& in) {
  TRY(version, in.u8());
  if (version != kAddressVersion) return Failure{DecodeError::bad_version};
  TRY(diversifier, in.array<16>());
  TRY(owner, Fr::read(in));
  TRY(pk_bytes, in.array<32>());
  const auto pk = crypto::RistrettoPoint::decode(pk_bytes);
  if (!pk.ok()) return Failure{DecodeError::non_canonical};
  return note::Address{diversifier, owner, *pk, {}};
}

Result<Bytes, DecodeError> read_bytes(Reader& in, size_t limit) {
  TRY(bytes, in.sized(limit));
  return Bytes(bytes.begin(), bytes.end());
}

Result<TxId, DecodeError> read_txid(Reader& in) {
  TRY(bytes, in.array<32>());
  return TxId{bytes};
}

void write(Writer& out, const std::optional<TxId>& txid) {
  out.u8(txid ? 1 : 0);
  if (txid) out.raw(txid->value);
}
Result<std::optional<TxId>, DecodeError> read_optional_txid(Reader& in) {
  TRY(told, in.boolean());
  if (!told) return std::optional<TxId>();
  TRY(txid, read_txid(in));
  return std::optional(txid);
}

void write(Writer& out, const OutputRef& ref) {
  out.raw(ref.txid.value);
  out.u16(ref.transfer);
  out.u8(ref.slot);
}
Result<OutputRef, DecodeError> read_output_ref(Reader& in) {
  TRY(txid, read_txid(in));
  TRY(transfer, in.u16());
  TRY(slot, in.u8());
  if (slot >= circuit::kSlots) return Failure{DecodeError::too_large};
  return OutputRef{txid, transfer, slot};
}

Bytes id_of(const OutputRef& ref) {
  Writer out;
  write(out, ref);
  return std::move(out).bytes();
}

Bytes bytes_of(const Hash32& hash) { return Bytes(hash.begin(), hash.end()); }

Writer begin_row(uint8_t version = kRowVersion) {
  Writer out;
  out.u8(version);
  return out;
}
// The row's version, at most `newest`.
Result<uint8_t, DecodeError> begin(Reader& in, uint8_t newest = kRowVersion) {
  TRY(version, in.u8());
  if (version < 1 || version > newest) return Failure{DecodeError::bad_version};
  return version;
}

Status<DecodeError> read_account(ByteView value, State& state) {
  Reader in(value);
  TRY(version, begin(in, kAccountVersion));
  TRY(network, in.array<32>());
  TRY(seed, in.array<64>());
  TRY(index, in.u32());
  TRY(birth, in.u64());
  state.words.reset();
  if (version >= 2) {
    TRY(told, in.boolean());
    if (told) {
      TRY(words, in.array<32>());
      state.words = crypto::Bip39Entropy(words);
    }
  }
  state.network = network;
  state.seed = note::Seed(seed);
  state.account_index = index;
  state.birth = birth;
  return in.finish();
}

Status<DecodeError> read_sync(ByteView value, State& state) {
  Reader in(value);
  TRY(version, begin(in, kSyncVersion));
  TRY(next_block, in.u64());
  TRY(next_address, in.u64());
  if (version < 2) TRY_OK(in.u64());
  TRY(frontier, note::NoteTreeFrontier::read(in));
  state.next_block = next_block;
  state.next_address = next_address;
  state.tree = note::NoteWitnessTree(frontier);
  return in.finish();
}

Result<NoteEntry, DecodeError> read_note(ByteView value) {
  Reader in(value);
  TRY_OK(begin(in));
  NoteEntry out;
  TRY(cm, Fr::read(in));
  TRY(nf, Fr::read(in));
  TRY(asset, read_asset(in));
  TRY(units, in.u64());
  TRY(memo, read_bytes(in, note::kMaxMemoBytes));
  TRY(address, read_address(in));
  TRY(rho, Fr::read(in));
  TRY(s, Fr::read(in));
  TRY(origin, read_output_ref(in));
  TRY(generation, in.u32());
  TRY(in_tree, in.boolean());
  if (in_tree) {
    TRY(position, in.u64());
    TRY(height, in.u64());
    out.position = position;
    out.height = height;
  }
  TRY(spent, in.boolean());
  if (spent) {
    TRY(spent_by, read_txid(in));
    out.spent_by = spent_by;
  }
  TRY_OK(in.finish());
  out.cm = cm;
  out.nf = nf;
  out.opened = {{asset, Amount(units), memo}, address.diversifier, address.owner, address.pk, rho, s};
  out.origin = origin;
  out.generation = generation;
  if (note::commitment(out.opened.note()) != cm) return Failure{DecodeError::non_canonical};
  return out;
}

Result<PaymentOutput, DecodeError> read_payment_output(Reader& in) {
  TRY(transfer, in.u16());
  TRY(slot, in.u8());
  TRY(to, read_address(in));
  TRY(asset, read_asset(in));
  TRY(value, in.u64());
  TRY(memo, read_bytes(in, note::kMaxMemoBytes));
  TRY(own, in.boolean());
  TRY(change, in.boolean());
  return PaymentOutput{transfer, slot, to, asset, Amount(value), memo, own, change};
}

Result<PaymentEntry, DecodeError> read_payment(ByteView value) {
  Reader in(value);
  TRY(version, begin(in, kPaymentVersion));
  PaymentEntry out;
  TRY(txid, read_txid(in));
  TRY(bytes, read_bytes(in, ledger::kMaxTransactionBytes));
  TRY(expiry, in.u64());
  TRY(made_at, in.u64());
  TRY(state, in.u8());
  TRY(reason, read_bytes(in, kMaxReasonBytes));
  TRY(spends, in.count(kMaxItems, 32));
  for (size_t i = 0; i < spends; ++i) {
    TRY(cm, in.array<32>());
    out.spends.push_back(cm);
  }
  TRY(outputs, in.count(kMaxItems, 1));
  for (size_t i = 0; i < outputs; ++i) {
    TRY(output, read_payment_output(in));
    out.outputs.push_back(output);
  }
  TRY(fee_asset, read_asset(in));
  TRY(fee, in.u64());
  TRY(certificate, read_bytes(in, kMaxCertificate));
  if (version >= 2) {
    TRY(untold, in.boolean());
    out.untold = untold;
  }
  TRY_OK(in.finish());
  if (state < 1 || state > 5) return Failure{DecodeError::too_large};
  out.txid = txid;
  out.bytes = std::make_shared<const Bytes>(std::move(bytes));
  out.expiry = expiry;
  out.made_at = made_at;
  out.state = static_cast<PaymentState>(state);
  out.reason.assign(reason.begin(), reason.end());
  out.fee_asset = fee_asset;
  out.fee = Amount(fee);
  out.certificate = certificate;
  return out;
}

void write(Writer& out, const std::vector<HistoryItem>& items) {
  out.count(items.size());
  for (const HistoryItem& item : items) {
    out.u16(item.transfer);
    out.u8(item.slot);
    write(out, item.address);
    write(out, item.asset);
    out.u64(item.value.units());
    out.sized(item.memo);
  }
}
Result<std::vector<HistoryItem>, DecodeError> read_history_items(Reader& in) {
  TRY(n, in.count(kMaxItems, 1));
  std::vector<HistoryItem> out;
  for (size_t i = 0; i < n; ++i) {
    TRY(transfer, in.u16());
    TRY(slot, in.u8());
    TRY(address, read_address(in));
    TRY(asset, read_asset(in));
    TRY(value, in.u64());
    TRY(memo, read_bytes(in, note::kMaxMemoBytes));
    out.push_back({transfer, slot, address, asset, Amount(value), memo});
  }
  return out;
}

Result<HistoryEntry, DecodeError> read_history(ByteView value) {
  Reader in(value);
  TRY(version, begin(in, kHistoryVersion));
  HistoryEntry out;
  TRY(txid, read_txid(in));
  TRY(order, in.u64());
  if (order == UINT64_MAX) return Failure{DecodeError::too_large};
  TRY(in_block, in.boolean());
  if (in_block) {
    TRY(height, in.u64());
    out.height = height;
  }
  if (version >= 2) {
    TRY(block_ms, in.u64());
    TRY(known_ms, in.u64());
    out.block_ms = block_ms;
    out.known_ms = known_ms;
  }
  TRY(sent, read_history_items(in));
  TRY(received, read_history_items(in));
  TRY(fee_asset, read_asset(in));
  TRY(fee, in.u64());
  if (version >= 3) {
    TRY(lost, in.boolean());
    if (lost) {
      TRY(at, in.u64());
      TRY(spent, read_optional_txid(in));
      out.lost = Lost{spent, at};
    }
    TRY(retried_by, read_optional_txid(in));
    out.retried_by = retried_by;
  }
  TRY_OK(in.finish());
  out = {txid, order, out.height, out.block_ms, out.known_ms, sent, received, fee_asset, Amount(fee), out.lost, out.retried_by};
  return out;
}

Result<StakeEntry, DecodeError> read_stake_entry(ByteView value) {
  Reader in(value);
  TRY_OK(begin(in));
  StakeEntry out;
  TRY(claim, in.array<32>());
  TRY(kind, in.u8());
  TRY(validator, in.array<32>());
  TRY(amount, in.u64());
  TRY(basis, in.array<32>());
  TRY(height, in.u64());
  TRY(claimed, in.boolean());
  if (claimed) {
    TRY(claimed_by, read_txid(in));
    out.claimed_by = claimed_by;
  }
  TRY(received, in.u64());
  TRY_OK(in.finish());
  if (kind < 1 || kind > 5) return Failure{DecodeError::too_large};
  out = {{claim}, static_cast<StakeKind>(kind), {validator}, amount, basis, height, out.claimed_by, received};
  return out;
}

Result<DeliveredEntry, DecodeError> read_delivered(ByteView value) {
  Reader in(value);
  TRY_OK(begin(in));
  TRY(txid, read_txid(in));
  TRY(height, in.u64());
  TRY(bytes, read_bytes(in, ledger::kMaxTransactionBytes));
  TRY(certificate, read_bytes(in, kMaxCertificate));
  TRY_OK(in.finish());
  return delivered_entry(txid, std::move(bytes), std::move(certificate), height);
}

Status<DecodeError> read_row(const Row& row, State& state) {
  switch (row.key.table) {
    case Table::account: return read_account(row.value, state);
    case Table::sync: return read_sync(row.value, state);
    case Table::notes: {
      TRY(note, read_note(row.value));
      if (key_of(note) != row.key) return Failure{DecodeError::non_canonical};
      state.notes.emplace(note.cm.encode(), note);
      return Ok{};
    }
    case Table::witnesses: return Ok{};  // once the frontier is known
    case Table::payments: {
      TRY(payment, read_payment(row.value));
      if (key_of(payment) != row.key) return Failure{DecodeError::non_canonical};
      state.payments.emplace(payment.txid, payment);
      return Ok{};
    }
    case Table::history: {
      TRY(entry, read_history(row.value));
      if (key_of(entry) != row.key) return Failure{DecodeError::non_canonical};
      state.history.emplace(entry.txid, entry);
      return Ok{};
    }
    case Table::receipts: {
      const auto receipt = note::decode_receipt(row.value);
      if (!receipt.ok()) return Failure{DecodeError::non_canonical};
      const OutputRef ref{{receipt->txid}, receipt->transfer, receipt->slot};
      if (receipt_key(ref) != row.key) return Failure{DecodeError::non_canonical};
      state.receipts.emplace(ref, *receipt);
      return Ok{};
    }
    case Table::stakes: {
      TRY(stake, read_stake_entry(row.value));
      if (key_of(stake) != row.key) return Failure{DecodeError::non_canonical};
      state.stakes.emplace(stake.claim, stake);
      return Ok{};
    }
    case Table::delivered: {
      TRY(delivered, read_delivered(row.value));
      if (key_of(delivered) != row.key) return Failure{DecodeError::non_canonical};
      state.delivered.emplace(delivered.txid, std::move(delivered));
      return Ok{};
    }
  }
  return Failure{DecodeError::bad_version};
}

}  // namespace

RowKey account_key() { return {Table::account, {}}; }
RowKey sync_key() { return {Table::sync, {}}; }
RowKey key_of(const NoteEntry& note) { return {Table::notes, bytes_of(note.cm.encode())}; }
RowKey witness_key(uint64_t position) {
  Writer out;
  out.u64(position);
  return {Table::witnesses, std::move(out).bytes()};
}
RowKey key_of(const PaymentEntry& payment) { return {Table::payments, bytes_of(payment.txid.value)}; }
RowKey key_of(const HistoryEntry& entry) { return {Table::history, bytes_of(entry.txid.value)}; }
RowKey receipt_key(const OutputRef& output) { return {Table::receipts, id_of(output)}; }
RowKey key_of(const DeliveredEntry& delivered) { return {Table::delivered, bytes_of(delivered.txid.value)}; }
RowKey key_of(const StakeEntry& stake) { return {Table::stakes, bytes_of(stake.claim.value)}; }

Row account_row(const State& state) {
  Writer out = begin_row(kAccountVersion);
  out.raw(state.network);
  out.raw(state.seed.expose());
  out.u32(state.account_index);
  out.u64(state.birth);
  out.u8(state.words ? 1 : 0);
  if (state.words) out.raw(state.words->expose());
  return {account_key(), std::move(out).bytes()};
}

Row sync_row(const State& state) {
  Writer out = begin_row(kSyncVersion);
  out.u64(state.next_block);
  out.u64(state.next_address);
  state.tree.frontier().write(out);
  return {sync_key(), std::move(out).bytes()};
}

Row witness_row(const State& state, uint64_t position) { return {witness_key(position), state.tree.mark_record(position)}; }

Row row_of(const NoteEntry& note) {
  Writer out = begin_row();
  note.cm.write(out);
  note.nf.write(out);
  write(out, note.opened.payment.asset);
  out.u64(note.opened.payment.value.units());
  out.sized(note.opened.payment.memo);
  write(out, note.opened.diversifier, note.opened.owner, note.opened.pk);
  note.opened.rho.write(out);
  note.opened.s.write(out);
  write(out, note.origin);
  out.u32(note.generation);
  out.u8(note.position ? 1 : 0);
  if (note.position) {
    out.u64(*note.position);
    out.u64(note.height);
  }
  out.u8(note.spent_by ? 1 : 0);
  if (note.spent_by) out.raw(note.spent_by->value);
  return {key_of(note), std::move(out).bytes()};
}

Row row_of(const PaymentEntry& payment) {
  Writer out = begin_row(kPaymentVersion);
  out.raw(payment.txid.value);
  out.sized(*payment.bytes);
  out.u64(payment.expiry);
  out.u64(payment.made_at);
  out.u8(static_cast<uint8_t>(payment.state));
  out.sized(view(std::string_view(payment.reason).substr(0, kMaxReasonBytes)));
  out.count(payment.spends.size());
  for (const FieldKey& cm : payment.spends) out.raw(cm);
  out.count(payment.outputs.size());
  for (const PaymentOutput& o : payment.outputs) {
    out.u16(o.transfer);
    out.u8(o.slot);
    write(out, o.to);
    write(out, o.asset);
    out.u64(o.value.units());
    out.sized(o.memo);
    out.u8(o.own ? 1 : 0);
    out.u8(o.change ? 1 : 0);
  }
  write(out, payment.fee_asset);
  out.u64(payment.fee.units());
  out.sized(payment.certificate);
  out.u8(payment.untold ? 1 : 0);
  return {key_of(payment), std::move(out).bytes()};
}

Row row_of(const HistoryEntry& entry) {
  Writer out = begin_row(kHistoryVersion);
  out.raw(entry.txid.value);
  out.u64(entry.order);
  out.u8(entry.height ? 1 : 0);
  if (entry.height) out.u64(*entry.height);
  out.u64(entry.block_ms);
  out.u64(entry.known_ms);
  write(out, entry.sent);
  write(out, entry.received);
  write(out, entry.fee_asset);
  out.u64(entry.fee.units());
  out.u8(entry.lost ? 1 : 0);
  if (entry.lost) {
    out.u64(entry.lost->height);
    write(out, entry.lost->to);
  }
  write(out, entry.retried_by);
  return {key_of(entry), std::move(out).bytes()};
}

Row receipt_row(const OutputRef& output, const note::Receipt& receipt) {
  const auto bytes = note::encode(receipt);
  return {receipt_key(output), Bytes(bytes.begin(), bytes.end())};
}

Row row_of(const StakeEntry& stake) {
  Writer out = begin_row();
  out.raw(stake.claim.value);
  out.u8(static_cast<uint8_t>(stake.kind));
  out.raw(stake.validator.value);
  out.u64(stake.amount);
  out.raw(stake.basis);
  out.u64(stake.height);
  out.u8(stake.claimed_by ? 1 : 0);
  if (stake.claimed_by) out.raw(stake.claimed_by->value);
  out.u64(stake.received);
  return {key_of(stake), std::move(out).bytes()};
}

Row row_of(const DeliveredEntry& delivered) {
  Writer out = begin_row();
  out.raw(delivered.txid.value);
  out.u64(delivered.height);
  out.sized(*delivered.bytes);
  out.sized(delivered.certificate);
  return {key_of(delivered), std::move(out).bytes()};
}

Result<PaymentEntry, DecodeError> payment_of(const Row& row) { return read_payment(row.value); }

Result<DeliveredEntry, DecodeError> delivered_entry(const TxId& txid, Bytes transaction, Bytes certificate, uint64_t height) {
  const auto tx = ledger::decode_transaction(transaction);
  if (!tx.ok() || ledger::txid(*tx) != txid) return Failure{DecodeError::non_canonical};
  TRY(parsed, settle::SettlementCertificate::decode(certificate));
  if (parsed.subject.txid != txid) return Failure{DecodeError::non_canonical};
  DeliveredEntry out{txid, std::make_shared<const Bytes>(std::move(transaction)), std::move(certificate), height, parsed.subject.epoch, {}, {}};
  for (const ledger::Nullifier& nf : ledger::nullifiers(*tx)) out.nullifiers.push_back(nf.value.encode());
  out.generations = ledger::generations(*tx);
  return out;
}

Result<State, Error> state_from_rows(const std::vector<Row>& rows) {
  State state;
  bool account = false, sync = false;
  const auto fail = [](const Row& row, const char* why) {
    return Failure{Error{std::string("a row of table ") + name(row.key.table) + " is damaged: " + why}};
  };
  for (const Row& row : rows) {
    account = account || row.key == account_key();
    sync = sync || row.key == sync_key();
    if (const auto read = read_row(row, state); !read.ok()) return fail(row, name(read.error()));
  }
  if (!account && rows.empty()) return Failure{Error{""}};
  if (!account || !sync) return Failure{Error{"the account row or the sync row is missing"}};
  for (const Row& row : rows) {
    if (row.key.table != Table::witnesses) continue;
    Reader in(row.key.id);
    const auto position = in.u64();
    if (!position.ok() || !in.finish().ok()) return fail(row, "its id");
    if (const auto read = state.tree.restore_mark(*position, row.value); !read.ok()) return fail(row, name(read.error()));
  }
  for (const auto& [cm, entry] : state.notes) {
    if (entry.position && !entry.spent_by && !state.tree.marked(*entry.position)) {
      return Failure{Error{"an unspent note has no row in table witnesses"}};
    }
  }
  for (const auto& [txid, payment] : state.payments) {
    if (!state.history.contains(txid)) return Failure{Error{"a payment has no row in table history"}};
  }
  for (const auto& [txid, entry] : state.history) state.next_order = std::max(state.next_order, entry.order + 1);
  const auto network = note::NetworkTag::of(state.network);
  for (auto& [txid, payment] : state.payments)
    for (PaymentOutput& o : payment.outputs) o.to.network = network;
  for (auto& [txid, entry] : state.history)
    for (auto* items : {&entry.sent, &entry.received})
      for (HistoryItem& item : *items) item.address.network = network;
  for (const auto& [ref, receipt] : state.receipts)
    if (receipt.network != state.network) return Failure{Error{"a row of table receipts is another network's"}};
  state.index();
  return state;
}

}  // namespace sotto::wallet
