#include "note/receipt.hpp"

#include "crypto/hash.hpp"

namespace sotto::note {

using crypto::RistrettoPoint;
using crypto::RistrettoScalar;

namespace {

constexpr uint8_t kReceiptVersion = 2;
constexpr uint8_t kSlots = 3;

// Everything but the signature.
Bytes statement(const Receipt& r) {
  Writer out;
  out.u8(kReceiptVersion);
  out.raw(r.network);
  out.raw(r.txid);
  out.u16(r.transfer);
  out.u8(r.slot);
  out.raw(r.address.diversifier);
  r.address.owner.write(out);
  out.raw(r.address.pk.encode());
  out.u64(r.asset.id);
  out.u32(r.asset.policy);
  out.u64(r.value.units());
  r.rho.write(out);
  r.rcm.write(out);
  return std::move(out).bytes();
}

// The message is the statement and cm, which the statement opens.
RistrettoScalar challenge(const Receipt& r, const RistrettoPoint& base, ByteView commitment_r) {
  return RistrettoScalar::reduce512(crypto::blake2b_512(
      "Sotto.receipt.v1", {base.encode(), r.address.pk.encode(), commitment_r, statement(r), r.cm().encode()}));
}

}  // namespace

const char* name(ReceiptError e) {
  switch (e) {
    case ReceiptError::malformed: return "malformed";
    case ReceiptError::bad_signature: return "bad_signature";
  }
  return "unknown";
}

Fr Receipt::cm() const { return commitment({asset_of(asset), value, address.owner, rho, rcm}); }

Receipt sign_receipt(const IncomingKeys& keys, const OpenedOutput& output, const Hash32& network, const Hash32& txid,
                     uint16_t transfer, uint8_t slot, Entropy& entropy) {
  CHECK(slot < kSlots);
  Receipt r{network, txid, transfer, slot, output.address(NetworkTag::of(network)), output.payment.asset, output.payment.value,
            output.rho, rcm_of(output.s, output.rho), {}};
  const RistrettoPoint base = base_of(output.owner);
  const Secret<ByteArray<32>> ivk(keys.ivk.expose().encode());
  const Secret<ByteArray<32>> fresh(entropy.bytes<32>());
  const Secret<ByteArray<64>> wide(crypto::blake2b_512(
      "Sotto.receipt.nonce", {ivk.expose(), base.encode(), r.address.pk.encode(), statement(r), fresh.expose()}));
  const Secret<RistrettoScalar> nonce(RistrettoScalar::reduce512(wide.expose()));
  CHECK(!nonce.expose().is_zero());  // chance 2^-252
  const ByteArray<32> commitment_r = mul(base, nonce.expose()).value().encode();
  const RistrettoScalar z = nonce.expose() + challenge(r, base, commitment_r) * keys.ivk.expose();
  std::copy(commitment_r.begin(), commitment_r.end(), r.signature.begin());
  const ByteArray<32> z_bytes = z.encode();
  std::copy(z_bytes.begin(), z_bytes.end(), r.signature.begin() + 32);
  return r;
}

Status<ReceiptError> verify_receipt(const Receipt& receipt) {
  if (receipt.slot >= kSlots || receipt.address.network != NetworkTag::of(receipt.network)) return Failure{ReceiptError::malformed};
  const ByteView bytes(receipt.signature);
  const auto commitment_r = RistrettoPoint::decode(bytes.first(32));
  const auto z = RistrettoScalar::decode(bytes.subspan(32));
  if (!commitment_r.ok() || !z.ok()) return Failure{ReceiptError::malformed};
  const RistrettoPoint base = base_of(receipt.address.owner);
  const RistrettoScalar c = challenge(receipt, base, bytes.first(32));
  // z g = R + c pk. A sum or product at the identity has no encoding: no honest signature ends there.
  const auto left = mul(base, *z);
  const auto c_pk = mul(receipt.address.pk, c);
  if (!left.ok() || !c_pk.ok()) return Failure{ReceiptError::bad_signature};
  const auto right = add(*commitment_r, *c_pk);
  if (!right.ok() || *left != *right) return Failure{ReceiptError::bad_signature};
  return Ok{};
}

ByteArray<Receipt::kBytes> encode(const Receipt& receipt) {
  Bytes bytes = statement(receipt);
  bytes.insert(bytes.end(), receipt.signature.begin(), receipt.signature.end());
  ByteArray<Receipt::kBytes> out;
  CHECK(bytes.size() == out.size());
  std::copy(bytes.begin(), bytes.end(), out.begin());
  return out;
}

Result<Receipt, ReceiptError> decode_receipt(ByteView bytes) {
  const auto read = [&bytes]() -> Result<Receipt, DecodeError> {
    Reader in(bytes);
    TRY(version, in.u8());
    if (version != kReceiptVersion) return Failure{DecodeError::bad_version};
    Receipt r;
    TRY(network, in.array<32>());
    TRY(txid, in.array<32>());
    TRY(transfer, in.u16());
    TRY(slot, in.u8());
    if (slot >= kSlots) return Failure{DecodeError::too_large};
    TRY(diversifier, in.array<16>());
    TRY(owner, Fr::read(in));
    TRY(pk_bytes, in.array<32>());
    const auto pk = RistrettoPoint::decode(pk_bytes);
    if (!pk.ok()) return Failure{DecodeError::non_canonical};
    TRY(id, in.u64());
    TRY(policy, in.u32());
    TRY(value, in.u64());
    TRY(rho, Fr::read(in));
    TRY(rcm, Fr::read(in));
    TRY(signature, in.array<64>());
    TRY_OK(in.finish());
    return Receipt{network, txid, transfer, slot, {diversifier, owner, *pk, NetworkTag::of(network)}, {id, policy}, Amount(value), rho, rcm, signature};
  };
  const auto receipt = read();
  if (!receipt.ok()) return Failure{ReceiptError::malformed};
  return *receipt;
}

}  // namespace sotto::note
