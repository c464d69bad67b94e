// What an output carries for its receiver and for its sender (docs/spec/data.md N-5 .. N-10): one fixed size for all.
#pragma once
#include "base/world.hpp"
#include "note/keys.hpp"
#include "note/note.hpp"

namespace sotto::note {

inline constexpr size_t kMaxMemoBytes = 512;
inline constexpr size_t kNotePlaintextBytes = 16 + 8 + 4 + 8 + 32 + 32 + 2 + kMaxMemoBytes;
inline constexpr size_t kNoteCiphertextBytes = kNotePlaintextBytes + 16;
inline constexpr size_t kSenderCopyBytes = 32 + 32 + 32 + 16;
static_assert(kNoteCiphertextBytes == 630 && kSenderCopyBytes == 112);

// N-9 without cm. Opaque bytes to everybody but receiver and sender, epk included.
struct OutputCiphertext {
  ByteArray<32> epk{};
  ByteArray<kNoteCiphertextBytes> note{};
  ByteArray<kSenderCopyBytes> sender_copy{};
  friend bool operator==(const OutputCiphertext&, const OutputCiphertext&) = default;
};

// What is paid. `memo` is at most kMaxMemoBytes (CHECK: callers test what people typed).
struct Payment {
  AssetOpening asset;
  Amount value;
  Bytes memo;
  friend bool operator==(const Payment&, const Payment&) = default;
};

struct SealedOutput {
  Note note;                          // the opening of cm, for the proof
  Fr cm;
  OutputCiphertext ciphertext;
};
// A fresh output to `to`, under the nullifier `rho` of the same slot (N-3). s and the esk seed are drawn from entropy;
// an invoice's payer passes the invoice's s instead.
SealedOutput seal_output(const Address& to, const Payment& payment, const Fr& rho, const Secret<ByteArray<32>>& ovk,
                         Entropy& entropy, const std::optional<Fr>& invoice_s = std::nullopt);

// An output opened, with everything needed to spend it (receiver) or to prove it (sender).
struct OpenedOutput {
  Payment payment;
  Diversifier diversifier{};
  Fr owner;
  crypto::RistrettoPoint pk = crypto::RistrettoPoint::generator();
  Fr rho, s;
  // The address paid. Ciphertexts name no network: what opens them is of the network whose transaction holds them.
  Address address(const NetworkTag& network) const { return {diversifier, owner, pk, network}; }
  Note note() const;
};
// N-10. nullopt for every reason alike: not ours, damaged, or a valid ciphertext of an opening that does not recompute
// cm, epk and owner. `rho` is the nullifier of the output's slot.
std::optional<OpenedOutput> try_decrypt(const IncomingKeys& keys, const Fr& rho, const Fr& cm, const OutputCiphertext& c);
// N-8: what the holder of ovk sent, its own change included. The same rule: all of it recomputes, or nullopt.
std::optional<OpenedOutput> recover_sent(const Secret<ByteArray<32>>& ovk, const Fr& rho, const Fr& cm, const OutputCiphertext& c);

}  // namespace sotto::note
