// A payment of the corpus as the requests that go over the wire.
#pragma once
#include <string>

#include "bench/validator/corpus.hpp"
#include "bench/validator/load.hpp"
#include "ledger/check.hpp"
#include "node/api.hpp"

namespace sotto::bench {

inline Bytes request(const std::string& path, ByteView body) {
  const std::string head = "POST " + path + " HTTP/1.1\r\nHost: v\r\nContent-Type: " + net::kBinary +
                           "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n";
  Bytes out(head.begin(), head.end());
  out.insert(out.end(), body.begin(), body.end());
  return out;
}

inline Script script_of(const CorpusPayment& payment) {
  const auto certificate = settle::LockCertificate::decode(payment.certificate);
  CHECK(certificate.ok());
  // As a wallet sends it: with the hints that save the validator the square roots.
  const auto transaction = ledger::decode_transaction(payment.transaction);
  CHECK(transaction.ok());
  const Bytes hints = ledger::proof_hints(*transaction);
  Bytes body = payment.transaction;
  body.insert(body.end(), hints.begin(), hints.end());
  return {request(node::hinted_transactions_path(hints.size()), body),
          request(node::kCertificatesPath, node::CertificateMessage{*certificate, std::nullopt}.encode()), payment.vote,
          payment.acknowledgement};
}

}  // namespace sotto::bench
