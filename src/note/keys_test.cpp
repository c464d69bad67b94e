#include "note/keys.hpp"

#include <gtest/gtest.h>

#include <set>

#include "crypto/bech32m.hpp"
#include "crypto/hash.hpp"
#include "note/note_for_test.hpp"

namespace sotto::note {
namespace {

TEST(Keys, DeriveFromSeedNetworkAndIndex) {
  const AccountKeys a = test_account(1);
  EXPECT_EQ(encode(a.view().address(0)), encode(test_account(1).view().address(0)));
  // Every input matters, for every secret.
  for (const AccountKeys& b : {test_account(2), test_account(1, 1), test_account(1, 0, 2)}) {
    EXPECT_FALSE(a.ask().expose() == b.ask().expose());
    EXPECT_NE(a.view().nk.expose(), b.view().nk.expose());
    EXPECT_FALSE(a.view().incoming.ivk.expose() == b.view().incoming.ivk.expose());
    EXPECT_NE(a.view().ovk.expose(), b.view().ovk.expose());
    EXPECT_NE(a.view().dk.expose(), b.view().dk.expose());
    EXPECT_NE(a.view().incoming.account, b.view().incoming.account);
  }
}

TEST(Keys, FollowTheSpec) {  // K-2 .. K-5, written out again
  const AccountKeys a = test_account(1, 7);
  ByteArray<64> seed;
  seed.fill(1);
  Hash32 network;
  network.fill(1);
  const ByteArray<4> index{0, 0, 0, 7};
  const auto account = crypto::blake2b_512("Sotto.account.v1", {network, index}, seed);
  const auto part = [&](std::string_view label) { return crypto::blake2b_512(label, {}, account); };
  const ViewingKeys& v = a.view();
  EXPECT_TRUE(a.ask().expose() == crypto::JubjubScalar::reduce512(part("Sotto.ask")));
  EXPECT_EQ(v.nk.expose(), Fr::reduce512(part("Sotto.nk")));
  const auto ovk = part("Sotto.ovk"), dk = part("Sotto.diversifier"), seed_of_view = part("Sotto.view");
  EXPECT_TRUE(std::equal(ovk.begin(), ovk.begin() + 32, v.ovk.expose().begin()));
  EXPECT_TRUE(std::equal(dk.begin(), dk.begin() + 32, v.dk.expose().begin()));
  EXPECT_TRUE(v.ak == (crypto::JubjubPoint(crypto::jubjub_generator()) * a.ask().expose()).affine());
  EXPECT_TRUE(v.ak.is_prime_order());
  EXPECT_EQ(v.incoming.account, crypto::node(v.ak.u, v.ak.v, v.nk.expose(), Fr::from_u64(1)));
  const auto ivk = crypto::blake2b_512("Sotto.ivk", {v.incoming.account.encode(), ByteView(seed_of_view).first(32)});
  EXPECT_TRUE(v.incoming.ivk.expose() == crypto::RistrettoScalar::reduce512(ivk));
  const Address address = v.address(5);
  EXPECT_EQ(address.owner, crypto::node(v.incoming.account, to_field(address.diversifier), Fr(), Fr::from_u64(2)));
  EXPECT_EQ(address.pk, *mul(base_of(address.owner), v.incoming.ivk.expose()));
}

TEST(Keys, DiversifiersPermuteIndices) {
  const ViewingKeys v = test_account(1).view();
  std::set<Diversifier> seen;
  for (const uint64_t index : {uint64_t{0}, uint64_t{1}, uint64_t{2}, uint64_t{255}, uint64_t{1} << 32, uint64_t{1} << 63, UINT64_MAX}) {
    const Diversifier d = v.diversifier(index);
    EXPECT_TRUE(seen.insert(d).second);
    EXPECT_EQ(v.index_of(d), index);
    EXPECT_NE(test_account(2).view().index_of(d), index);
  }
  SeededEntropy random(4);
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(v.index_of(random.bytes<16>()));
}

TEST(Keys, DiversifierAsAnInteger) {
  Diversifier d{};
  d[15] = 5;
  d[0] = 1;
  EXPECT_EQ(to_field(d), Fr::from_hex("0000000000000000000000000000000001000000000000000000000000000005"));
}

TEST(Addresses, AreUnlinkableOnTheirFace) {
  const ViewingKeys v = test_account(1).view();
  const Address a = v.address(0), b = v.address(1);
  EXPECT_NE(a.diversifier, b.diversifier);
  EXPECT_NE(a.owner, b.owner);
  EXPECT_NE(a.pk, b.pk);
}

constexpr std::array kKinds = {NetworkKind::main, NetworkKind::test, NetworkKind::dev};

TEST(Addresses, RoundTripPerNetwork) {
  const ViewingKeys v = test_account(1).view();
  const Address a = v.address(3);
  EXPECT_EQ(a.network.hex(), "0101010101010101");
  EXPECT_EQ(*decode_address(encode(a)), a);
  EXPECT_EQ(encode(a).size(), 89u);
  for (const auto kind : kKinds) {
    const std::string text = to_text(a, kind);
    EXPECT_TRUE(text.starts_with(std::string(hrp(kind)) + "1"));
    EXPECT_LE(text.size(), kMaxAddressText);
    EXPECT_EQ(*address_from_text(text, {kind, a.network}), a);
    std::string upper = text;
    for (char& c : upper) c = static_cast<char>(std::toupper(c));
    EXPECT_EQ(*address_from_text(upper, {kind, a.network}), a);
    EXPECT_EQ(any_address_from_text(text)->kind, kind);
    EXPECT_EQ(any_address_from_text(text)->address, a);
  }
}

TEST(Addresses, OfAnotherNetworkAreRefused) {
  const Address a = test_account(1).view().address(3);
  for (const auto kind : kKinds) {
    const std::string text = to_text(a, kind);
    for (const auto other : kKinds) {
      if (other == kind) continue;
      EXPECT_EQ(address_from_text(text, {other, a.network}).error(), AddressError::wrong_kind);
    }
    for (size_t i = 0; i < sizeof(NetworkTag); ++i) {
      NetworkTag tag = a.network;
      tag.bytes[i] ^= 1;
      EXPECT_EQ(address_from_text(text, {kind, tag}).error(), AddressError::wrong_network) << i;
    }
  }
  // The same words on another network: other keys, another tag.
  const Address theirs = test_account(1, 0, 2).view().address(3);
  EXPECT_NE(theirs.network, a.network);
  EXPECT_EQ(address_from_text(to_text(theirs, NetworkKind::dev), {NetworkKind::dev, a.network}).error(), AddressError::wrong_network);
}

TEST(Addresses, OfTheOldVersionSayWhatTheyAre) {
  // As versions before this one wrote it: version 1, 81 bytes, no network.
  const Address a = test_account(1).view().address(0);
  const auto now = encode(a);
  Bytes old(now.begin(), now.begin() + 81);
  old[0] = 1;
  EXPECT_EQ(decode_address(old).error(), AddressError::old_version);
  EXPECT_EQ(address_from_text(crypto::bech32m_encode("sottodev", old), {NetworkKind::dev, a.network}).error(), AddressError::old_version);
  EXPECT_EQ(address_from_text(crypto::bech32m_encode("sotto", old), {NetworkKind::dev, a.network}).error(), AddressError::old_version);
}

TEST(Addresses, EveryRejectAlone) {
  const Address a = test_account(1).view().address(0);
  const NetworkMark own{NetworkKind::dev, a.network};
  const auto good = encode(a);
  const auto with = [&](size_t at, const Bytes& part) {
    Bytes bytes(good.begin(), good.end());
    std::copy(part.begin(), part.end(), bytes.begin() + static_cast<ptrdiff_t>(at));
    return decode_address(bytes).error();
  };
  EXPECT_EQ(with(0, {0}), AddressError::unknown_version);
  EXPECT_EQ(with(0, {3}), AddressError::unknown_version);
  EXPECT_EQ(with(17, Bytes(32, 0xff)), AddressError::bad_owner);
  EXPECT_EQ(with(49, Bytes(32, 0xff)), AddressError::bad_key);
  EXPECT_EQ(with(49, Bytes(32, 0)), AddressError::bad_key);      // the identity
  EXPECT_EQ(decode_address({}).error(), AddressError::wrong_length);
  EXPECT_EQ(decode_address(ByteView(good).first(88)).error(), AddressError::wrong_length);
  Bytes longer(good.begin(), good.end());
  longer.push_back(0);
  EXPECT_EQ(decode_address(longer).error(), AddressError::wrong_length);

  const auto text = [&](const std::string& t) { return address_from_text(t, own).error(); };
  EXPECT_EQ(text(crypto::bech32m_encode("bc", good)), AddressError::unknown_prefix);
  EXPECT_EQ(text(crypto::bech32m_encode("sottodev", Bytes(90, 2))), AddressError::wrong_length);
  EXPECT_EQ(text(""), AddressError::not_an_address);
  EXPECT_EQ(text("bob"), AddressError::not_an_address);
  EXPECT_EQ(text(std::string(100'000, 'q')), AddressError::not_an_address);
  const std::string whole = to_text(a, NetworkKind::dev);
  EXPECT_EQ(whole.size(), address_text_size(NetworkKind::dev));
  for (const size_t at : {size_t{0}, size_t{4}, size_t{80}, whole.size()})
    for (const char space : {' ', '\n', '\t', '\r'}) {
      std::string bent = whole;
      EXPECT_EQ(text(bent.insert(at, 1, space)), AddressError::white_space) << at;
    }
  EXPECT_EQ(text("sotto:" + whole), AddressError::link);
  EXPECT_EQ(text("SOTTO:" + whole + "?amount=1&note=" + std::string(200, 'x')), AddressError::link);
  std::string bent = whole;
  char& letter = bent[bent.find_first_of("acdefghjklmnpqrstuvwxyz", 20)];
  letter = static_cast<char>(std::toupper(letter));
  EXPECT_EQ(text(bent), AddressError::mixed_case);
  auto groups = crypto::bech32m_decode_groups(whole, kMaxAddressText)->groups;
  groups.back() |= 1;                                            // ones where bytes end and padding is
  EXPECT_EQ(text(crypto::bech32m_encode_groups("sottodev", groups)), AddressError::wrong_length);
  for (const char c : {'b', 'i', 'o', '1', '-', '.'}) {
    bent = whole;
    bent[60] = c;
    EXPECT_EQ(text(bent), AddressError::bad_character) << c;
  }
  bent = whole;
  bent[60] = bent[60] == 'q' ? 'p' : 'q';
  EXPECT_EQ(text(bent), AddressError::wrong_checksum);
  EXPECT_EQ(text(whole.substr(0, whole.size() - 1)), AddressError::too_short);
  EXPECT_EQ(text("sottodev1"), AddressError::too_short);
  EXPECT_EQ(text(whole + "q"), AddressError::too_long);
  EXPECT_EQ(text(whole + whole.substr(9)), AddressError::too_long);
  EXPECT_EQ(text("sottodew" + whole.substr(8)), AddressError::not_an_address);
}

TEST(Addresses, EveryOneCharacterErrorAndLengthMutationIsRefused) {
  const Address address = test_account(1).view().address(0);
  const std::string text = to_text(address, NetworkKind::dev);
  const NetworkMark own{NetworkKind::dev, address.network};
  static constexpr std::string_view kAlphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
  for (size_t i = 0; i < text.size(); ++i) {
    for (const char c : kAlphabet) {
      if (c == text[i]) continue;
      std::string bent = text;
      bent[i] = c;
      EXPECT_FALSE(address_from_text(bent, own).ok()) << i << c;
    }
    std::string shorter = text, doubled = text;
    shorter.erase(i, 1);
    doubled.insert(i, 1, text[i]);
    EXPECT_FALSE(address_from_text(shorter, own).ok()) << i;
    EXPECT_FALSE(address_from_text(doubled, own).ok()) << i;
    std::string other_case = text;
    other_case[i] = static_cast<char>(std::toupper(text[i]));
    if (other_case != text) {
      EXPECT_FALSE(address_from_text(other_case, own).ok()) << i;
    }
    if (i > 0 && text[i] != text[i - 1]) {
      std::string swapped = text;
      std::swap(swapped[i], swapped[i - 1]);
      EXPECT_FALSE(address_from_text(swapped, own).ok()) << i;
    }
  }
  for (size_t n = 0; n < text.size(); ++n) EXPECT_FALSE(address_from_text(text.substr(0, n), own).ok());
}

}  // namespace
}  // namespace sotto::note
