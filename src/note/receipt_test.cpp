#include "note/receipt.hpp"

#include <gtest/gtest.h>

#include "note/note_for_test.hpp"

namespace sotto::note {
namespace {

struct Scene {
  SeededEntropy random{21};
  AccountKeys alice = test_account(1), bob = test_account(2);
  Fr rho = random.field();
  SealedOutput sealed = seal_output(bob.view().address(1), {{7, 0}, Amount(500), {}}, rho, alice.view().ovk, random);
  OpenedOutput opened = *try_decrypt(bob.view().incoming, rho, sealed.cm, sealed.ciphertext);
  Hash32 network{1}, txid{2};
  Receipt receipt = sign_receipt(bob.view().incoming, opened, network, txid, 3, 1, random);
};

TEST(Receipts, VerifyAndOpenTheCommitment) {
  const Scene s;
  EXPECT_TRUE(verify_receipt(s.receipt).ok());
  EXPECT_EQ(s.receipt.cm(), s.sealed.cm);
  EXPECT_EQ(s.receipt.value, Amount(500));
  const auto back = decode_receipt(encode(s.receipt));
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(encode(*back), encode(s.receipt));
  EXPECT_TRUE(verify_receipt(*back).ok());
}

TEST(Receipts, BindEveryField) {
  const Scene s;
  const auto refused = [&](auto change) {
    Receipt r = s.receipt;
    change(r);
    const auto verdict = verify_receipt(r);
    return !verdict.ok() && verdict.error() == ReceiptError::bad_signature;
  };
  EXPECT_TRUE(refused([](Receipt& r) {                                        // and its address with it
    r.network[5] ^= 1;
    r.address.network = NetworkTag::of(r.network);
  }));
  EXPECT_TRUE(refused([](Receipt& r) { r.txid[5] ^= 1; }));
  EXPECT_TRUE(refused([](Receipt& r) { r.transfer = 2; }));
  EXPECT_TRUE(refused([](Receipt& r) { r.slot = 2; }));
  EXPECT_TRUE(refused([](Receipt& r) { r.address.diversifier[0] ^= 1; }));
  EXPECT_TRUE(refused([](Receipt& r) { r.address.owner += Fr::one(); }));
  EXPECT_TRUE(refused([&](Receipt& r) { r.address.pk = s.alice.view().address(0).pk; }));
  EXPECT_TRUE(refused([&](Receipt& r) {
    r.address = s.alice.view().address(0);
    r.address.network = s.receipt.address.network;
  }));
  EXPECT_TRUE(refused([](Receipt& r) { r.asset.id = 8; }));
  EXPECT_TRUE(refused([](Receipt& r) { r.asset.policy = 1; }));
  EXPECT_TRUE(refused([](Receipt& r) { r.value = Amount(501); }));
  EXPECT_TRUE(refused([](Receipt& r) { r.rho += Fr::one(); }));
  EXPECT_TRUE(refused([](Receipt& r) { r.rcm += Fr::one(); }));
}

TEST(Receipts, EveryFlippedByteIsRefused) {
  const Scene s;
  const auto good = encode(s.receipt);
  for (size_t i = 0; i < good.size(); ++i) {
    auto bytes = good;
    bytes[i] = static_cast<uint8_t>(bytes[i] ^ (1 << (i % 8)));
    const auto r = decode_receipt(bytes);
    EXPECT_FALSE(r.ok() && verify_receipt(*r).ok()) << i;
  }
}

TEST(Receipts, MalformedOnes) {
  const Scene s;
  const auto good = encode(s.receipt);
  EXPECT_EQ(decode_receipt({}).error(), ReceiptError::malformed);
  EXPECT_EQ(decode_receipt(ByteView(good).first(good.size() - 1)).error(), ReceiptError::malformed);
  Bytes longer(good.begin(), good.end());
  longer.push_back(0);
  EXPECT_EQ(decode_receipt(longer).error(), ReceiptError::malformed);
  auto version = good;
  version[0] = 1;
  EXPECT_EQ(decode_receipt(version).error(), ReceiptError::malformed);
  Receipt r = s.receipt;
  r.address.network.bytes[0] ^= 1;                                            // an address of another network than the receipt's
  EXPECT_EQ(verify_receipt(r).error(), ReceiptError::malformed);
  r = s.receipt;
  r.slot = 3;
  EXPECT_EQ(verify_receipt(r).error(), ReceiptError::malformed);
  EXPECT_EQ(decode_receipt(encode(r)).error(), ReceiptError::malformed);
  r = s.receipt;
  std::fill(r.signature.begin(), r.signature.begin() + 32, uint8_t{0});       // R the identity
  EXPECT_EQ(verify_receipt(r).error(), ReceiptError::malformed);
  r = s.receipt;
  std::fill(r.signature.begin() + 32, r.signature.end(), uint8_t{0xff});      // z beyond the order
  EXPECT_EQ(verify_receipt(r).error(), ReceiptError::malformed);
  r = s.receipt;
  std::fill(r.signature.begin() + 32, r.signature.end(), uint8_t{0});         // z = 0
  EXPECT_EQ(verify_receipt(r).error(), ReceiptError::bad_signature);
}

TEST(Receipts, NobodyElseSigns) {
  Scene s;
  const Receipt forged = sign_receipt(s.alice.view().incoming, s.opened, s.network, s.txid, 3, 1, s.random);
  EXPECT_EQ(verify_receipt(forged).error(), ReceiptError::bad_signature);
}

TEST(Receipts, NoNonceServesTwice) {
  // One ivk, many bases: with broken randomness (the same bytes again) another message or base still has another nonce,
  // and with good randomness the same message has too.
  Scene s;
  SeededEntropy again1(5), again2(5), other(6);
  const Receipt a = sign_receipt(s.bob.view().incoming, s.opened, s.network, s.txid, 3, 1, again1);
  const Receipt b = sign_receipt(s.bob.view().incoming, s.opened, s.network, s.txid, 3, 2, again2);
  EXPECT_FALSE(std::equal(a.signature.begin(), a.signature.begin() + 32, b.signature.begin()));
  const Receipt c = sign_receipt(s.bob.view().incoming, s.opened, s.network, s.txid, 3, 1, other);
  EXPECT_FALSE(std::equal(a.signature.begin(), a.signature.begin() + 32, c.signature.begin()));
  EXPECT_TRUE(verify_receipt(a).ok() && verify_receipt(b).ok() && verify_receipt(c).ok());
}

}  // namespace
}  // namespace sotto::note
