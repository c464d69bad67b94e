// Certificates: a quorum's aggregated signature over one subject (data.md M-4; settlement.md S-20..), how they are
// checked, alone and in batches, and how they are gathered from shares.
#pragma once
#include "base/world.hpp"
#include "settle/committee.hpp"

namespace sotto::settle {

enum class CertificateReject : uint8_t {
  wrong_epoch,         // not the committee's
  bitmap_length,       // not one bit a validator, rounded up to bytes
  bitmap_padding,      // a bit beyond the last validator is set
  no_signers,
  below_quorum,
  infinite_key,        // the signers' keys cancel
  bad_signature,
};
const char* name(CertificateReject reject);

// Well-formed bytes, nothing more: verify() says whether a quorum stands behind them.
template <Phase P>
struct Certificate {
  Subject subject;
  Bytes bitmap;                                           // bit i (most significant first) = validator i signed
  crypto::BlsSignature signature;                         // sum of the signers' signatures
  friend bool operator==(const Certificate&, const Certificate&) = default;

  void write(Writer& out) const;
  static Result<Certificate, DecodeError> read(Reader& in);
  Bytes encode() const;
  static Result<Certificate, DecodeError> decode(ByteView bytes);
};
// "No rival can have one of these": executes when ordered.
using LockCertificate = Certificate<Phase::vote>;
// Final.
using SettlementCertificate = Certificate<Phase::settle>;

// The key under which a quorum's aggregated signature must verify; every refusal of S-21 but wrong_epoch and bad_signature.
Result<crypto::BlsPublicKey, CertificateReject> key_of_signers(const Bytes& bitmap, const Committee& committee);

// One product of two pairings and one addition a signer.
template <Phase P>
Status<CertificateReject> verify(const Certificate<P>& certificate, const Committee& committee);

// One verdict a certificate. If all are good: one product with a Miller loop for each different set of signers, plus one;
// otherwise bisection. Weights are 128 bits. Certificates that stand side by side share what a bad one among them costs.
template <Phase P>
std::vector<Status<CertificateReject>> verify_batch(std::span<const Certificate<P>> certificates, const Committee& committee,
                                                    Entropy& entropy);

// The same for certificates kept elsewhere. `hashed`, if known, is H of the digest of the certificate's subject.
template <Phase P>
struct CertificateClaim {
  const Certificate<P>* certificate = nullptr;
  std::optional<crypto::BlsHashed> hashed;
};
template <Phase P>
std::vector<Status<CertificateReject>> verify_batch(std::span<const CertificateClaim<P>> claims, const Committee& committee,
                                                    Entropy& entropy);

enum class ShareReject : uint8_t {
  unknown_validator,   // index beyond the committee
  repeated,            // this validator's share is already counted
  bad_signature,
};
const char* name(ShareReject reject);

template <Phase P>
Status<ShareReject> verify(const Share<P>& share, const Subject& subject, const Committee& committee);

// Gathers shares about one subject until a quorum stands. A bad share is refused and named; it never spoils the rest.
template <Phase P>
class ShareCollector {
 public:
  // The subject's epoch is the committee's (CHECKed: callers build subjects from it).
  ShareCollector(std::shared_ptr<const Committee> committee, Subject subject);

  Status<ShareReject> add(const Share<P>& share);
  // One product for all; on failure one by one. Verdicts in order.
  std::vector<Status<ShareReject>> add_batch(std::span<const Share<P>> shares, Entropy& entropy);
  // All of them, if the certificate they complete verifies as a whole: one product of two pairings, however many there are. Otherwise,
  // or if they complete none, false, and none is counted.
  bool add_sum(std::span<const Share<P>> shares);

  const Subject& subject() const { return subject_; }
  Stake stake() const { return stake_; }
  bool complete() const { return committee_->is_quorum(stake_); }
  // Once complete: over all shares counted so far.
  std::optional<Certificate<P>> certificate() const;

 private:
  Status<ShareReject> admissible(const Share<P>& share) const;
  void count(const Share<P>& share);

  std::shared_ptr<const Committee> committee_;
  Subject subject_;
  Hash32 digest_;
  Bytes bitmap_;
  Stake stake_ = 0;
  std::vector<crypto::BlsSignature> signatures_;          // in the order counted: a sum does not care
};
using VoteCollector = ShareCollector<Phase::vote>;
using AcknowledgementCollector = ShareCollector<Phase::settle>;

extern template struct Certificate<Phase::vote>;
extern template struct Certificate<Phase::settle>;
extern template class ShareCollector<Phase::vote>;
extern template class ShareCollector<Phase::settle>;

}  // namespace sotto::settle
