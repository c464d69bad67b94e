// Exact sizes on the wire, taken from encodings, not from arithmetic about them.
#include "bench/report.hpp"
#include "note/address.hpp"
#include "settle/certificate.hpp"

namespace sotto::bench {
namespace {

// Some curve point and field elements so that it encodes; sizes do not depend on the values.
ledger::Transaction payment_with(size_t transfers, bool contract) {
  ledger::Transaction tx;
  for (size_t i = 0; i < transfers; ++i) {
    ledger::Transfer& transfer = tx.transfers.emplace_back();
    transfer.rk = crypto::jubjub_generator();
    if (contract) transfer.contract.emplace();
  }
  return tx;
}

template <settle::Phase P>
size_t certificate_bytes(size_t validators, size_t notes) {
  settle::Subject subject;
  subject.generations.resize(notes);
  const auto key = crypto::BlsSecretKey::from_key_material(Bytes(32, 7));
  return settle::Certificate<P>{subject, Bytes((validators + 7) / 8), crypto::bls_sign(key, ByteView{})}.encode().size();
}

}  // namespace

void measure_sizes(const Options&, Meter& meter) {
  using settle::Phase;
  Report& sizes = meter.report()["sizes"];
  sizes["proof"] = circuit::kTransferProofBytes;
  sizes["note ciphertext"] = ledger::Output::kNoteCiphertextBytes;
  sizes["sender's copy"] = ledger::Output::kOutCiphertextBytes;
  sizes["output"] = ledger::Output::kBytes;
  sizes["transaction of one transfer"] = encode(payment_with(1, false)).size();
  sizes["the part its txid covers"] = encode_body(payment_with(1, false)).size();
  sizes["transaction of one transfer under a contract"] = encode(payment_with(1, true)).size();
  sizes["vote"] = settle::Vote::kBytes;
  sizes["lock certificate, 4 validators"] = certificate_bytes<Phase::vote>(4, circuit::kSlots);
  sizes["settlement certificate, 4 validators"] = certificate_bytes<Phase::settle>(4, circuit::kSlots);
  sizes["settlement certificate, 100 validators"] = certificate_bytes<Phase::settle>(100, circuit::kSlots);
  sizes["address"] = note::Address::kBytes;
}

}  // namespace sotto::bench
