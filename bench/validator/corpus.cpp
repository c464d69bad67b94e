#include "bench/validator/corpus.hpp"

#include <fstream>

#include "node/dev_genesis.hpp"
#include "base/files.hpp"

namespace sotto::bench {
namespace fs = std::filesystem;
namespace {

ledger::Transaction empty_payment() {
  ledger::Transaction tx;
  tx.transfers.emplace_back().rk = crypto::jubjub_generator();
  return tx;
}

template <settle::Phase P>
settle::Share<P> share_of(const CorpusNetwork& network, size_t validator, const settle::Subject& subject) {
  const Hash32 message = settle::digest(P, network.committee->network(), subject);
  return {static_cast<uint16_t>(validator), crypto::bls_sign(network.keys[validator], message)};
}

settle::Subject subject_of_payment(const settle::Committee& committee, ByteView transaction) {
  auto decoded = settle::decode_candidate(transaction);
  CHECK(decoded.ok());
  return settle::subject_of(committee.epoch(), decoded->candidate);
}

struct Sizes {
  size_t transaction, certificate;
};
Sizes sizes() {
  static const Sizes value = [] {
    settle::Subject subject;
    subject.generations.resize(circuit::kSlots);
    const auto key = crypto::BlsSecretKey::from_key_material(Bytes(32, 7));
    const settle::LockCertificate certificate{subject, Bytes((kCorpusValidators + 7) / 8), crypto::bls_sign(key, ByteView{})};
    return Sizes{ledger::encode(empty_payment()).size(), certificate.encode().size()};
  }();
  return value;
}

Bytes cut(ByteView& from, size_t size) {
  Bytes out(from.begin(), from.begin() + static_cast<std::ptrdiff_t>(size));
  from = from.subspan(size);
  return out;
}

}  // namespace

size_t record_bytes() { return sizes().transaction + sizes().certificate + 2 * settle::Vote::kBytes; }

CorpusPayment complete(const CorpusNetwork& network, Bytes transaction, size_t kind) {
  const auto subject = subject_of_payment(*network.committee, transaction);
  const size_t absent = kind % kCorpusValidators;
  std::vector<crypto::BlsSignature> signatures;
  Bytes bitmap(network.committee->bitmap_bytes(), 0);
  for (size_t i = 0; i < kCorpusValidators; ++i) {
    if (i == absent) continue;
    signatures.push_back(share_of<settle::Phase::vote>(network, i, subject).signature);
    bitmap[i / 8] = static_cast<uint8_t>(bitmap[i / 8] | (0x80 >> (i % 8)));
  }
  const auto sum = crypto::aggregate(signatures);
  CHECK(sum.ok());
  return {std::move(transaction), settle::LockCertificate{subject, bitmap, *sum}.encode(),
          share_of<settle::Phase::vote>(network, kUnderTest, subject).encode(),
          share_of<settle::Phase::settle>(network, kUnderTest, subject).encode()};
}

Status<Error> write_network(const fs::path& dir, const CorpusNetwork& network) {
  TRY_OK(make_directories(dir));
  Bytes keys;
  for (const auto& key : network.keys) {
    const auto bytes = key.encode();
    keys.insert(keys.end(), bytes.expose().begin(), bytes.expose().end());
  }
  TRY_OK(write_file(dir / "keys", keys));
  return write_file(dir / "genesis", ledger::encode(network.genesis));
}

Result<CorpusNetwork, Error> read_network(const fs::path& dir) {
  TRY(genesis_bytes, read_file(dir / "genesis", ledger::kMaxGenesisBytes));
  TRY(key_bytes, read_file(dir / "keys", kCorpusValidators * crypto::BlsSecretKey::kBytes));
  auto genesis = ledger::decode_genesis(genesis_bytes);
  if (!genesis.ok()) return Failure{Error{"the corpus's genesis does not decode"}};
  CorpusNetwork network;
  network.genesis = std::move(genesis).value();
  for (ByteView rest = key_bytes; rest.size() >= crypto::BlsSecretKey::kBytes;) {
    auto key = crypto::BlsSecretKey::decode(cut(rest, crypto::BlsSecretKey::kBytes));
    if (!key.ok()) return Failure{Error{"the corpus's keys do not decode"}};
    network.keys.push_back(*key);
  }
  TRY(committee, node::genesis_committee(network.genesis));
  network.committee = std::make_shared<const settle::Committee>(std::move(committee));
  if (network.keys.size() != kCorpusValidators || network.committee->size() != kCorpusValidators)
    return Failure{Error{"the corpus has not four validators"}};
  return network;
}

Bytes encode(const CorpusPayment& payment) {
  Bytes out;
  for (const Bytes* part : {&payment.transaction, &payment.certificate, &payment.vote, &payment.acknowledgement})
    out.insert(out.end(), part->begin(), part->end());
  CHECK(out.size() == record_bytes());
  return out;
}

size_t stored_payments(const fs::path& dir) {
  std::error_code missing;
  const auto bytes = fs::file_size(dir / "payments", missing);
  return missing ? 0 : bytes / record_bytes();
}

Result<std::vector<CorpusPayment>, Error> read_payments(const fs::path& dir, size_t most) {
  std::ifstream in(dir / "payments", std::ios::binary);
  std::vector<CorpusPayment> payments;
  Bytes record(record_bytes());
  while (payments.size() < most && in.read(reinterpret_cast<char*>(record.data()), static_cast<std::streamsize>(record.size()))) {
    ByteView rest = record;
    CorpusPayment payment;
    payment.transaction = cut(rest, sizes().transaction);
    payment.certificate = cut(rest, sizes().certificate);
    payment.vote = cut(rest, settle::Vote::kBytes);
    payment.acknowledgement = cut(rest, settle::Acknowledgement::kBytes);
    payments.push_back(std::move(payment));
  }
  if (payments.empty()) return Failure{Error{"no payments in " + dir.string() + ": make bench-corpus"}};
  return payments;
}

}  // namespace sotto::bench
