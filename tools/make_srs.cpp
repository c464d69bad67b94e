// make_srs TRUSTED_SETUP.txt OUT.bin: rebuilds data/srs.bin from the c-kzg package's trusted_setup.txt
// (lines: 4096, 65, 4096 G1 Lagrange, 65 G2 powers, 4096 G1 powers), verifies the power chain by pairings and prints the digest.
#include <fstream>
#include <iostream>
#include <iterator>

#include "crypto/hash.hpp"
#include "poly/srs.hpp"

using namespace sotto;

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: make_srs TRUSTED_SETUP.txt OUT.bin\n";
    return 2;
  }
  std::ifstream in(argv[1]);
  size_t g1_count = 0, g2_count = 0;
  in >> g1_count >> g2_count;
  if (!in || g1_count != poly::kSrsG1 || g2_count != poly::kSrsG2) {
    std::cerr << argv[1] << ": expected 4096 and 65 on the first two lines\n";
    return 1;
  }
  poly::FullSrs srs;
  std::string word;
  for (size_t i = 0; i < g1_count; ++i) in >> word;  // the Lagrange form: not needed
  const auto fail = [&](size_t i) {
    std::cerr << argv[1] << ": bad point " << i << "\n";
    return 1;
  };
  for (size_t i = 0; i < g2_count; ++i) {
    in >> word;
    const auto bytes = from_hex(word);
    const auto point = bytes ? crypto::G2Affine::decode(*bytes) : Result<crypto::G2Affine, DecodeError>(Failure{DecodeError::truncated});
    if (!point.ok()) return fail(i);
    srs.g2.push_back(*point);
  }
  for (size_t i = 0; i < g1_count; ++i) {
    in >> word;
    const auto bytes = from_hex(word);
    const auto point = bytes ? crypto::G1Affine::decode(*bytes) : Result<crypto::G1Affine, DecodeError>(Failure{DecodeError::truncated});
    if (!point.ok()) return fail(i);
    srs.g1.push_back(*point);
  }
  srs.lagrange = poly::lagrange_points(srs.g1, poly::kSrsLagrangeLog);
  const Bytes file = poly::encode_srs(srs);
  const Hash32 digest = crypto::sha256(file);
  // Weights bound to the file: whoever wrote it could not know them before fixing every point.
  if (!poly::verify_powers(srs, digest)) {
    std::cerr << "the powers are not one tau-sequence\n";
    return 1;
  }
  std::ofstream out(argv[2], std::ios::binary);
  out.write(reinterpret_cast<const char*>(file.data()), static_cast<std::streamsize>(file.size()));
  if (!out.flush()) {
    std::cerr << argv[2] << ": cannot write\n";
    return 1;
  }
  std::cout << to_hex(digest) << "  " << argv[2] << "\n";
  return 0;
}
