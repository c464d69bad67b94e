#include "apps/demo_attempts.hpp"

#include "crypto/redjubjub.hpp"
#include "ledger/circuit_verifier.hpp"
#include "wallet/circuit_prover.hpp"

namespace sotto::apps {

namespace {

using wallet::PayRequest;

// Sent to every validator like any payment; the named reason a quorum gives, "" if it went through.
std::string reject_of(Party& who, const Bytes& transaction, std::string& note, const std::string& refused_note) {
  const auto candidate = settle::decode_candidate(transaction);
  if (!candidate.ok()) return sotto::name(candidate.error());
  const auto settled = who.network->payer().settle(*candidate, node::Deadline::in(kDemoTimeoutMs));
  if (settled.ok()) return "";
  const auto& failure = settled.error();
  if (failure.may_still_move || !failure.refusal) return "";
  note = refused_note;
  return failure.refusal->rule.empty() ? failure.refusal->reason : failure.refusal->rule;
}

Bytes with_tampered_proof(const Bytes& honest) {
  auto tx = ledger::decode_transaction(honest);
  CHECK(tx.ok());
  tx->transfers[0].proof.back() ^= 1;        // in the last evaluation: still canonical bytes
  return ledger::encode(*tx);
}

// Signed as its owner would sign it, whatever the proof says.
void sign(ledger::Transaction& tx, const wallet::BuiltTransfer& built, const note::AccountKeys& keys,
          Entropy& entropy) {
  const auto rsk = crypto::randomize(keys.ask(), built.witness.alpha);
  tx.transfers[0].signature = crypto::redjubjub_sign(rsk, tx.transfers[0].rk, ledger::txid(tx).value, entropy);
}

struct Forger {
  note::AccountKeys keys;
  Party& line;                               // to the validators
};

// A transfer of nothing in, `out` to the forger, with `v_in` claimed to come from outside.
wallet::TransferPlan from_nothing(const Forger& f, uint64_t out, uint64_t v_in) {
  wallet::TransferPlan plan;
  plan.asset = kEur;
  plan.fee_asset = kSot;
  plan.v_in = note::Amount(v_in);
  plan.outputs[0] = wallet::OutputPlan{f.keys.view().address(0), note::Amount(out), {}, std::nullopt};
  plan.anchor = f.line.wallet->state().tree.root();
  return plan;
}

uint64_t expiry(const Forger& f) { return f.line.wallet->next_block() + 100; }

// The proof is good: the statement says "this much enters from outside", and it balances. Nobody authorised it.
std::string claim_an_issue(DemoWorld& world, const Forger& f, std::string& note) {
  const auto built = wallet::build_transfer(f.keys.view(), from_nothing(f, 1'000'000'00, 1'000'000'00), world.entropy);
  CHECK(built.ok());
  wallet::CircuitProver prover(world.system, world.entropy, world.pool);
  auto tx = wallet::assemble(f.line.network->id(), expiry(f), {&*built, 1});
  CHECK(wallet::authorise(tx, {&*built, 1}, f.keys.ask(), prover, world.entropy).ok());
  return reject_of(f.line, ledger::encode(tx), note,
                   "a valid proof of 1,000,000.00 EUR entering, with no issuer behind it");
}

// The proof is of an empty payment; the commitment is swapped for one to a million.
std::string raise_an_output(DemoWorld& world, const Forger& f, std::string& note) {
  const auto built = wallet::build_transfer(f.keys.view(), from_nothing(f, 0, 0), world.entropy);
  CHECK(built.ok());
  wallet::CircuitProver prover(world.system, world.entropy, world.pool);
  auto tx = wallet::assemble(f.line.network->id(), expiry(f), {&*built, 1});
  CHECK(wallet::authorise(tx, {&*built, 1}, f.keys.ask(), prover, world.entropy).ok());
  const auto rich = note::seal_output(f.keys.view().address(0), {kEur, note::Amount(1'000'000'00), {}},
                                      built->statement.nf[0], f.keys.view().ovk, world.entropy);
  tx.transfers[0].outputs[0] = {{rich.cm}, rich.ciphertext.epk, rich.ciphertext.note, rich.ciphertext.sender_copy};
  sign(tx, *built, f.keys, world.entropy);
  return reject_of(f.line, ledger::encode(tx), note, "outputs exceed inputs by 1,000,000.00 EUR, signature good");
}

// Bob's own wallet decides; nobody else is asked.
std::string show_to(Party& payee, DemoWorld& world, const Bytes& transaction,
                    const settle::SettlementCertificate& certificate, std::string& note) {
  ledger::CircuitVerifier verifier(world.system, world.entropy, world.pool);
  ledger::FullAuthority authority(verifier, world.entropy);
  const auto received = payee.wallet->receive(transaction, certificate, *payee.network->committee(), authority);
  if (received.ok()) return "";
  note = payee.name + "'s own wallet: " + wallet::name(received.error().reject);
  return received.error().detail.empty() ? wallet::name(received.error().reject) : received.error().detail;
}

settle::SettlementCertificate forged(const AttemptScene& s, const settle::Subject& subject, DemoWorld& world) {
  const auto& committee = *s.bob.network->committee();
  const auto key = crypto::BlsSecretKey::random(world.entropy);
  const auto digest = settle::digest(settle::Phase::settle, committee.network(), subject);
  // Claims that the first three of four signed.
  return {subject, Bytes{0b11100000}, crypto::bls_sign(key, digest)};
}

}  // namespace

void run_attempts(AttemptScene& s) {
  DemoWorld& world = s.world;
  const PayRequest to_bob{s.bob.address(), kEur, note::Amount(10'00), {}, kSot, note::Amount(0)};
  const PayRequest to_carol{s.carol.address(), kEur, note::Amount(10'00), {}, kSot, note::Amount(0)};

  // An honest payment, proven and not sent yet: what attackers start from.
  std::optional<wallet::Outgoing> honest, rival;
  s.report.step("Alice proves a payment, and her other device a rival one", [&]() -> Result<std::string, Error> {
    for (auto [party, request, outgoing] :
         {std::tuple(&s.alice, &to_bob, &honest), std::tuple(&s.alices_other_device, &to_carol, &rival)}) {
      auto made = party->driver->prepare(*request, node::Deadline::in(kDemoTimeoutMs));
      if (!made.ok()) return Failure{Error{made.error().what}};
      *outgoing = std::move(made).value();
    }
    return std::string("both spend the same note");
  });
  const auto candidate = settle::decode_candidate(*honest->bytes);
  CHECK(candidate.ok());
  const auto subject = settle::subject_of(s.bob.network->committee()->epoch(), candidate->candidate);

  s.report.attempt("a tampered proof", [&](std::string& note) {
    return reject_of(s.carol, with_tampered_proof(*honest->bytes), note, "one bit of a good one flipped");
  });
  s.report.attempt("a forged settlement certificate shown to Bob", [&](std::string& note) {
    return show_to(s.bob, world, *honest->bytes, forged(s, subject, world), note);
  });
  s.report.attempt("a lock certificate passed off as a settlement", [&](std::string& note) {
    const auto& lock = s.earlier_payment.settled->lock;
    return show_to(s.bob, world, *s.earlier_payment.transaction, {lock.subject, lock.bitmap, lock.signature}, note);
  });
  s.report.attempt("a double spend from Alice's other device", [&](std::string& note) -> std::string {
    const auto first = s.alice.driver->settle(*honest, node::Deadline::in(kDemoTimeoutMs));
    if (!first.ok()) return "";
    const auto second =
        s.alices_other_device.network->payer().settle(*settle::decode_candidate(*rival->bytes), node::Deadline::in(kDemoTimeoutMs));
    if (second.ok() || !second.error().refusal) return "";
    const auto& refusal = *second.error().refusal;
    if (refusal.rival_id != honest->txid) return "";      // must name the rival
    note = "named rival " + honest->txid.hex().substr(0, 16) + "…, Alice's first payment";
    return refusal.reason;
  });

  const Forger forger{note::AccountKeys::derive(note::Seed(world.entropy.bytes<64>()), s.carol.network->id().value, 0),
                      s.carol};
  s.report.attempt("inflation: money claimed to come from outside",
                   [&](std::string& note) { return claim_an_issue(world, forger, note); });
  s.report.attempt("inflation: outputs above inputs",
                   [&](std::string& note) { return raise_an_output(world, forger, note); });
}

}  // namespace sotto::apps
