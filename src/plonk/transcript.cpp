#include "plonk/transcript.hpp"

#include "crypto/hash.hpp"

namespace sotto::plonk {

namespace {
void append(Bytes& to, ByteView part) {
  const size_t n = part.size();
  for (int shift = 24; shift >= 0; shift -= 8) to.push_back(static_cast<uint8_t>(n >> shift));
  to.insert(to.end(), part.begin(), part.end());
}
}  // namespace

Transcript::Transcript(std::string_view protocol) { absorb("protocol", view(protocol)); }

void Transcript::absorb(std::string_view label, ByteView bytes) {
  append(pending_, view(label));
  append(pending_, bytes);
  if (log_) log_->push_back(std::string(label));
}

crypto::Fr Transcript::challenge(std::string_view label) {
  Bytes block(state_.begin(), state_.end());
  append(block, view(label));
  append(block, pending_);
  state_ = crypto::sha256(block);
  pending_.clear();
  ByteArray<64> wide;
  for (uint8_t half = 0; half < 2; ++half) {
    ByteArray<33> in;
    std::copy(state_.begin(), state_.end(), in.begin());
    in[32] = static_cast<uint8_t>(1 + half);
    const Hash32 out = crypto::sha256(in);
    std::copy(out.begin(), out.end(), wide.begin() + 32 * half);
  }
  if (log_) log_->push_back(std::string("?").append(label));
  return crypto::Fr::reduce512(wide);
}

}  // namespace sotto::plonk
