#include "ledger/transaction.hpp"

#include "crypto/hash.hpp"

namespace sotto::ledger {
namespace {

using circuit::kBranchSlots;
using circuit::kSlots;

// The least a transfer and an operation take on the wire: what a count may promise at most.
constexpr size_t kMinTransferBytes = 2 + kSlots * (32 + 32 + 4) + kSlots * Output::kBytes + 1 + 8 + 8 + 32 + 32 + 8 + 32 +
                                     circuit::kTransferProofBytes + 64;
constexpr size_t kIssueBytes = 1 + 8 + 4 + 8 + 64;
constexpr size_t kMinOperationBytes = 1 + 8 + 32;       // misconduct
constexpr size_t kMaxOperationBytes = 1 + 96 + 48 + 32 + 32 + 2 + 4 + kMaxEndpointBytes + 8;  // beside transfers: register
static_assert(kIssueBytes < kMaxOperationBytes);
static_assert(9 + 32 + 8 + kMaxTransfers * (kMinTransferBytes + 32 + kBranchSlots * Output::kBytes) +
                  kMaxOperations * kMaxOperationBytes < kMaxTransactionBytes, "a full transaction fits T-4");

enum class Part : uint8_t { body, everything };

void write(Writer& out, const Output& o) {
  o.cm.value.write(out);
  out.raw(o.epk);
  out.raw(o.note_ciphertext);
  out.raw(o.out_ciphertext);
}

Result<Output, DecodeError> read_output(Reader& in) {
  Output o;
  TRY(cm, Fr::read(in));
  o.cm.value = cm;
  TRY(epk, in.array<32>());
  o.epk = epk;
  TRY(note, in.array<Output::kNoteCiphertextBytes>());
  o.note_ciphertext = note;
  TRY(sent, in.array<Output::kOutCiphertextBytes>());
  o.out_ciphertext = sent;
  return o;
}

void write(Writer& out, const Transfer& t, Part part) {
  out.u16(t.circuit);
  for (const Input& i : t.inputs) {
    i.anchor.value.write(out);
    i.nf.value.write(out);
    out.u32(i.generation);
  }
  for (const Output& o : t.outputs) write(out, o);
  out.u8(t.contract.has_value());
  if (t.contract) {
    out.raw(t.contract->commitment);
    for (const Output& o : t.contract->outputs_b) write(out, o);
  }
  out.u64(t.v_in);
  out.u64(t.v_out);
  t.asset_pub.write(out);
  t.fee_asset.write(out);
  out.u64(t.fee);
  out.raw(t.rk.encode());
  if (part == Part::everything) {
    out.raw(t.proof);
    t.signature.write(out);
  }
}

Result<Transfer, DecodeError> read_transfer(Reader& in) {
  Transfer t;
  TRY(circuit_id, in.u16());
  t.circuit = circuit_id;
  for (Input& i : t.inputs) {
    TRY(anchor, Fr::read(in));
    i.anchor.value = anchor;
    TRY(nf, Fr::read(in));
    i.nf.value = nf;
    TRY(generation, in.u32());
    i.generation = generation;
  }
  for (Output& o : t.outputs) {
    TRY(output, read_output(in));
    o = output;
  }
  TRY(has_contract, in.boolean());
  if (has_contract) {
    Contract& contract = t.contract.emplace();
    TRY(commitment, in.array<32>());
    contract.commitment = commitment;
    for (Output& o : contract.outputs_b) {
      TRY(output, read_output(in));
      o = output;
    }
  }
  TRY(v_in, in.u64());
  t.v_in = v_in;
  TRY(v_out, in.u64());
  t.v_out = v_out;
  TRY(asset_pub, Fr::read(in));
  t.asset_pub = asset_pub;
  TRY(fee_asset, Fr::read(in));
  t.fee_asset = fee_asset;
  TRY(fee, in.u64());
  t.fee = fee;
  TRY(rk_bytes, in.array<32>());
  TRY(rk, crypto::JubjubAffine::decode(rk_bytes));
  t.rk = rk;
  TRY(proof, in.array<circuit::kTransferProofBytes>());
  t.proof = proof;
  TRY(signature, Signature::read(in));
  t.signature = signature;
  return t;
}

OperationType type_of(const Mint&) { return OperationType::mint; }
OperationType type_of(const Burn&) { return OperationType::burn; }
OperationType type_of(const Bond&) { return OperationType::bond; }
OperationType type_of(const Unbond&) { return OperationType::unbond; }
OperationType type_of(const Claim&) { return OperationType::claim; }
OperationType type_of(const Register&) { return OperationType::register_validator; }
OperationType type_of(const Unjail&) { return OperationType::unjail; }
OperationType type_of(const Withdraw&) { return OperationType::withdraw; }
OperationType type_of(const Evidence&) { return OperationType::evidence; }
OperationType type_of(const Misconduct&) { return OperationType::misconduct; }

template <class Op>
void write(Writer& out, const Op& op, Part part) {
  out.u8(static_cast<uint8_t>(type_of(op)));
  if constexpr (requires { op.asset.policy; }) {          // mint, burn
    out.u64(op.asset.id);
    out.u32(op.asset.policy);
    out.u64(op.amount);
    if (part == Part::everything) op.signature.write(out);
  } else {
    op.write(out, part == Part::everything);
  }
}

template <class Issue>
Result<Operation, DecodeError> read_issue(Reader& in) {
  Issue op;
  TRY(asset_id, in.u64());
  op.asset.id = asset_id;
  TRY(policy, in.u32());
  op.asset.policy = policy;
  TRY(amount, in.u64());
  op.amount = amount;
  TRY(signature, Signature::read(in));
  op.signature = signature;
  return Operation{op};
}

void write(Writer& out, const Recover& op, Part) {
  out.u8(static_cast<uint8_t>(OperationType::recover));
  out.u64(op.epoch);
  op.nf.value.write(out);
  out.u32(op.generation);
}

void write(Writer& out, const Report& op, Part part) {
  out.u8(static_cast<uint8_t>(OperationType::report));
  out.u64(op.epoch);
  out.u8(op.note.has_value());
  if (op.note) {
    op.note->nf.value.write(out);
    out.u32(op.note->generation);
  }
  out.u16(op.validator);
  if (part == Part::everything) out.raw(op.signature);
}

void write(Writer& out, const CloseEpoch& op, Part part) {
  out.u8(static_cast<uint8_t>(OperationType::close_epoch));
  out.u64(op.epoch);
  out.sized(op.next);
  if (part == Part::body) return;
  out.sized(op.bitmap);
  out.raw(op.signature);
}

template <class T, class Op>
Result<T, DecodeError> read_as(Reader& in) {
  TRY(op, Op::read(in));
  return T{std::move(op)};
}

// What takes its effect from the order; nothing if `type` is of another kind.
Result<std::optional<Ordered>, DecodeError> read_ordered(Reader& in, uint8_t type) {
  if (type == static_cast<uint8_t>(OperationType::recover)) {
    TRY(epoch, in.u64());
    TRY(nf, Fr::read(in));
    TRY(generation, in.u32());
    return std::optional<Ordered>(Recover{epoch, {nf}, generation});
  }
  if (type == static_cast<uint8_t>(OperationType::report)) {
    Report report;
    TRY(epoch, in.u64());
    report.epoch = epoch;
    TRY(of_note, in.boolean());
    if (of_note) {
      TRY(nf, Fr::read(in));
      TRY(generation, in.u32());
      report.note = Report::Note{{nf}, generation};
    }
    TRY(validator, in.u16());
    report.validator = validator;
    TRY(signature, in.array<48>());
    report.signature = signature;
    return std::optional<Ordered>(report);
  }
  if (type == static_cast<uint8_t>(OperationType::close_epoch)) {
    CloseEpoch close;
    TRY(epoch, in.u64());
    close.epoch = epoch;
    TRY(next, in.sized(kMaxNextCommitteeBytes));
    close.next.assign(next.begin(), next.end());
    TRY(bitmap, in.sized(kMaxBitmapBytes));
    close.bitmap.assign(bitmap.begin(), bitmap.end());
    TRY(signature, in.array<48>());
    close.signature = signature;
    return std::optional<Ordered>(std::move(close));
  }
  if (type == static_cast<uint8_t>(OperationType::unjail)) return read_as<std::optional<Ordered>, Unjail>(in);
  if (type == static_cast<uint8_t>(OperationType::withdraw)) return read_as<std::optional<Ordered>, Withdraw>(in);
  if (type == static_cast<uint8_t>(OperationType::evidence)) return read_as<std::optional<Ordered>, Evidence>(in);
  if (type == static_cast<uint8_t>(OperationType::misconduct)) return read_as<std::optional<Ordered>, Misconduct>(in);
  return std::optional<Ordered>();
}

Result<Operation, DecodeError> read_operation(Reader& in, uint8_t type) {
  switch (static_cast<OperationType>(type)) {
    case OperationType::mint: return read_issue<Mint>(in);
    case OperationType::burn: return read_issue<Burn>(in);
    case OperationType::bond: return read_as<Operation, Bond>(in);
    case OperationType::unbond: return read_as<Operation, Unbond>(in);
    case OperationType::claim: return read_as<Operation, Claim>(in);
    case OperationType::register_validator: return read_as<Operation, Register>(in);
    default: return Failure{DecodeError::bad_version};
  }
}

Bytes encode(const Transaction& tx, Part part) {
  Writer out;
  out.u8(kTransactionVersion);
  out.raw(tx.network.value);
  out.u64(tx.expiry);
  out.count(tx.transfers.size());
  for (const Transfer& t : tx.transfers) write(out, t, part);
  CHECK(!tx.ordered || tx.operations.empty());
  out.count(tx.ordered ? 1 : tx.operations.size());
  for (const Operation& op : tx.operations) std::visit([&](const auto& o) { write(out, o, part); }, op);
  if (tx.ordered) std::visit([&](const auto& op) { write(out, op, part); }, *tx.ordered);
  return std::move(out).bytes();
}

Hash32 labelled_sha256(std::string_view label, ByteView bytes) {
  crypto::Sha256 h;
  h.update(view(label));
  h.update(bytes);
  return h.finish();
}

}  // namespace

Bytes encode(const Transaction& tx) { return encode(tx, Part::everything); }
Bytes encode_body(const Transaction& tx) { return encode(tx, Part::body); }

Result<Transaction, DecodeError> decode_transaction(ByteView bytes) {
  if (bytes.size() > kMaxTransactionBytes) return Failure{DecodeError::too_large};
  Reader in(bytes);
  Transaction tx;
  TRY(version, in.u8());
  if (version != kTransactionVersion) return Failure{DecodeError::bad_version};
  TRY(network, in.array<32>());
  tx.network.value = network;
  TRY(expiry, in.u64());
  tx.expiry = expiry;
  TRY(transfers, in.count(kMaxTransfers, kMinTransferBytes));
  tx.transfers.reserve(transfers);
  for (size_t i = 0; i < transfers; ++i) {
    TRY(transfer, read_transfer(in));
    tx.transfers.push_back(std::move(transfer));
  }
  TRY(operations, in.count(kMaxOperations, kMinOperationBytes));
  for (size_t i = 0; i < operations; ++i) {
    TRY(type, in.u8());
    TRY(ordered, read_ordered(in, type));
    if (ordered) {
      if (operations != 1) return Failure{DecodeError::non_canonical};
      tx.ordered = std::move(ordered);
      break;
    }
    TRY(operation, read_operation(in, type));
    tx.operations.push_back(std::move(operation));
  }
  TRY_OK(in.finish());
  return tx;
}

TxId txid(const Transaction& tx) { return {labelled_sha256("Sotto.txid.v1", encode_body(tx))}; }
FullId full_id(ByteView encoded_transaction) { return {labelled_sha256("Sotto.full.v1", encoded_transaction)}; }
FullId full_id(const Transaction& tx) { return full_id(encode(tx)); }
Hash32 issuer_message(const TxId& id) { return labelled_sha256("Sotto.issuer.v1", id.value); }

circuit::TransferPublic statement_of(const Transfer& transfer) {
  circuit::TransferPublic x;
  for (size_t i = 0; i < kSlots; ++i) {
    x.root[i] = transfer.inputs[i].anchor.value;
    x.nf[i] = transfer.inputs[i].nf.value;
    x.cm[i] = transfer.outputs[i].cm.value;
  }
  x.has_b = transfer.contract.has_value();
  for (size_t i = 0; i < kBranchSlots; ++i) x.cm_b[i] = x.has_b ? transfer.contract->outputs_b[i].cm.value : Fr::zero();
  x.v_in = transfer.v_in;
  x.v_out = transfer.v_out;
  x.asset_pub = transfer.asset_pub;
  x.fee_asset = transfer.fee_asset;
  x.fee = transfer.fee;
  x.rk = transfer.rk;
  return x;
}

std::vector<Nullifier> nullifiers(const Transaction& tx) {
  std::vector<Nullifier> all;
  for (const Transfer& t : tx.transfers)
    for (const Input& i : t.inputs) all.push_back(i.nf);
  for (const Operation& op : tx.operations)
    if (const Claim* claim = std::get_if<Claim>(&op)) all.push_back(spent_by_claim(claim->claim));
  return all;
}

std::vector<uint32_t> generations(const Transaction& tx) {
  std::vector<uint32_t> all;
  for (const Transfer& t : tx.transfers)
    for (const Input& i : t.inputs) all.push_back(i.generation);
  for (const Operation& op : tx.operations)
    if (const Claim* claim = std::get_if<Claim>(&op)) all.push_back(claim->generation);
  return all;
}

std::vector<Commitment> appended_commitments(const Transaction& tx) {
  std::vector<Commitment> all;
  for (const Transfer& t : tx.transfers)
    for (size_t j = 0; j < kSlots; ++j)
      if (!t.contract || j >= kBranchSlots) all.push_back(t.outputs[j].cm);
  return all;
}

}  // namespace sotto::ledger
