// Fiat-Shamir transcript over SHA-256, labelled and length-prefixed, so that different absorb sequences are different
// byte strings. state' = SHA-256(state || everything absorbed since); a challenge is 512 bits reduced mod r.
#pragma once
#include "crypto/fr.hpp"

namespace sotto::plonk {

class Transcript {
 public:
  explicit Transcript(std::string_view protocol);
  void absorb(std::string_view label, ByteView bytes);
  void absorb(std::string_view label, const crypto::Fr& x) { absorb(label, x.encode()); }
  crypto::Fr challenge(std::string_view label);
  // Labels absorbed and squeezed so far ("label" / "?label"): the absorb list the tests pin. Kept only when recording.
  void record(std::vector<std::string>* log) { log_ = log; }

 private:
  Hash32 state_{};
  Bytes pending_;
  std::vector<std::string>* log_ = nullptr;
};

}  // namespace sotto::plonk
