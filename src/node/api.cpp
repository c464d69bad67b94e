#include "node/api.hpp"

#include <algorithm>

namespace sotto::node {

namespace {

std::string text_of(ByteView bytes) { return {bytes.begin(), bytes.end()}; }

void write_option(Writer& out, const std::optional<Bytes>& bytes) {
  out.u8(bytes.has_value());
  if (bytes) out.sized(*bytes);
}
Result<std::optional<Bytes>, DecodeError> read_option(Reader& in, size_t limit) {
  TRY(present, in.boolean());
  if (!present) return std::optional<Bytes>();
  TRY(bytes, in.sized(limit));
  return std::optional<Bytes>(Bytes(bytes.begin(), bytes.end()));
}

void write_option(Writer& out, const std::optional<ledger::TxId>& id) {
  out.u8(id.has_value());
  if (id) out.raw(id->value);
}
Result<std::optional<ledger::TxId>, DecodeError> read_option_id(Reader& in) {
  TRY(present, in.boolean());
  if (!present) return std::optional<ledger::TxId>();
  TRY(id, in.array<32>());
  return std::optional<ledger::TxId>(ledger::TxId{id});
}

}  // namespace

std::string hinted_transactions_path(size_t hint_bytes) {
  return std::string(kTransactionsPath) + "?hints=" + std::to_string(hint_bytes);
}

std::optional<HintedBody> split_hints(const net::Target& target, ByteView body) {
  const auto size = target.number("hints", 0);
  if (!size || *size > ledger::kMaxHintBytes || *size > body.size()) return std::nullopt;
  const size_t at = body.size() - static_cast<size_t>(*size);
  return HintedBody{body.first(at), body.subspan(at)};
}

bool is_name(ByteView text) {
  return std::ranges::all_of(text,
                             [](uint8_t c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
}

Bytes RefusalMessage::encode() const {
  Writer out;
  out.sized(view(reason));
  out.sized(view(rule));
  write_option(out, rival);
  write_option(out, rival_id);
  return std::move(out).bytes();
}

Result<RefusalMessage, DecodeError> RefusalMessage::decode(ByteView bytes) {
  Reader in(bytes);
  TRY(reason, in.sized(kMaxRuleBytes));
  TRY(rule, in.sized(kMaxRuleBytes));
  TRY(rival, read_option(in, ledger::kMaxTransactionBytes));
  TRY(rival_id, read_option_id(in));
  TRY_OK(in.finish());
  if (!is_name(reason) || !is_name(rule)) return Failure{DecodeError::non_canonical};
  return RefusalMessage{text_of(reason), text_of(rule), std::move(rival), rival_id};
}

RefusalMessage RefusalMessage::of(const settle::Refusal& refusal) {
  RefusalMessage out{name(refusal.reason), refusal.rule, std::nullopt, refusal.rival_id};
  if (refusal.rival) out.rival = *refusal.rival;
  return out;
}

net::Response refusal(const settle::Refusal& r) {
  const bool rubbish = r.reason == settle::SettleReject::bad_proof_or_signature || r.reason == settle::SettleReject::certificate_invalid;
  return {409, RefusalMessage::of(r).encode(), net::kBinary, 0, rubbish};
}

std::string RefusalMessage::text() const { return rule.empty() ? reason : reason + ": " + rule; }

Bytes CertificateMessage::encode() const {
  Writer out;
  certificate.write(out);
  write_option(out, transaction);
  return std::move(out).bytes();
}

Result<CertificateMessage, DecodeError> CertificateMessage::decode(ByteView bytes) {
  Reader in(bytes);
  TRY(certificate, settle::LockCertificate::read(in));
  TRY(transaction, read_option(in, ledger::kMaxTransactionBytes));
  TRY_OK(in.finish());
  return CertificateMessage{std::move(certificate), std::move(transaction)};
}

Bytes NetworkInfo::encode() const {
  Writer out;
  out.sized(genesis);
  out.count(validators.size());
  for (const auto& v : validators) {
    out.sized(view(v.address));
    out.u16(v.port);
    out.u8(v.key.has_value());
    if (v.key) out.raw(*v.key);
  }
  out.u64(height);
  out.count(ids.size());
  for (const auto& id : ids) out.raw(id.value);
  return std::move(out).bytes();
}

Result<NetworkInfo, DecodeError> NetworkInfo::decode(ByteView bytes) {
  Reader in(bytes);
  NetworkInfo info;
  TRY(genesis, in.sized(ledger::kMaxGenesisBytes));
  info.genesis.assign(genesis.begin(), genesis.end());
  TRY(count, in.count(settle::kMaxValidators, 7));
  for (size_t i = 0; i < count; ++i) {
    TRY(address, in.sized(kMaxEndpointBytes));
    TRY(port, in.u16());
    net::Endpoint validator{text_of(address), port};
    TRY(has_key, in.boolean());
    if (has_key) {
      TRY(key, in.array<32>());
      validator.key = key;
    }
    info.validators.push_back(std::move(validator));
  }
  TRY(height, in.u64());
  info.height = height;
  TRY(named, in.count(settle::kMaxValidators, 32));
  for (size_t i = 0; i < named; ++i) {
    TRY(id, in.array<32>());
    info.ids.push_back({id});
  }
  TRY_OK(in.finish());
  return info;
}

Bytes BlocksMessage::encode() const {
  Writer out;
  out.u64(head);
  out.count(blocks.size());
  for (const auto& block : blocks) out.sized(block);
  return std::move(out).bytes();
}

Result<BlocksMessage, DecodeError> BlocksMessage::decode(ByteView bytes) {
  Reader in(bytes);
  BlocksMessage message;
  TRY(head, in.u64());
  message.head = head;
  TRY(count, in.count(kMaxBlocksPage, 4));
  for (size_t i = 0; i < count; ++i) {
    TRY(block, in.sized(ledger::kMaxBlockBytes));
    message.blocks.emplace_back(block.begin(), block.end());
  }
  TRY_OK(in.finish());
  return message;
}

Bytes TransitionsMessage::encode() const {
  Writer out;
  out.u64(epoch);
  out.u64(height);
  out.count(certificates.size());
  for (const auto& certificate : certificates) out.sized(certificate.encode());
  return std::move(out).bytes();
}

Result<TransitionsMessage, DecodeError> TransitionsMessage::decode(ByteView bytes) {
  Reader in(bytes);
  TransitionsMessage message;
  TRY(epoch, in.u64());
  message.epoch = epoch;
  TRY(height, in.u64());
  message.height = height;
  TRY(count, in.count(kMaxTransitionsPage, 4));
  for (size_t i = 0; i < count; ++i) {
    TRY(certificate_bytes, in.sized(settle::kMaxTransitionBytes));
    TRY(certificate, settle::TransitionCertificate::decode(certificate_bytes));
    message.certificates.push_back(std::move(certificate));
  }
  TRY_OK(in.finish());
  return message;
}

Bytes TreeMessage::encode() const {
  Writer out;
  out.u64(height);
  tree.write(out);
  return std::move(out).bytes();
}

Result<TreeMessage, DecodeError> TreeMessage::decode(ByteView bytes) {
  Reader in(bytes);
  TRY(height, in.u64());
  TRY(tree, note::NoteTreeFrontier::read(in));
  TRY_OK(in.finish());
  return TreeMessage{height, tree};
}

const char* name(TransactionState s) {
  switch (s) {
    case TransactionState::unknown: return "unknown";
    case TransactionState::locked: return "locked";
    case TransactionState::certified: return "certified";
    case TransactionState::executed: return "executed";
  }
  return "?";
}

Bytes StatusMessage::encode() const {
  Writer out;
  out.u8(static_cast<uint8_t>(state));
  out.u64(height);
  return std::move(out).bytes();
}

Result<StatusMessage, DecodeError> StatusMessage::decode(ByteView bytes) {
  Reader in(bytes);
  TRY(state, in.u8());
  if (state > static_cast<uint8_t>(TransactionState::executed)) return Failure{DecodeError::bad_version};
  TRY(height, in.u64());
  TRY_OK(in.finish());
  return StatusMessage{static_cast<TransactionState>(state), height};
}

Bytes LockMessage::encode() const {
  Writer out;
  write_option(out, transaction);
  write_option(out, spent_by);
  out.u32(generation);
  out.u8(frozen);
  return std::move(out).bytes();
}

Result<LockMessage, DecodeError> LockMessage::decode(ByteView bytes) {
  Reader in(bytes);
  TRY(transaction, read_option(in, ledger::kMaxTransactionBytes));
  TRY(spent_by, read_option_id(in));
  TRY(generation, in.u32());
  TRY(frozen, in.boolean());
  TRY_OK(in.finish());
  return LockMessage{std::move(transaction), spent_by, generation, frozen};
}

std::optional<Hash32> parse_hash(std::string_view hex) {
  const auto bytes = from_hex(hex);
  if (!bytes || bytes->size() != 32) return std::nullopt;
  Hash32 out;
  std::copy(bytes->begin(), bytes->end(), out.begin());
  return out;
}

}  // namespace sotto::node
