// The two files people hand each other: a payment (transaction and settlement certificate: all a payee needs) and a
// receipt for it.
#pragma once
#include "note/receipt.hpp"
#include "settle/certificate.hpp"

namespace sotto::node {

inline constexpr size_t kMaxPaymentFileBytes = ledger::kMaxTransactionBytes + 8 * 1024;
inline constexpr size_t kMaxReceipts = ledger::kMaxTransfers * circuit::kSlots;
inline constexpr size_t kMaxReceiptFileBytes = 16 + kMaxReceipts * note::Receipt::kBytes;

// "SOTTOPAY" | version u8 | network 32 | transaction (sized) | settlement certificate.
struct PaymentDocument {
  ledger::NetworkId network;
  Bytes transaction;
  settle::SettlementCertificate certificate;
  Bytes encode() const;
  static Result<PaymentDocument, DecodeError> decode(ByteView bytes);
};

// "SOTTORCT" | version u8 | receipts (count; fixed length each), at least one.
struct ReceiptDocument {
  std::vector<note::Receipt> receipts;
  Bytes encode() const;
  static Result<ReceiptDocument, DecodeError> decode(ByteView bytes);
};

}  // namespace sotto::node
