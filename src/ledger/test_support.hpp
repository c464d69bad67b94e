// For tests only: a small network, keys, and transactions that satisfy every rule, sealed with real signatures and with
// a stand-in for the proof. The stand-in "proves" a statement by hashing it with the network, so whatever changes the
// statement, the network or the proof is refused, as with the real one; real_proof_test.cpp runs that.
#pragma once
#include "crypto/hash.hpp"
#include "crypto/redjubjub.hpp"
#include "ledger/genesis.hpp"

namespace sotto::ledger::testing {

class TestEntropy final : public Entropy {
 public:
  explicit TestEntropy(uint64_t seed) : seed_(seed) {}
  void fill(std::span<uint8_t> out) override {
    for (size_t at = 0; at < out.size();) {
      Writer w;
      w.u64(seed_);
      w.u64(counter_++);
      const Hash32 block = crypto::sha256(w.bytes());
      for (size_t i = 0; i < block.size() && at < out.size(); ++i) out[at++] = block[i];
    }
  }
  Fr field() { return Fr::reduce512(bytes<64>()); }
  uint64_t below(uint64_t n) {
    const auto b = bytes<8>();
    uint64_t v = 0;
    for (uint8_t x : b) v = v << 8 | x;
    return v % n;
  }

 private:
  uint64_t seed_, counter_ = 0;
};

inline circuit::TransferProof fake_proof(const NetworkId& network, const Transfer& t) {
  const auto x = statement_of(t);
  Writer w;
  w.raw(network.value);
  for (const Fr& f : x.root) f.write(w);
  for (const Fr& f : x.nf) f.write(w);
  for (const Fr& f : x.cm) f.write(w);
  for (const Fr& f : x.cm_b) f.write(w);
  w.u8(x.has_b);
  w.u64(x.v_in);
  w.u64(x.v_out);
  x.asset_pub.write(w);
  x.fee_asset.write(w);
  w.u64(x.fee);
  w.raw(x.rk.encode());
  circuit::TransferProof proof{};
  const Hash32 hash = crypto::sha256(w.bytes());
  std::copy(hash.begin(), hash.end(), proof.begin());
  return proof;
}

class FakeProofs final : public ProofVerifier {
 public:
  std::vector<bool> verify(const NetworkId& network, std::span<const circuit::TransferClaim> claims) override {
    verified += claims.size();
    std::vector<bool> verdicts;
    for (const auto& claim : claims) {
      Transfer t;
      const auto& x = claim.statement;
      for (size_t i = 0; i < circuit::kSlots; ++i) {
        t.inputs[i] = {{x.root[i]}, {x.nf[i]}, 0};
        t.outputs[i].cm = {x.cm[i]};
      }
      if (x.has_b) {
        t.contract.emplace();
        for (size_t i = 0; i < circuit::kBranchSlots; ++i) t.contract->outputs_b[i].cm = {x.cm_b[i]};
      }
      t.v_in = x.v_in;
      t.v_out = x.v_out;
      t.asset_pub = x.asset_pub;
      t.fee_asset = x.fee_asset;
      t.fee = x.fee;
      t.rk = x.rk;
      verdicts.push_back(fake_proof(network, t) == claim.proof);
    }
    return verdicts;
  }
  size_t verified = 0;
};

struct Key {
  Secret<crypto::JubjubScalar> secret;
  crypto::JubjubAffine point;
};
inline Key make_key(Entropy& entropy) {
  const Secret<crypto::JubjubScalar> secret(crypto::JubjubScalar::random(entropy));
  return {secret, crypto::redjubjub_public_key(secret)};
}

// Assets 1 (native, fixed supply, pays fees), 2 and 3 (issued, 2 pays fees), 9 (policy 7). The issuer's key comes from
// a fixed seed, so that contents of different worlds are equal.
inline Key issuer_key() {
  TestEntropy entropy(77);
  return make_key(entropy);
}
inline GenesisContent test_content() {
  GenesisContent c;
  c.params = {"sotto-test", 5, 50, {0, 1, 10}, {1, 2}, 64, 4 * 1024 * 1024, false};
  const auto issuer = issuer_key().point;
  c.assets = {{{1, 0}, "SOT", "Sotto", 8, std::nullopt, 1'000'000},
              {{2, 0}, "USDx", "Demo dollar", 2, issuer, 5'000},
              {{3, 0}, "EURx", "Demo euro", 2, issuer, 0},
              {{9, 7}, "REG", "Regulated", 2, issuer, 0}};
  c.committee = {1, 2, 3};
  return c;
}

// The same with stake: four validators with 10,000, 10,000, 10,000 and 20,000 of the native asset. `issuer` is their operator.
inline GenesisContent stake_content() {
  GenesisContent c = test_content();
  StakeParams& p = c.params.stake;
  p.max_validators = 4;
  p.min_self_bond = 1'000;
  p.min_bond = 10;
  p.unbonding_epochs = 3;
  p.evidence_epochs = 2;
  p.slash = 500;
  p.absence_epochs = 2;
  p.jail_epochs = 2;
  Writer seats;
  seats.count(4);
  for (uint8_t i = 0; i < 4; ++i) {
    seats.raw(Hash32{i});
    seats.u64(i == 3 ? 20'000 : 10'000);
    seats.raw(ByteArray<96>{i});
    p.operators.push_back(issuer_key().point);
  }
  c.committee = std::move(seats).bytes();
  return c;
}
// Its first committee (M-6), with proofs of possession nobody looks at here.
inline Bytes first_committee(const GenesisContent& content) {
  constexpr size_t kSeat = 32 + 8 + 96;
  Writer out;
  out.raw(network_id(content).value);
  out.u64(0);
  out.raw(ByteView(content.committee).first(4));
  for (size_t at = 4; at < content.committee.size(); at += kSeat) {
    out.raw(ByteView(content.committee).subspan(at, kSeat));
    out.raw(ByteArray<48>{});
  }
  return std::move(out).bytes();
}
// Rejects that stake_check_test.cpp triggers.
inline bool of_stake(Reject r) {
  return (r >= Reject::staking_disabled && r <= Reject::too_many_spends) || (r >= Reject::unknown_validator && r <= Reject::too_old) ||
         r == Reject::bad_claim_signature || r == Reject::bad_possession || r == Reject::bad_engine_signature;
}

// Certificates in these tests: the txid, signed by nobody.
inline Bytes test_certificate(const Transaction& tx) {
  const Hash32 id = txid(tx).value;
  return {id.begin(), id.end()};
}
inline bool test_certificate_holds(const Transaction&, const TxId& id, ByteView certificate, const State&) {
  return std::equal(certificate.begin(), certificate.end(), id.value.begin(), id.value.end());
}
inline CertifiedTransaction certified(const Transaction& tx) {
  if (tx.ordered) return {tx, {}};
  return {tx, test_certificate(tx)};
}
// Four validators of stake 1, 1, 1 and 2, so that 4 of 5 are a quorum; a signature is the validator's index.
inline const CommitteeWord& test_committee() {
  static const CommitteeWord word{
      [](const Report& report, const State&) -> std::optional<CommitteeWord::Weight> {
        if (report.validator >= 4 || report.signature[0] != report.validator) return std::nullopt;
        return CommitteeWord::Weight{report.validator == 3 ? 2u : 1u, 5};
      },
      [](const CloseEpoch& close, const State&) { return close.bitmap == Bytes{0xf0}; },
      [](const Unjail& op, const ByteArray<96>& key, const State&) { return op.signature[0] == key[0]; },
      [](const Evidence& op, const ByteArray<96>& key, const State&, const Archive&) { return op.proof == Bytes{key[0]}; }};
  return word;
}

struct World {
  explicit World(uint64_t seed = 1, const GenesisContent& content = test_content())
      : entropy(seed), network(std::make_shared<const Network>(content)), owner(make_key(entropy)), issuer(issuer_key()) {
    genesis.content = content;
    if (network->has_stake()) genesis.committee_proofs = first_committee(content);
    for (const Asset& asset : content.assets) {
      if (asset.issued == 0) continue;
      Transaction tx = blank();
      tx.expiry = 0;
      Transfer& t = tx.transfers[0];
      for (Input& i : t.inputs) i.anchor = genesis_anchor();
      t.fee = 0;
      t.v_in = asset.issued;
      t.asset_pub = note::asset_of(asset.opening);
      seal(tx);
      genesis.transactions.push_back(tx);
    }
    auto start = execute_genesis(genesis, authority);
    CHECK(start.ok());
    genesis_block = start->block;
    commit(std::move(start).value(), state, archive);
  }

  // One transfer with fresh everything, unsealed, no anchors.
  Transaction blank() {
    Transaction tx;
    tx.network = network->id();
    tx.transfers.push_back(transfer());
    return tx;
  }
  Transfer transfer() {
    Transfer t;
    for (Input& i : t.inputs) i.nf = {entropy.field()};
    for (Output& o : t.outputs) fill(o);
    t.fee_asset = network->asset(0);
    t.fee = 1;
    t.rk = owner.point;
    return t;
  }
  void fill(Output& o) {
    o.cm = {entropy.field()};
    entropy.fill(o.epk);
    entropy.fill(o.note_ciphertext);
    entropy.fill(o.out_ciphertext);
  }
  // A valid payment at the present state.
  Transaction payment() {
    Transaction tx = blank();
    tx.expiry = state.height + 20;
    for (Input& i : tx.transfers[0].inputs) i.anchor = state.newest_root();
    seal(tx);
    return tx;
  }
  // Proofs, then the issuer's and the owner's signatures, over whatever the transaction says now.
  void seal(Transaction& tx) {
    for (Transfer& t : tx.transfers) t.proof = fake_proof(tx.network, t);
    sign(tx);
  }
  void sign(Transaction& tx) {
    const TxId id = txid(tx);
    for (Transfer& t : tx.transfers) t.signature = crypto::redjubjub_sign(owner.secret, owner.point, id.value, entropy);
    for (Operation& op : tx.operations)
      std::visit([&]<class Op>(Op& o) {
        if constexpr (std::is_same_v<Op, Mint> || std::is_same_v<Op, Burn>)
          o.signature = crypto::redjubjub_sign(issuer.secret, issuer.point, issuer_message(id), entropy);
        else if constexpr (std::is_same_v<Op, Claim>)
          o.signature = crypto::redjubjub_sign(owner.secret, owner.point, claim_message(id), entropy);
      }, op);
  }
  Transaction mint(uint64_t amount, note::AssetOpening asset = {2, 0}) {
    Transaction tx = payment();
    tx.transfers[0].v_in = amount;
    tx.transfers[0].asset_pub = note::asset_of(asset);
    tx.operations.push_back(Mint{asset, amount, {}});
    seal(tx);
    return tx;
  }
  Transaction burn(uint64_t amount, note::AssetOpening asset = {2, 0}) {
    Transaction tx = payment();
    tx.transfers[0].v_out = amount;
    tx.transfers[0].asset_pub = note::asset_of(asset);
    tx.operations.push_back(Burn{asset, amount, {}});
    seal(tx);
    return tx;
  }

  // Recovers note `slot` of a payment.
  Transaction recovery(const Transaction& payment, size_t slot = 0) {
    Transaction tx = blank();
    const Input& note = payment.transfers[0].inputs[slot];
    Transfer& shown = tx.transfers[0];
    shown.inputs[0].nf = shown.inputs[1].nf = note.nf;
    for (Input& i : shown.inputs) i.anchor = note.anchor;
    shown.v_out = 1;
    shown.asset_pub = network->asset(0);
    shown.fee = 0;
    tx.ordered = Recover{state.epoch, note.nf, note.generation};
    seal(tx);
    return tx;
  }
  Transaction report(uint16_t validator, std::optional<Report::Note> note) {
    Transaction tx;
    tx.network = network->id();
    Report op{state.epoch, note, validator, {}};
    op.signature[0] = static_cast<uint8_t>(validator);
    tx.ordered = op;
    return tx;
  }
  Transaction close(Bytes next) {
    Transaction tx;
    tx.network = network->id();
    tx.ordered = CloseEpoch{state.epoch, std::move(next), {0xf0}, {}};
    return tx;
  }

  Result<Execution, BlockReject> run(const std::vector<CertifiedTransaction>& entries) {
    return execute(state, archive, entries, state.time_ms + 5, test_certificate_holds, authority, test_committee());
  }
  // Executes and commits; outcomes in order.
  std::vector<Outcome> step(const std::vector<Transaction>& transactions) {
    std::vector<CertifiedTransaction> entries;
    for (const auto& tx : transactions) entries.push_back(certified(tx));
    auto e = run(entries);
    CHECK(e.ok());
    std::vector<Outcome> outcomes;
    for (const auto& entry : e->block.entries) outcomes.push_back(entry.outcome);
    const Bytes bytes = encode(e->block);
    const auto back = decode_block(bytes);
    CHECK(back.ok() && encode(*back) == bytes);          // whatever was executed, wallets can read it
    blocks.push_back(e->block);
    commit(std::move(e).value(), state, archive);
    return outcomes;
  }

  TestEntropy entropy;
  std::shared_ptr<const Network> network;
  Key owner, issuer;
  FakeProofs proofs;
  TestEntropy verifier_entropy{99};
  FullAuthority authority{proofs, verifier_entropy};
  Genesis genesis;
  Block genesis_block;
  State state;
  MemoryArchive archive;
  std::vector<Block> blocks;
};

}  // namespace sotto::ledger::testing
