#include "node/documents.hpp"

#include <algorithm>

namespace sotto::node {

namespace {

constexpr std::string_view kPaymentMagic = "SOTTOPAY";
constexpr std::string_view kReceiptMagic = "SOTTORCT";
constexpr uint8_t kVersion = 1;

Status<DecodeError> read_head(Reader& in, std::string_view magic) {
  TRY(head, in.array<8>());
  if (!std::ranges::equal(head, view(magic))) return Failure{DecodeError::bad_version};
  TRY(version, in.u8());
  if (version != kVersion) return Failure{DecodeError::bad_version};
  return Ok{};
}

}  // namespace

Bytes PaymentDocument::encode() const {
  Writer out;
  out.raw(view(kPaymentMagic));
  out.u8(kVersion);
  out.raw(network.value);
  out.sized(transaction);
  certificate.write(out);
  return std::move(out).bytes();
}

Result<PaymentDocument, DecodeError> PaymentDocument::decode(ByteView bytes) {
  Reader in(bytes);
  TRY_OK(read_head(in, kPaymentMagic));
  TRY(network, in.array<32>());
  TRY(transaction, in.sized(ledger::kMaxTransactionBytes));
  TRY(certificate, settle::SettlementCertificate::read(in));
  TRY_OK(in.finish());
  return PaymentDocument{{network}, Bytes(transaction.begin(), transaction.end()), std::move(certificate)};
}

Bytes ReceiptDocument::encode() const {
  Writer out;
  out.raw(view(kReceiptMagic));
  out.u8(kVersion);
  out.count(receipts.size());
  for (const auto& receipt : receipts) out.raw(note::encode(receipt));
  return std::move(out).bytes();
}

Result<ReceiptDocument, DecodeError> ReceiptDocument::decode(ByteView bytes) {
  Reader in(bytes);
  TRY_OK(read_head(in, kReceiptMagic));
  TRY(count, in.count(kMaxReceipts, note::Receipt::kBytes));
  if (count == 0) return Failure{DecodeError::truncated};
  ReceiptDocument document;
  for (size_t i = 0; i < count; ++i) {
    TRY(raw, in.raw(note::Receipt::kBytes));
    const auto receipt = note::decode_receipt(raw);
    if (!receipt.ok()) return Failure{DecodeError::non_canonical};
    document.receipts.push_back(*receipt);
  }
  TRY_OK(in.finish());
  return document;
}

}  // namespace sotto::node
