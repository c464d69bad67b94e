#include "ledger/set_hash.hpp"

#include "crypto/hash.hpp"

namespace sotto::ledger {

void SetHash::add(ByteView member) {
  crypto::Sha256 h;
  for (size_t block = 0; block < kLanes / 16; ++block) {
    const uint8_t counter = static_cast<uint8_t>(block);
    h.update(view("Sotto.set.v1"));
    h.update({&counter, 1});
    h.update(member);
    const Hash32 words = h.finish();
    for (size_t i = 0; i < 16; ++i) {
      uint16_t& lane = lanes_[16 * block + i];
      lane = static_cast<uint16_t>(lane + (words[2 * i] << 8 | words[2 * i + 1]));
    }
  }
}

void SetHash::write(Writer& out) const {
  for (uint16_t lane : lanes_) out.u16(lane);
}

Result<SetHash, DecodeError> SetHash::read(Reader& in) {
  SetHash set;
  for (uint16_t& lane : set.lanes_) {
    TRY(value, in.u16());
    lane = value;
  }
  return set;
}

Hash32 SetHash::digest() const {
  Writer out;
  write(out);
  return crypto::sha256(out.bytes());
}

}  // namespace sotto::ledger
