#include "crypto/fr.hpp"

#include <gtest/gtest.h>

namespace sotto::crypto {

TEST(Fr, round_trip_and_modulus) {
  const Fr a = Fr::from_u64(123456789);
  EXPECT_EQ(Fr::decode(a.encode()).value(), a);
  const auto r = *sotto::from_hex("73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001");
  EXPECT_EQ(Fr::decode(r).error(), DecodeError::non_canonical);
  EXPECT_EQ((-Fr::one() + Fr::one()), Fr::zero());
  EXPECT_EQ(a * a.inverse(), Fr::one());
}

}  // namespace sotto::crypto
