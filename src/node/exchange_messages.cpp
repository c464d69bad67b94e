#include "node/exchange_messages.hpp"

namespace sotto::node {

namespace {

enum class Kind : uint8_t { forward = 1, vote = 2, acknowledgement = 3 };
enum class Settledness : uint8_t { acknowledged = 0, settled = 1 };

template <settle::Phase P>
Result<settle::Share<P>, DecodeError> read_share(Reader& in) {
  TRY(bytes, in.raw(settle::Share<P>::kBytes));
  return settle::Share<P>::decode(bytes);
}
Result<ledger::TxId, DecodeError> read_txid(Reader& in) {
  TRY(bytes, in.array<32>());
  return ledger::TxId{bytes};
}

Result<settle::ExchangeMessage, DecodeError> read_message(Reader& in) {
  TRY(kind, in.u8());
  switch (static_cast<Kind>(kind)) {
    case Kind::forward: {
      TRY(transaction, in.sized(ledger::kMaxTransactionBytes));
      TRY(hints, in.sized(ledger::kMaxHintBytes));
      settle::ForwardMessage message{std::make_shared<const Bytes>(transaction.begin(), transaction.end()), nullptr};
      if (!hints.empty()) message.hints = std::make_shared<const Bytes>(hints.begin(), hints.end());
      return settle::ExchangeMessage(std::move(message));
    }
    case Kind::vote: {
      TRY(txid, read_txid(in));
      TRY(vote, read_share<settle::Phase::vote>(in));
      return settle::ExchangeMessage(settle::VoteMessage{txid, vote});
    }
    case Kind::acknowledgement: {
      TRY(txid, read_txid(in));
      TRY(acknowledgement, read_share<settle::Phase::settle>(in));
      return settle::ExchangeMessage(settle::AcknowledgementMessage{txid, acknowledgement});
    }
  }
  return Failure{DecodeError::bad_version};
}

void write(Writer& out, const settle::ForwardMessage& m) {
  out.u8(static_cast<uint8_t>(Kind::forward));
  out.sized(*m.transaction);
  out.sized(m.hints ? ByteView(*m.hints) : ByteView());
}
void write(Writer& out, const settle::VoteMessage& m) {
  out.u8(static_cast<uint8_t>(Kind::vote));
  out.raw(m.txid.value);
  out.raw(m.vote.encode());
}
void write(Writer& out, const settle::AcknowledgementMessage& m) {
  out.u8(static_cast<uint8_t>(Kind::acknowledgement));
  out.raw(m.txid.value);
  out.raw(m.acknowledgement.encode());
}

}  // namespace

std::string pay_path(size_t hint_bytes, bool spread) {
  return std::string(kPayPath) + "?hints=" + std::to_string(hint_bytes) + (spread ? "&spread=1" : "");
}

Bytes encode(const settle::ExchangeMessage& message) {
  Writer out;
  std::visit([&](const auto& m) { write(out, m); }, message);
  return std::move(out).bytes();
}

Bytes join(std::span<const Bytes> messages) {
  Bytes body;
  for (const auto& m : messages) body.insert(body.end(), m.begin(), m.end());
  return body;
}

Result<std::vector<settle::ExchangeMessage>, DecodeError> decode_exchange(ByteView body) {
  if (body.size() > kMaxExchangeBytes) return Failure{DecodeError::too_large};
  Reader in(body);
  std::vector<settle::ExchangeMessage> messages;
  do {
    if (messages.size() == kMaxExchangeMessages) return Failure{DecodeError::too_large};
    TRY(message, read_message(in));
    messages.push_back(std::move(message));
  } while (in.left() > 0);
  return messages;
}

Bytes encode(const settle::ExchangeAnswer& answer) {
  Writer out;
  answer.lock.write(out);
  if (const auto* acknowledgement = std::get_if<settle::Acknowledgement>(&answer.settled)) {
    out.u8(static_cast<uint8_t>(Settledness::acknowledged));
    out.raw(acknowledgement->encode());
  } else {
    out.u8(static_cast<uint8_t>(Settledness::settled));
    std::get<settle::SettlementCertificate>(answer.settled).write(out);
  }
  return std::move(out).bytes();
}

Result<settle::ExchangeAnswer, DecodeError> decode_exchange_answer(ByteView bytes) {
  Reader in(bytes);
  TRY(lock, settle::LockCertificate::read(in));
  TRY(kind, in.u8());
  switch (static_cast<Settledness>(kind)) {
    case Settledness::acknowledged: {
      TRY(acknowledgement, read_share<settle::Phase::settle>(in));
      TRY_OK(in.finish());
      return settle::ExchangeAnswer{std::move(lock), acknowledgement};
    }
    case Settledness::settled: {
      TRY(certificate, settle::SettlementCertificate::read(in));
      TRY_OK(in.finish());
      return settle::ExchangeAnswer{std::move(lock), std::move(certificate)};
    }
  }
  return Failure{DecodeError::bad_version};
}

}  // namespace sotto::node
