#include "note/encryption.hpp"

#include <gtest/gtest.h>

#include "crypto/aead.hpp"
#include "crypto/hash.hpp"
#include "note/note_for_test.hpp"

namespace sotto::note {
namespace {

const Payment kPayment{{7, 0}, Amount(12345), Bytes{'h', 'i'}};

struct Scene {
  SeededEntropy random{11};
  AccountKeys alice = test_account(1), bob = test_account(2), eve = test_account(3);
  Fr rho = random.field();
  Address to = bob.view().address(4);
  SealedOutput sealed = seal_output(to, kPayment, rho, alice.view().ovk, random);
};

TEST(Commitments, FollowTheSpec) {  // N-1 .. N-5, written out again
  using crypto::node;
  SeededEntropy random(1);
  const Fr owner = random.field(), rho = random.field(), rcm = random.field(), nk = random.field(), s = random.field();
  const Fr asset = asset_of({9, 3});
  EXPECT_EQ(asset, node(Fr::from_u64(9), Fr::from_u64(3), Fr(), Fr::from_u64(6)));
  const Fr cm = commitment({asset, Amount(77), owner, rho, rcm});
  EXPECT_EQ(cm, node(node(asset, Fr::from_u64(77), owner, Fr::from_u64(4)), rho, rcm, Fr::from_u64(3)));
  EXPECT_EQ(nullifier(nk, rho, cm), node(nk, rho, cm, Fr::from_u64(5)));
  EXPECT_EQ(rcm_of(s, rho), node(s, rho, Fr(), Fr::from_u64(7)));
}

TEST(Commitments, EveryPartMatters) {
  SeededEntropy random(2);
  const Note n{random.field(), Amount(5), random.field(), random.field(), random.field()};
  const Fr cm = commitment(n);
  Note m = n;
  m.asset += Fr::one();
  EXPECT_NE(commitment(m), cm);
  m = n, m.value = Amount(6);
  EXPECT_NE(commitment(m), cm);
  m = n, m.owner += Fr::one();
  EXPECT_NE(commitment(m), cm);
  m = n, m.rho += Fr::one();
  EXPECT_NE(commitment(m), cm);
  m = n, m.rcm += Fr::one();
  EXPECT_NE(commitment(m), cm);
  const Fr nk = random.field(), nf = nullifier(nk, n.rho, cm);
  EXPECT_NE(nullifier(nk + Fr::one(), n.rho, cm), nf);
  EXPECT_NE(nullifier(nk, n.rho + Fr::one(), cm), nf);
  EXPECT_NE(nullifier(nk, n.rho, cm + Fr::one()), nf);
  EXPECT_NE(asset_of({1, 0}), asset_of({1, 1}));
  EXPECT_NE(asset_of({1, 0}), asset_of({2, 0}));
}

TEST(Encryption, ReceiverOpens) {
  Scene s;
  const auto got = try_decrypt(s.bob.view().incoming, s.rho, s.sealed.cm, s.sealed.ciphertext);
  ASSERT_TRUE(got);
  EXPECT_EQ(got->payment, kPayment);
  EXPECT_EQ(got->address(s.to.network), s.to);
  EXPECT_EQ(commitment(got->note()), s.sealed.cm);
  EXPECT_EQ(got->note().rcm, s.sealed.note.rcm);
}

TEST(Encryption, SenderRecovers) {
  Scene s;
  const auto sent = recover_sent(s.alice.view().ovk, s.rho, s.sealed.cm, s.sealed.ciphertext);
  ASSERT_TRUE(sent);
  EXPECT_EQ(sent->payment, kPayment);
  EXPECT_EQ(sent->address(s.to.network), s.to);
  EXPECT_EQ(commitment(sent->note()), s.sealed.cm);
}

TEST(Encryption, NobodyElseOpens) {
  Scene s;
  for (const AccountKeys* other : {&s.alice, &s.eve}) {
    EXPECT_FALSE(try_decrypt(other->view().incoming, s.rho, s.sealed.cm, s.sealed.ciphertext));
  }
  for (const AccountKeys* other : {&s.bob, &s.eve}) {
    EXPECT_FALSE(recover_sent(other->view().ovk, s.rho, s.sealed.cm, s.sealed.ciphertext));
  }
  // Half of the keys is none: the right ivk with another account, and the other way round.
  IncomingKeys mixed = s.bob.view().incoming;
  mixed.account = s.eve.view().incoming.account;
  EXPECT_FALSE(try_decrypt(mixed, s.rho, s.sealed.cm, s.sealed.ciphertext));
  mixed = s.eve.view().incoming;
  mixed.account = s.bob.view().incoming.account;
  EXPECT_FALSE(try_decrypt(mixed, s.rho, s.sealed.cm, s.sealed.ciphertext));
}

TEST(Encryption, WrongRhoOrCommitmentOpensNothing) {
  Scene s;
  const Fr other_rho = s.rho + Fr::one(), other_cm = s.sealed.cm + Fr::one();
  EXPECT_FALSE(try_decrypt(s.bob.view().incoming, other_rho, s.sealed.cm, s.sealed.ciphertext));
  EXPECT_FALSE(try_decrypt(s.bob.view().incoming, s.rho, other_cm, s.sealed.ciphertext));
  EXPECT_FALSE(recover_sent(s.alice.view().ovk, other_rho, s.sealed.cm, s.sealed.ciphertext));
  EXPECT_FALSE(recover_sent(s.alice.view().ovk, s.rho, other_cm, s.sealed.ciphertext));
}

TEST(Encryption, EveryFlippedByteOpensNothing) {
  Scene s;
  for (size_t i = 0; i < 32; ++i) {
    OutputCiphertext c = s.sealed.ciphertext;
    c.epk[i] = static_cast<uint8_t>(c.epk[i] ^ (1 << (i % 8)));
    EXPECT_FALSE(try_decrypt(s.bob.view().incoming, s.rho, s.sealed.cm, c)) << i;
    EXPECT_FALSE(recover_sent(s.alice.view().ovk, s.rho, s.sealed.cm, c)) << i;
  }
  for (size_t i = 0; i < kNoteCiphertextBytes; ++i) {
    OutputCiphertext c = s.sealed.ciphertext;
    c.note[i] = static_cast<uint8_t>(c.note[i] ^ (1 << (i % 8)));
    EXPECT_FALSE(try_decrypt(s.bob.view().incoming, s.rho, s.sealed.cm, c)) << i;
    if (i % 16 == 0) {
      EXPECT_FALSE(recover_sent(s.alice.view().ovk, s.rho, s.sealed.cm, c)) << i;
    }
  }
  for (size_t i = 0; i < kSenderCopyBytes; ++i) {
    OutputCiphertext c = s.sealed.ciphertext;
    c.sender_copy[i] = static_cast<uint8_t>(c.sender_copy[i] ^ (1 << (i % 8)));
    EXPECT_FALSE(recover_sent(s.alice.view().ovk, s.rho, s.sealed.cm, c)) << i;
    EXPECT_TRUE(try_decrypt(s.bob.view().incoming, s.rho, s.sealed.cm, c)) << i;  // not the receiver's affair
  }
}

TEST(Encryption, IdentityAndGarbageEpkOpenNothing) {
  Scene s;
  for (const uint8_t fill : {uint8_t{0x00}, uint8_t{0xff}, uint8_t{0x01}}) {
    OutputCiphertext c = s.sealed.ciphertext;
    c.epk.fill(fill);
    EXPECT_FALSE(try_decrypt(s.bob.view().incoming, s.rho, s.sealed.cm, c));
  }
}

// A sender who can encrypt but lies inside: authentic ciphertexts whose contents do not recompute.
struct Liar {
  Scene s;
  Secret<ByteArray<32>> esk_seed{s.random.bytes<32>()};
  crypto::RistrettoScalar esk = crypto::RistrettoScalar::reduce512(crypto::blake2b_512("Sotto.esk", {esk_seed.expose()}));
  Fr rnd = s.random.field();
  Bytes plaintext(const Diversifier& d, const Payment& p, uint16_t memo_size, uint8_t padding = 0) const {
    Writer out;
    out.raw(d);
    out.u64(p.asset.id);
    out.u32(p.asset.policy);
    out.u64(p.value.units());
    rnd.write(out);
    out.raw(esk_seed.expose());
    out.u16(memo_size);
    out.raw(p.memo);
    out.raw(Bytes(kMaxMemoBytes - p.memo.size(), padding));
    return out.bytes();
  }
  Fr cm(const Payment& p, const Fr& owner) const { return commitment({asset_of(p.asset), p.value, owner, s.rho, rcm_of(rnd, s.rho)}); }
  // Encrypts `plain` to pk under epk = esk * base.
  bool bob_accepts(const Bytes& plain, const Fr& commitment_shown, const crypto::RistrettoPoint& base,
                   const crypto::RistrettoPoint& pk) const {
    OutputCiphertext c;
    c.epk = mul(base, esk)->encode();
    const Secret<Hash32> key(crypto::blake2b_256("Sotto.note", {mul(pk, esk)->encode(), c.epk, commitment_shown.encode()}));
    const Bytes sealed = crypto::chacha20_poly1305_seal(key, {}, plain, {});
    std::copy(sealed.begin(), sealed.end(), c.note.begin());
    return try_decrypt(s.bob.view().incoming, s.rho, commitment_shown, c).has_value();
  }
};

TEST(Encryption, AuthenticCiphertextsThatDoNotRecomputeAreNotMine) {
  const Liar liar;
  const Address to = liar.s.to, other = liar.s.bob.view().address(9);
  const Fr cm = liar.cm(kPayment, to.owner);
  const auto base = base_of(to.owner);
  const Bytes honest = liar.plaintext(to.diversifier, kPayment, 2);
  ASSERT_TRUE(liar.bob_accepts(honest, cm, base, to.pk));  // so that every refusal below has its own reason

  Payment more = kPayment;
  more.value = Amount(99999);
  EXPECT_FALSE(liar.bob_accepts(liar.plaintext(to.diversifier, more, 2), cm, base, to.pk));       // amount
  more = kPayment, more.asset.id = 8;
  EXPECT_FALSE(liar.bob_accepts(liar.plaintext(to.diversifier, more, 2), cm, base, to.pk));       // asset
  EXPECT_FALSE(liar.bob_accepts(liar.plaintext(other.diversifier, kPayment, 2), cm, base, to.pk));  // owner
  EXPECT_FALSE(liar.bob_accepts(honest, liar.cm(kPayment, other.owner), base, to.pk));
  EXPECT_FALSE(liar.bob_accepts(liar.plaintext(to.diversifier, kPayment, 513), cm, base, to.pk));   // memo length
  EXPECT_FALSE(liar.bob_accepts(liar.plaintext(to.diversifier, kPayment, 2, 1), cm, base, to.pk));  // padding
  Bytes bad_s = honest;
  std::fill(bad_s.begin() + 36, bad_s.begin() + 68, uint8_t{0xff});
  EXPECT_FALSE(liar.bob_accepts(bad_s, cm, base, to.pk));                                            // s >= r
  Bytes bad_seed = honest;
  bad_seed[70] ^= 1;
  EXPECT_FALSE(liar.bob_accepts(bad_seed, cm, base, to.pk));                                         // esk does not give epk
}

TEST(Encryption, TwoAddressesCannotBeLinkedByACraftedOutput) {
  // Janus: base of one of Bob's addresses, opening of another. If it opened, both would be known to be one person's.
  const Liar liar;
  const Address a = liar.s.to, b = liar.s.bob.view().address(9);
  const Bytes plain = liar.plaintext(b.diversifier, kPayment, 2);
  EXPECT_FALSE(liar.bob_accepts(plain, liar.cm(kPayment, b.owner), base_of(a.owner), a.pk));
  EXPECT_FALSE(liar.bob_accepts(plain, liar.cm(kPayment, b.owner), base_of(a.owner), b.pk));
  EXPECT_FALSE(liar.bob_accepts(plain, liar.cm(kPayment, b.owner), base_of(b.owner), a.pk));
  EXPECT_TRUE(liar.bob_accepts(plain, liar.cm(kPayment, b.owner), base_of(b.owner), b.pk));
}

TEST(Encryption, FreshPerOutput) {
  Scene s;
  const SealedOutput again = seal_output(s.to, kPayment, s.rho, s.alice.view().ovk, s.random);
  EXPECT_NE(again.cm, s.sealed.cm);
  EXPECT_NE(again.ciphertext.epk, s.sealed.ciphertext.epk);
  EXPECT_NE(again.ciphertext.note, s.sealed.ciphertext.note);
}

TEST(Encryption, NotesWithOneRhoStillHaveTheirOwnNullifiers) {
  // Faerie gold: were rho repeated (the protocol forbids it), the nullifier would still bind cm; the same cm twice would
  // be the same note. So two creditable notes never share a nullifier.
  Scene s;
  const SealedOutput twin = seal_output(s.to, kPayment, s.rho, s.alice.view().ovk, s.random);
  const Fr& nk = s.bob.view().nk.expose();
  EXPECT_NE(nullifier(nk, s.rho, s.sealed.cm), nullifier(nk, s.rho, twin.cm));
}

TEST(Encryption, InvoiceGivesS) {
  Scene s;
  const Fr secret = s.random.field();
  const SealedOutput out = seal_output(s.to, kPayment, s.rho, s.alice.view().ovk, s.random, secret);
  EXPECT_EQ(out.note.rcm, rcm_of(secret, s.rho));
  EXPECT_EQ(try_decrypt(s.bob.view().incoming, s.rho, out.cm, out.ciphertext)->s, secret);
}

TEST(Encryption, AnyMemoLengthLooksTheSame) {
  Scene s;
  for (const size_t size : {size_t{0}, size_t{1}, size_t{511}, kMaxMemoBytes}) {
    const Payment p{{7, 0}, Amount(1), Bytes(size, 0)};
    const SealedOutput out = seal_output(s.to, p, s.rho, s.alice.view().ovk, s.random);
    EXPECT_EQ(try_decrypt(s.bob.view().incoming, s.rho, out.cm, out.ciphertext)->payment, p);
  }
}

}  // namespace
}  // namespace sotto::note
