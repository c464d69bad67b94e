// Field elements, scalars and points from the wire: first byte picks the type. What is accepted encodes back to the same
// bytes and is what its type promises.
#include "crypto/g2.hpp"
#include "crypto/jubjub.hpp"

using namespace sotto;
using namespace sotto::crypto;

namespace {

template <class T>
std::optional<T> decode_canonically(ByteView bytes) {
  const auto decoded = T::decode(bytes);
  if (!decoded.ok()) return std::nullopt;
  const auto again = decoded->encode();
  CHECK(std::equal(again.begin(), again.end(), bytes.begin(), bytes.end()));
  return *decoded;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  const ByteView bytes(data + 1, size - 1);
  switch (data[0]) {
    case 0:
      if (const auto x = decode_canonically<Fr>(bytes)) CHECK(*x - *x == Fr::zero());
      break;
    case 1: decode_canonically<JubjubScalar>(bytes); break;
    case 2:
      if (const auto p = decode_canonically<JubjubAffine>(bytes)) CHECK(p->on_curve());
      break;
    case 3:
      if (const auto p = decode_canonically<G1Affine>(bytes))
        CHECK(!p->is_infinity() && blst_p1_affine_on_curve(&p->raw()) && blst_p1_affine_in_g1(&p->raw()));
      break;
    case 4:
      if (const auto p = decode_canonically<G2Affine>(bytes))
        CHECK(!p->is_infinity() && blst_p2_affine_on_curve(&p->raw()) && blst_p2_affine_in_g2(&p->raw()));
      break;
    default: break;
  }
  return 0;
}
