#include "settle/certificate.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace sotto::settle {

const char* name(CertificateReject reject) {
  switch (reject) {
    case CertificateReject::wrong_epoch: return "wrong_epoch";
    case CertificateReject::bitmap_length: return "bitmap_length";
    case CertificateReject::bitmap_padding: return "bitmap_padding";
    case CertificateReject::no_signers: return "no_signers";
    case CertificateReject::below_quorum: return "below_quorum";
    case CertificateReject::infinite_key: return "infinite_key";
    case CertificateReject::bad_signature: return "bad_signature";
  }
  return "?";
}

const char* name(ShareReject reject) {
  switch (reject) {
    case ShareReject::unknown_validator: return "unknown_validator";
    case ShareReject::repeated: return "repeated";
    case ShareReject::bad_signature: return "bad_signature";
  }
  return "?";
}

namespace {

bool bit(const Bytes& bitmap, size_t index) { return (bitmap[index / 8] >> (7 - index % 8)) & 1; }
void set_bit(Bytes& bitmap, size_t index) { bitmap[index / 8] = static_cast<uint8_t>(bitmap[index / 8] | (0x80 >> (index % 8))); }

// Everything but the pairing: the key the aggregate must verify under.
template <Phase P>
Result<crypto::BlsPublicKey, CertificateReject> key_of_signers(const Certificate<P>& certificate, const Committee& committee) {
  if (certificate.subject.epoch != committee.epoch()) return Failure{CertificateReject::wrong_epoch};
  return key_of_signers(certificate.bitmap, committee);
}

}  // namespace

Result<crypto::BlsPublicKey, CertificateReject> key_of_signers(const Bytes& bitmap, const Committee& committee) {
  if (bitmap.size() != committee.bitmap_bytes()) return Failure{CertificateReject::bitmap_length};
  for (size_t i = committee.size(); i < bitmap.size() * 8; ++i)
    if (bit(bitmap, i)) return Failure{CertificateReject::bitmap_padding};
  Stake stake = 0;
  std::vector<crypto::BlsPublicKey> keys;
  for (size_t i = 0; i < committee.size(); ++i) {
    if (!bit(bitmap, i)) continue;
    stake += committee[i].stake;
    keys.push_back(committee[i].key);
  }
  if (keys.empty()) return Failure{CertificateReject::no_signers};
  if (!committee.is_quorum(stake)) return Failure{CertificateReject::below_quorum};
  auto sum = crypto::aggregate_public_keys(keys);
  if (!sum) return Failure{CertificateReject::infinite_key};
  return *sum;
}

template <Phase P>
void Certificate<P>::write(Writer& out) const {
  subject.write(out);
  out.sized(bitmap);
  signature.write(out);
}

template <Phase P>
Result<Certificate<P>, DecodeError> Certificate<P>::read(Reader& in) {
  TRY(subject, Subject::read(in));
  TRY(bitmap, in.sized((kMaxValidators + 7) / 8));
  TRY(signature, crypto::BlsSignature::read(in));
  return Certificate{std::move(subject), Bytes(bitmap.begin(), bitmap.end()), signature};
}

template <Phase P>
Bytes Certificate<P>::encode() const {
  Writer out;
  write(out);
  return std::move(out).bytes();
}

template <Phase P>
Result<Certificate<P>, DecodeError> Certificate<P>::decode(ByteView bytes) {
  Reader in(bytes);
  TRY(certificate, read(in));
  TRY_OK(in.finish());
  return certificate;
}

template <Phase P>
Status<CertificateReject> verify(const Certificate<P>& certificate, const Committee& committee) {
  TRY(key, key_of_signers(certificate, committee));
  const Hash32 message = digest(P, committee.network(), certificate.subject);
  if (!crypto::bls_fast_aggregate_verify(key, message, certificate.signature)) return Failure{CertificateReject::bad_signature};
  return Ok{};
}

template <Phase P>
std::vector<Status<CertificateReject>> verify_batch(std::span<const Certificate<P>> certificates, const Committee& committee,
                                                    Entropy& entropy) {
  std::vector<CertificateClaim<P>> claims;
  for (const Certificate<P>& certificate : certificates) claims.push_back({&certificate, std::nullopt});
  return verify_batch(std::span<const CertificateClaim<P>>(claims), committee, entropy);
}

template <Phase P>
std::vector<Status<CertificateReject>> verify_batch(std::span<const CertificateClaim<P>> claims, const Committee& committee,
                                                    Entropy& entropy) {
  std::vector<Status<CertificateReject>> verdicts(claims.size(), Status<CertificateReject>(Ok{}));
  std::vector<size_t> candidates;                         // those only the pairing can decide
  std::vector<crypto::BlsHashedClaim> equations;
  std::map<Bytes, Result<crypto::BlsPublicKey, CertificateReject>> keys;  // of one epoch, by bitmap
  for (size_t i = 0; i < claims.size(); ++i) {
    const Certificate<P>& certificate = *claims[i].certificate;
    if (certificate.subject.epoch != committee.epoch()) {
      verdicts[i] = Failure{CertificateReject::wrong_epoch};
      continue;
    }
    const auto known = keys.find(certificate.bitmap);
    const auto& key = known != keys.end() ? known->second
                                          : keys.emplace(certificate.bitmap, key_of_signers(certificate, committee)).first->second;
    if (!key) {
      verdicts[i] = Failure{key.error()};
      continue;
    }
    const auto hashed = claims[i].hashed ? *claims[i].hashed
                                         : crypto::BlsHashed(digest(P, committee.network(), certificate.subject));
    equations.push_back({*key, hashed, certificate.signature});
    candidates.push_back(i);
  }
  // Halves until a bad one stands alone: a work list, so that depth is no concern. A product has a pairing for each set of
  // signers; where those are many, halving saves nothing over checking each alone.
  std::vector<std::pair<size_t, size_t>> ranges{{0, equations.size()}};
  while (!ranges.empty()) {
    const auto [begin, end] = ranges.back();
    ranges.pop_back();
    if (begin == end) continue;
    if (crypto::bls_batch_verify_hashed(std::span(equations).subspan(begin, end - begin), entropy)) continue;
    if (end - begin == 1) {
      verdicts[candidates[begin]] = Failure{CertificateReject::bad_signature};
      continue;
    }
    std::set<Bytes> signers;
    for (size_t i = begin; i < end; ++i) signers.insert(claims[candidates[i]].certificate->bitmap);
    if (2 * signers.size() > end - begin) {
      for (size_t i = begin; i < end; ++i)
        if (!crypto::bls_batch_verify_hashed(std::span(equations).subspan(i, 1), entropy))
          verdicts[candidates[i]] = Failure{CertificateReject::bad_signature};
      continue;
    }
    const size_t middle = begin + (end - begin) / 2;
    ranges.push_back({begin, middle});
    ranges.push_back({middle, end});
  }
  return verdicts;
}

template <Phase P>
Status<ShareReject> verify(const Share<P>& share, const Subject& subject, const Committee& committee) {
  if (share.validator >= committee.size()) return Failure{ShareReject::unknown_validator};
  const Hash32 message = digest(P, committee.network(), subject);
  if (!crypto::bls_verify(committee[share.validator].key, message, share.signature)) return Failure{ShareReject::bad_signature};
  return Ok{};
}

template <Phase P>
ShareCollector<P>::ShareCollector(std::shared_ptr<const Committee> committee, Subject subject)
    : committee_(std::move(committee)), subject_(std::move(subject)),
      digest_(digest(P, committee_->network(), subject_)), bitmap_(committee_->bitmap_bytes(), 0) {
  CHECK(subject_.epoch == committee_->epoch());
}

template <Phase P>
Status<ShareReject> ShareCollector<P>::admissible(const Share<P>& share) const {
  if (share.validator >= committee_->size()) return Failure{ShareReject::unknown_validator};
  if (bit(bitmap_, share.validator)) return Failure{ShareReject::repeated};
  return Ok{};
}

template <Phase P>
void ShareCollector<P>::count(const Share<P>& share) {
  set_bit(bitmap_, share.validator);
  stake_ += (*committee_)[share.validator].stake;
  signatures_.push_back(share.signature);
}

template <Phase P>
Status<ShareReject> ShareCollector<P>::add(const Share<P>& share) {
  TRY_OK(admissible(share));
  if (!crypto::bls_verify((*committee_)[share.validator].key, digest_, share.signature)) return Failure{ShareReject::bad_signature};
  count(share);
  return Ok{};
}

template <Phase P>
std::vector<Status<ShareReject>> ShareCollector<P>::add_batch(std::span<const Share<P>> shares, Entropy& entropy) {
  std::vector<crypto::BlsClaim> claims;
  for (const Share<P>& share : shares)
    if (admissible(share)) claims.push_back({(*committee_)[share.validator].key, digest_, share.signature});
  // The common case costs one product; otherwise each share is judged alone, so that a bad one is named. Either way
  // every share passes admissible() again as it is counted: a repeat inside the batch counts once.
  const bool all_good = crypto::bls_batch_verify(claims, entropy);
  std::vector<Status<ShareReject>> verdicts;
  for (const Share<P>& share : shares) {
    if (!all_good) {
      verdicts.push_back(add(share));
      continue;
    }
    verdicts.push_back(admissible(share));
    if (verdicts.back()) count(share);
  }
  return verdicts;
}

template <Phase P>
bool ShareCollector<P>::add_sum(std::span<const Share<P>> shares) {
  ShareCollector<P> with = *this;
  for (const Share<P>& share : shares) {
    if (!with.admissible(share).ok()) return false;
    with.count(share);
  }
  const auto certificate = with.certificate();
  if (!certificate || !verify(*certificate, *committee_).ok()) return false;
  *this = std::move(with);
  return true;
}

template <Phase P>
std::optional<Certificate<P>> ShareCollector<P>::certificate() const {
  if (!complete()) return std::nullopt;
  auto sum = crypto::aggregate(signatures_);
  if (!sum) return std::nullopt;                          // keys that cancel: more shares change it
  return Certificate<P>{subject_, bitmap_, *sum};
}

#define SOTTO_INSTANTIATE(P)                                                                                          \
  template struct Certificate<P>;                                                                                     \
  template Status<CertificateReject> verify(const Certificate<P>&, const Committee&);                                 \
  template std::vector<Status<CertificateReject>> verify_batch(std::span<const Certificate<P>>, const Committee&, Entropy&); \
  template std::vector<Status<CertificateReject>> verify_batch(std::span<const CertificateClaim<P>>, const Committee&, Entropy&); \
  template Status<ShareReject> verify(const Share<P>&, const Subject&, const Committee&);                             \
  template class ShareCollector<P>;
SOTTO_INSTANTIATE(Phase::vote)
SOTTO_INSTANTIATE(Phase::settle)
#undef SOTTO_INSTANTIATE

}  // namespace sotto::settle
