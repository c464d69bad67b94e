// BLS signatures of other people's suites, below our types: they use keys in G1 and signatures in G2, we the other way round
// (bls.hpp). What is tested is blst as we link it, our point decoders, sums and pairing products.
// Sources: tests/vectors/ethereum_bls/README.md, tests/vectors/wycheproof/README.md.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "crypto/bls.hpp"
#include "crypto/vectors_for_test.hpp"

namespace sotto::crypto {
namespace {

constexpr const char* kPossession = "BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_";

Bytes bytes(const std::string& text) { return text == "-" ? Bytes{} : unhex(text); }

std::vector<std::string> parts(const std::string& text) {
  std::vector<std::string> out;
  if (text == "-") return out;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, ',');) out.push_back(part);
  return out;
}

G2Affine hash(const Bytes& message, const std::string& dst) {
  blst_p2 out;
  blst_hash_to_g2(&out, message.data(), message.size(), reinterpret_cast<const uint8_t*>(dst.data()), dst.size(), nullptr, 0);
  return G2(out).affine();
}

// Infinity is a signature for the suites' formats; ours refuse it, and no case that is valid has it but empty sums.
struct Claim {
  std::vector<std::string> keys, messages;
  std::string signature, dst;
};
bool holds(const Claim& claim) {
  const auto signature = G2Affine::decode(bytes(claim.signature));
  if (!signature.ok() || claim.keys.empty() || claim.keys.size() != claim.messages.size()) return false;
  std::vector<G1Affine> a = {(-G1::generator()).affine()};
  std::vector<G2Affine> b = {*signature};
  for (size_t i = 0; i < claim.keys.size(); ++i) {
    const auto key = G1Affine::decode(bytes(claim.keys[i]));
    if (!key.ok()) return false;
    a.push_back(*key);
    b.push_back(hash(bytes(claim.messages[i]), claim.dst));
  }
  // The basic scheme (no possession proven) asks for messages that differ.
  const std::set<std::string> distinct(claim.messages.begin(), claim.messages.end());
  if (claim.dst.ends_with("NUL_") && distinct.size() != claim.messages.size()) return false;
  return pairing_product_is_one(a, b);
}
bool fast_aggregate_holds(const std::vector<std::string>& keys, const std::string& message, const std::string& signature) {
  G1 sum;
  for (const auto& text : keys) {
    const auto key = G1Affine::decode(bytes(text));
    if (!key.ok()) return false;
    sum += *key;
  }
  if (sum.is_infinity()) return false;
  return holds({{to_hex(sum.affine().encode())}, {message}, signature, kPossession});
}

std::string said(bool good) { return good ? "valid" : "invalid"; }

std::string sign(const std::string& secret, const std::string& message) {
  const auto key = BlsSecretKey::decode(bytes(secret));
  if (!key.ok()) return "-";                                  // the zero key
  blst_scalar sk;
  blst_scalar_from_bendian(&sk, bytes(secret).data());
  blst_p2 signature;
  blst_sign_pk_in_g1(&signature, &G2(hash(bytes(message), kPossession)).raw(), &sk);
  return to_hex(G2(signature).affine().encode());
}

std::string sum_of(const std::vector<std::string>& signatures) {
  if (signatures.empty()) return "-";
  G2 sum;
  for (const auto& text : signatures) {
    const auto one = G2Affine::decode(bytes(text));
    if (!one.ok()) return "refused";
    sum += G2(*one);
  }
  return to_hex(sum.affine().encode());
}

template <class Point>
std::string decodes(const std::string& text) {
  return said(Point::decode(bytes(text)).ok());
}

const std::string kInfinityG1 = "c0" + std::string(94, '0'), kInfinityG2 = "c0" + std::string(190, '0');

TEST(BlsVectors, ethereum) {
  std::map<std::string, size_t> cases;
  for (const auto& f : vector_lines("ethereum_bls/bls.txt")) {
    const std::string& kind = f[0];
    ++cases[kind];
    std::string found, expected = f.back();
    if (kind == "sign") found = sign(f[2], f[3]);
    if (kind == "verify") found = said(holds({{f[2]}, {f[3]}, f[4], kPossession}));
    if (kind == "aggregate") found = sum_of(parts(f[2]));
    if (kind == "fast_aggregate_verify") found = said(fast_aggregate_holds(parts(f[2]), f[3], f[4]));
    if (kind == "aggregate_verify") found = said(holds({parts(f[2]), parts(f[3]), f[4], kPossession}));
    if (kind == "deserialization_G1") found = decodes<G1Affine>(f[2]);
    if (kind == "deserialization_G2") found = decodes<G2Affine>(f[2]);
    if (kind == "batch_verify") {
      const auto keys = parts(f[2]), messages = parts(f[3]), signatures = parts(f[4]);
      bool all = true;
      for (size_t i = 0; i < keys.size(); ++i) all = all && holds({{keys[i]}, {messages[i]}, signatures[i], kPossession});
      found = said(all);
    }
    // The suite takes the point at infinity for a point; no type of ours does.
    if (f[2] == kInfinityG1 && kind == "deserialization_G1") expected = "invalid";
    if (f[2] == kInfinityG2 && kind == "deserialization_G2") expected = "invalid";
    if (f[2] == kInfinityG2 && kind == "aggregate") expected = "refused";
    EXPECT_EQ(found, expected) << kind << " " << f[1];
  }
  const std::map<std::string, size_t> expected = {{"aggregate", 6}, {"aggregate_verify", 5}, {"batch_verify", 4}, {"deserialization_G1", 16},
                                                  {"deserialization_G2", 18}, {"fast_aggregate_verify", 12}, {"sign", 10}, {"verify", 29}};
  EXPECT_EQ(cases, expected);
}

TEST(BlsVectors, wycheproof) {
  std::map<std::string, size_t> cases;
  for (const auto& f : vector_lines("wycheproof/bls.txt")) {
    ++cases[f[0]];
    if (f[0] == "hash_to_g2") {
      const bool same = to_hex(hash(bytes(f[3]), f[2]).encode()) == f[4];
      EXPECT_EQ(said(same), f[5]) << f[0] << " " << f[1];
    } else {
      const bool one = f[0] == "verify";
      EXPECT_EQ(said(holds({one ? std::vector{f[3]} : parts(f[3]), one ? std::vector{f[4]} : parts(f[4]), f[5], f[2]})), f[6]) << f[0] << " " << f[1];
    }
  }
  const std::map<std::string, size_t> expected = {{"aggregate_verify", 19}, {"hash_to_g2", 34}, {"verify", 114}};
  EXPECT_EQ(cases, expected);
}

}  // namespace
}  // namespace sotto::crypto
