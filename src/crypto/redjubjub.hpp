// RedJubjub: re-randomizable Schnorr signatures over Jubjub for spend authorization (protocol.md section 1; the shape
// of Zcash's section 5.4.7, hashes and encodings ours). Ours, no library covers it. One rule, single and batched alike:
//   R and rk canonical and on the curve, rk not of small order, S < l, [8]([S]G_J - R - [c]rk) = O,
//   c = BLAKE2b-512(domain; R, rk, message) mod l.
// Torsion in R or rk therefore never changes a verdict. Signing is constant time; verification is not.
#pragma once
#include "crypto/jubjub.hpp"

namespace sotto::crypto {

enum class RedJubjubReject : uint8_t {
  bad_key,       // rk off the curve or of small order (the identity among them)
  bad_point,     // R not a canonical encoding of a curve point
  bad_scalar,    // S >= l
  bad_equation,  // well formed, but not a signature by rk of this message
};
const char* name(RedJubjubReject e);

struct RedJubjubSignature {
  static constexpr size_t kBytes = 64;
  ByteArray<32> R, S;
  friend bool operator==(const RedJubjubSignature&, const RedJubjubSignature&) = default;
  void write(Writer& out) const {
    out.raw(R);
    out.raw(S);
  }
  static Result<RedJubjubSignature, DecodeError> read(Reader& in);  // length only: verification judges the contents
};

// [sk]G_J.
JubjubAffine redjubjub_public_key(const Secret<JubjubScalar>& sk);
// sk + alpha and pk + [alpha]G_J: the key pair of one transaction.
Secret<JubjubScalar> randomize(const Secret<JubjubScalar>& sk, const JubjubScalar& alpha);
JubjubAffine randomize(const JubjubAffine& pk, const JubjubScalar& alpha);

// `sk` is the randomized key and rk = [sk]G_J. The nonce hashes sk, rk, message and 64 fresh bytes: safe when the
// entropy repeats (another message gives another nonce) and when a fault repeats the hash inputs but not the entropy.
RedJubjubSignature redjubjub_sign(const Secret<JubjubScalar>& sk, const JubjubAffine& rk, ByteView message,
                                  Entropy& entropy);
Status<RedJubjubReject> redjubjub_verify(const JubjubAffine& rk, ByteView message, const RedJubjubSignature& signature);

// Many signatures by one multi-scalar product, each weighted by 128 bits hashed from the whole batch and fresh entropy.
class RedJubjubBatch {
 public:
  // Everything but the equation is judged here; what is refused is not in the batch. The message is hashed at once.
  Status<RedJubjubReject> add(const JubjubAffine& rk, ByteView message, const RedJubjubSignature& signature);
  size_t size() const { return items_.size(); }
  // True if every signature in the batch verifies singly; false if one does not (wrongly true: 2^-128). Empty: true.
  bool verify(Entropy& entropy) const;
  // Index (in order of successful adds) of those that fail singly; bisects, so cheap when few are bad.
  std::vector<size_t> failures(Entropy& entropy) const;

 private:
  struct Item {
    JubjubPoint r, rk;
    JubjubScalar s, c;
  };
  bool verify(std::span<const Item> items, Entropy& entropy) const;
  void bisect(size_t first, size_t count, Entropy& entropy, std::vector<size_t>& bad) const;
  std::vector<Item> items_;
  Bytes transcript_;
};

}  // namespace sotto::crypto
