#include <gtest/gtest.h>

#include "ledger/test_support.hpp"

namespace sotto::ledger {
namespace {

using testing::World;

// Two transfers, one with a contract, and both kinds of operation: every field of the format is present.
Transaction full_transaction(World& world) {
  Transaction tx = world.payment();
  tx.transfers.push_back(world.transfer());
  Contract& contract = tx.transfers[1].contract.emplace();
  world.entropy.fill(contract.commitment);
  for (Output& o : contract.outputs_b) world.fill(o);
  tx.operations = {Mint{{2, 0}, 5, {}}, Burn{{3, 0}, 6, {}}};
  world.seal(tx);
  return tx;
}

TEST(Transaction, EncodesCanonically) {  // C-1
  World world;
  for (const Transaction& tx : {world.payment(), full_transaction(world)}) {
    const Bytes bytes = encode(tx);
    const auto back = decode_transaction(bytes);
    ASSERT_TRUE(back.ok());
    EXPECT_EQ(encode(*back), bytes);
    EXPECT_EQ(txid(*back), txid(tx));
    EXPECT_EQ(full_id(bytes), full_id(*back));
  }
}

TEST(Transaction, SizesAreAsTheSpecSays) {
  World world;
  Transaction tx = world.payment();
  const size_t one = encode(tx).size();
  EXPECT_EQ(one, 1 + 32 + 8 + 4 + 4 + (2 + 3 * 68 + 3 * 806 + 1 + 8 + 8 + 32 + 32 + 8 + 32 + circuit::kTransferProofBytes + 64));
  EXPECT_EQ(one - encode_body(tx).size(), circuit::kTransferProofBytes + 64);
  tx.transfers[0].contract.emplace();
  EXPECT_EQ(encode(tx).size() - one, 32u + 2 * 806);
  tx.operations = {Mint{}};
  EXPECT_EQ(encode(tx).size() - one, 32u + 2 * 806 + 1 + 8 + 4 + 8 + 64);
}

TEST(Transaction, EveryTruncationAndExtensionIsRefused) {
  World world;
  Bytes bytes = encode(full_transaction(world));
  for (size_t n = 0; n < bytes.size(); ++n) EXPECT_FALSE(decode_transaction(ByteView(bytes).first(n)).ok()) << n;
  bytes.push_back(0);
  EXPECT_EQ(decode_transaction(bytes).error(), DecodeError::trailing_bytes);
}

TEST(Transaction, NamedRefusals) {
  World world;
  const Transaction good = world.payment();
  const Bytes bytes = encode(good);
  const auto altered = [&](size_t at, std::initializer_list<uint8_t> with) {
    Bytes copy = bytes;
    std::copy(with.begin(), with.end(), copy.begin() + static_cast<std::ptrdiff_t>(at));
    return decode_transaction(copy);
  };
  EXPECT_EQ(altered(0, {2}).error(), DecodeError::bad_version);
  EXPECT_EQ(altered(41, {0, 0, 0, 17}).error(), DecodeError::too_large);      // transfers
  EXPECT_EQ(altered(41, {0xff, 0xff, 0xff, 0xff}).error(), DecodeError::too_large);
  EXPECT_EQ(altered(45 + 2, {0xff}).error(), DecodeError::non_canonical);     // anchor >= r
  EXPECT_EQ(altered(45 + 2 + 32, {0xff}).error(), DecodeError::non_canonical);  // nullifier >= r
  const size_t outputs = 45 + 2 + 3 * 68;
  EXPECT_EQ(altered(outputs, {0xff}).error(), DecodeError::non_canonical);    // cm >= r
  const size_t contract = outputs + 3 * 806;
  EXPECT_EQ(altered(contract, {2}).error(), DecodeError::not_boolean);
  EXPECT_EQ(altered(contract + 1 + 16, {0xff}).error(), DecodeError::non_canonical);       // asset_pub
  EXPECT_EQ(altered(contract + 1 + 16 + 32, {0xff}).error(), DecodeError::non_canonical);  // fee_asset
  Bytes off_curve(bytes);
  size_t refused = 0;
  for (uint8_t low = 0; low < 16; ++low) {  // about half of all v have no u
    off_curve[contract + 1 + 16 + 64 + 8] = low;
    if (const auto r = decode_transaction(off_curve); !r.ok()) {
      EXPECT_EQ(r.error(), DecodeError::not_on_curve);
      ++refused;
    }
  }
  EXPECT_GT(refused, 0u);
  EXPECT_EQ(altered(bytes.size() - 4, {0, 0, 0, 17}).error(), DecodeError::too_large);  // operations
  EXPECT_EQ(decode_transaction(Bytes(kMaxTransactionBytes + 1)).error(), DecodeError::too_large);

  Transaction with_operation = good;
  with_operation.operations = {Mint{{2, 0}, 1, {}}};
  Bytes op = encode(with_operation);
  for (int reserved : {0, 3, 4, 16, 255}) {
    op[bytes.size()] = static_cast<uint8_t>(reserved);
    EXPECT_EQ(decode_transaction(op).error(), DecodeError::bad_version) << reserved;
  }
}

// Nullifier + r is another spelling of the same number: it must not decode (threats C3).
TEST(Transaction, AliasOfANullifierIsRefused) {
  World world;
  Transaction tx = world.payment();
  tx.transfers[0].inputs[0].nf = {Fr::from_u64(5)};
  Bytes bytes = encode(tx);
  const Bytes r_plus_5 = *from_hex("73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000006");
  std::copy(r_plus_5.begin(), r_plus_5.end(), bytes.begin() + 45 + 2 + 32);
  EXPECT_EQ(decode_transaction(bytes).error(), DecodeError::non_canonical);
}

// T-1: every field but proofs and signatures changes the txid, proofs and signatures change the full id alone. The
// structured bindings are the reflection: a new field does not compile here until it has a row.
TEST(Transaction, TxidCoversEveryField) {
  World world;
  const Transaction good = full_transaction(world);
  std::vector<std::pair<const char*, std::function<void(Transaction&)>>> covered, outside;
  const auto field = [](Fr& f) { f += Fr::one(); };
  const auto row = [&](auto& list, const char* what, auto change) { list.emplace_back(what, change); };

  row(covered, "network", [](Transaction& tx) { auto& [network, expiry, transfers, operations, ordered] = tx; network.value[31] ^= 1; (void)expiry; (void)transfers; (void)operations; (void)ordered; });
  row(covered, "expiry", [](Transaction& tx) { ++tx.expiry; });
  row(covered, "fewer transfers", [](Transaction& tx) { tx.transfers.pop_back(); });
  row(covered, "order of transfers", [](Transaction& tx) { std::swap(tx.transfers[0], tx.transfers[1]); });
  row(covered, "fewer operations", [](Transaction& tx) { tx.operations.pop_back(); });
  row(covered, "order of operations", [](Transaction& tx) { std::swap(tx.operations[0], tx.operations[1]); });

  // Runs `change` on one numbered field of a structure taken apart by structured bindings.
  const auto fields_of_transfer = [&](Transfer& t, int n) {
    auto& [circuit, inputs, outputs, contract, v_in, v_out, asset_pub, fee_asset, fee, rk, proof, signature] = t;
    switch (n) {
      case 0: ++circuit; return true;
      case 1: std::swap(inputs[0], inputs[1]); return true;
      case 2: std::swap(outputs[0], outputs[2]); return true;
      case 3: contract.has_value() ? contract.reset() : (void)contract.emplace(); return true;
      case 4: ++v_in; return true;
      case 5: ++v_out; return true;
      case 6: field(asset_pub); return true;
      case 7: field(fee_asset); return true;
      case 8: ++fee; return true;
      case 9: rk = -rk; return true;
      case 10: proof[0] ^= 1; return true;
      case 11: signature.S[31] ^= 1; return true;
      default: return false;
    }
  };
  const auto fields_of_input = [&](Input& i, int n) {
    auto& [anchor, nf, generation] = i;
    switch (n) {
      case 0: field(anchor.value); return true;
      case 1: field(nf.value); return true;
      case 2: ++generation; return true;
      default: return false;
    }
  };
  const auto fields_of_output = [&](Output& o, int n) {
    auto& [cm, epk, note_ciphertext, out_ciphertext] = o;
    switch (n) {
      case 0: field(cm.value); return true;
      case 1: epk[0] ^= 1; return true;
      case 2: note_ciphertext.back() ^= 1; return true;
      case 3: out_ciphertext.back() ^= 1; return true;
      default: return false;
    }
  };
  const auto fields_of_contract = [&](Contract& c, int n) {
    auto& [commitment, outputs_b] = c;
    switch (n) {
      case 0: commitment[0] ^= 1; return true;
      case 1: std::swap(outputs_b[0], outputs_b[1]); return true;
      default: return false;
    }
  };
  const auto fields_of_operation = [&](Operation& op, int n) {
    const auto fields = [&](auto& o) {
      auto& [asset, amount, signature] = o;
      auto& [id, policy] = asset;
      switch (n) {
        case 0: ++id; return true;
        case 1: ++policy; return true;
        case 2: ++amount; return true;
        case 3: signature.R[0] ^= 1; return true;
        default: return false;
      }
    };
    Mint* mint = std::get_if<Mint>(&op);
    return mint != nullptr ? fields(*mint) : fields(std::get<Burn>(op));
  };

  for (size_t t = 0; t < 2; ++t) {
    for (int n = 0; n < 10; ++n) row(covered, "transfer", [=](Transaction& tx) { ASSERT_TRUE(fields_of_transfer(tx.transfers[t], n)); });
    for (int n = 10; n < 12; ++n) row(outside, "transfer", [=](Transaction& tx) { ASSERT_TRUE(fields_of_transfer(tx.transfers[t], n)); });
    for (size_t i = 0; i < circuit::kSlots; ++i) {
      for (int n = 0; n < 3; ++n) row(covered, "input", [=](Transaction& tx) { ASSERT_TRUE(fields_of_input(tx.transfers[t].inputs[i], n)); });
      for (int n = 0; n < 4; ++n) row(covered, "output", [=](Transaction& tx) { ASSERT_TRUE(fields_of_output(tx.transfers[t].outputs[i], n)); });
    }
  }
  for (int n = 0; n < 2; ++n) row(covered, "contract", [=](Transaction& tx) { ASSERT_TRUE(fields_of_contract(*tx.transfers[1].contract, n)); });
  for (size_t i = 0; i < circuit::kBranchSlots; ++i)
    for (int n = 0; n < 4; ++n)
      row(covered, "branch output", [=](Transaction& tx) { ASSERT_TRUE(fields_of_output(tx.transfers[1].contract->outputs_b[i], n)); });
  for (size_t i = 0; i < 2; ++i) {
    for (int n = 0; n < 3; ++n) row(covered, "operation", [=](Transaction& tx) { ASSERT_TRUE(fields_of_operation(tx.operations[i], n)); });
    row(covered, "operation type", [=](Transaction& tx) {
      if (const Mint* m = std::get_if<Mint>(&tx.operations[i])) tx.operations[i] = Burn{m->asset, m->amount, m->signature};
      else { const Burn b = std::get<Burn>(tx.operations[i]); tx.operations[i] = Mint{b.asset, b.amount, b.signature}; }
    });
    row(outside, "operation", [=](Transaction& tx) { ASSERT_TRUE(fields_of_operation(tx.operations[i], 3)); });
  }

  std::set<Hash32> ids{txid(good).value}, full{full_id(good).value};
  for (const auto& [what, change] : covered) {
    Transaction tx = good;
    change(tx);
    EXPECT_TRUE(ids.insert(txid(tx).value).second) << what;
    EXPECT_TRUE(full.insert(full_id(tx).value).second) << what;
  }
  for (const auto& [what, change] : outside) {
    Transaction tx = good;
    change(tx);
    EXPECT_EQ(txid(tx), txid(good)) << what;
    EXPECT_TRUE(full.insert(full_id(tx).value).second) << what;
  }
}

// The same on bytes: whatever flip still decodes either lies in a proof or signature, or gives another txid.
TEST(Transaction, EveryByteIsInTheTxidOrInAProofOrSignature) {
  World world;
  const Bytes bytes = encode(full_transaction(world));
  const TxId id = txid(*decode_transaction(bytes));
  size_t outside = 0;
  for (size_t n = 0; n < bytes.size(); ++n) {
    Bytes flipped = bytes;
    flipped[n] ^= 1;
    const auto tx = decode_transaction(flipped);
    if (tx.ok() && txid(*tx) == id) ++outside;
  }
  EXPECT_EQ(outside, 2 * (circuit::kTransferProofBytes + 64) + 2 * 64);
}

TEST(Transaction, IssuerSignsSomethingElseThanOwners) {
  World world;
  const TxId id = txid(world.payment());
  EXPECT_NE(issuer_message(id), id.value);
}

TEST(Transaction, StatementTakesEveryPublicField) {
  World world;
  Transaction tx = full_transaction(world);
  const Transfer& t = tx.transfers[1];
  const auto x = statement_of(t);
  for (size_t i = 0; i < circuit::kSlots; ++i) {
    EXPECT_EQ(x.root[i], t.inputs[i].anchor.value);
    EXPECT_EQ(x.nf[i], t.inputs[i].nf.value);
    EXPECT_EQ(x.cm[i], t.outputs[i].cm.value);
  }
  EXPECT_TRUE(x.has_b);
  for (size_t i = 0; i < 2; ++i) EXPECT_EQ(x.cm_b[i], t.contract->outputs_b[i].cm.value);
  EXPECT_EQ(x.fee_asset, t.fee_asset);
  EXPECT_EQ(x.fee, t.fee);
  EXPECT_TRUE(x.rk == t.rk);
  const auto plain = statement_of(tx.transfers[0]);  // T-7
  EXPECT_FALSE(plain.has_b);
  for (const Fr& cm : plain.cm_b) EXPECT_TRUE(cm.is_zero());
}

TEST(Transaction, ListsFollowTheWire) {
  World world;
  Transaction tx = full_transaction(world);
  tx.transfers[1].inputs[2].generation = 9;
  ASSERT_EQ(nullifiers(tx).size(), 6u);
  EXPECT_EQ(nullifiers(tx)[4], tx.transfers[1].inputs[1].nf);
  EXPECT_EQ(generations(tx), (std::vector<uint32_t>{0, 0, 0, 0, 0, 9}));
  const auto cms = appended_commitments(tx);  // of the contract's transfer only slot 2
  ASSERT_EQ(cms.size(), 4u);
  EXPECT_EQ(cms[3], tx.transfers[1].outputs[2].cm);
}

}  // namespace
}  // namespace sotto::ledger
