// Receipts (R-1 .. R-4): the holder of an address says "output (txid, transfer, slot) with commitment cm paid me this", checkable by
// anyone who knows the address. Schnorr over the address's own base g(owner) with the scan key ivk: holders of ivk can
// sign too, so a receipt proves that the receiver's viewing side saw the money, which is what a payer asks for.
#pragma once
#include "note/encryption.hpp"

namespace sotto::note {

struct Receipt {
  static constexpr size_t kBytes = 1 + 32 + 32 + 2 + 1 + 16 + 32 + 32 + 8 + 4 + 8 + 32 + 32 + 64;  // 296
  Hash32 network{};
  Hash32 txid{};
  uint16_t transfer = 0;
  uint8_t slot = 0;                    // 0..2
  Address address;                     // of `network`: the bytes hold no tag beside it
  AssetOpening asset;
  Amount value;
  Fr rho, rcm;                         // with the above: the opening of cm, so the amount is proven, not claimed
  ByteArray<64> signature{};           // R, z
  Fr cm() const;
};

enum class ReceiptError : uint8_t {
  malformed,          // length, version, non-canonical parts, slot > 2, an address of another network than the receipt's
  bad_signature,
};
const char* name(ReceiptError e);

// Signs for an output that try_decrypt opened with the same keys. The nonce hashes ivk, g, pk, the message and fresh
// randomness: one secret serves many bases, and neither a repeated nor a failing random source gives it away.
Receipt sign_receipt(const IncomingKeys& keys, const OpenedOutput& output, const Hash32& network, const Hash32& txid,
                     uint16_t transfer, uint8_t slot, Entropy& entropy);
// Says that the holder of receipt.address signed exactly these fields. Whether the ledger has that output
// (network, txid, transfer, slot, cm()) is for the caller to look up.
Status<ReceiptError> verify_receipt(const Receipt& receipt);

ByteArray<Receipt::kBytes> encode(const Receipt& receipt);
Result<Receipt, ReceiptError> decode_receipt(ByteView bytes);

}  // namespace sotto::note
