#include "apps/demo.hpp"

#include <cstdlib>
#include <unistd.h>

#include <fmt/format.h>

#include "apps/assets.hpp"
#include "apps/demo_attempts.hpp"
#include "apps/environment.hpp"
#include "apps/proof_system.hpp"
#include "ledger/audit.hpp"
#include "ledger/circuit_verifier.hpp"
#include "node/certificate_check.hpp"
#include "note/memo.hpp"
#include "settle/committee_word.hpp"

namespace sotto::apps {

namespace {

// Gone when the demo ends, however it ends.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "sotto-demo-XXXXXX").string();
    if (mkdtemp(pattern.data()) != nullptr) path_ = pattern;
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

using Text = Result<std::string, Error>;

Text failed(const std::string& what) { return Failure{Error{what}}; }

Text set_up_system(DemoWorld& world) {
  const auto file = find_data(kReferenceString);
  if (!file.ok()) return failed(file.error().what);
  auto system = load_keys(file->string(), world.pool, true);
  if (!system.ok()) return failed(system.error().what);
  world.system = std::move(system).value();
  return std::string("from the Ethereum ceremony's 4096 powers");
}

Text set_up_network(DemoWorld& world, Console& console) {
  auto devnet = node::Devnet::open({world.dir / "devnet", 0, 4, "sotto-demo"}, world.system, world.entropy, world.clock,
                                   world.pool, [&](const std::string& what) { console.update("Network: " + what); });
  if (!devnet.ok()) return failed(devnet.error().what);
  world.devnet = std::move(devnet).value();
  console.update("Network: four validators with keys and stores of their own");
  return fmt::format("{} assets issued by {} proven transactions", world.devnet->genesis().content.assets.size(),
                     world.devnet->genesis().transactions.size());
}

Text fund(DemoWorld& world, Party& who, const note::AssetOpening& asset, uint64_t units) {
  const auto paid = world.devnet->fund(who.address(), asset, note::Amount(units), {}, kDemoTimeoutMs);
  if (!paid.ok()) return failed(paid.error().what);
  const auto arrived = who.follow_until([&] { return !who.wallet->balance(asset).spendable.is_zero(); });
  if (!arrived.ok()) return failed(arrived.error().what);
  return std::string("a private payment like any other");
}

// One payment, its steps shown as they are measured.
node::Paid pay(DemoReport& report, Party& from, const Party& to, uint64_t units, uint64_t fee,
               const std::string& memo) {
  const auto amount = note::format_amount(note::Amount(units), 2);
  std::optional<node::Paid> paid;
  std::vector<node::SettleStep> steps;
  const wallet::PayRequest request{to.address(),     kEur, note::Amount(units), Bytes(memo.begin(), memo.end()), kSot,
                                   note::Amount(fee)};
  std::optional<wallet::Outgoing> outgoing;
  report.step(fmt::format("{} proves a payment of {} EUR to {}", from.name, amount, to.name), [&]() -> Text {
    auto made = from.driver->prepare(request, node::Deadline::in(kDemoTimeoutMs));
    if (!made.ok()) return failed(made.error().what);
    outgoing = std::move(made).value();
    return fmt::format("private proof ready, {} bytes of transaction", outgoing->bytes->size());
  });
  report.step("Four validators lock the notes and certify", [&]() -> Text {
    auto result =
        from.driver->settle(*outgoing, node::Deadline::in(kDemoTimeoutMs), [&](const node::SettleStep& s) { steps.push_back(s); });
    if (!result.ok()) return failed(result.error().what);
    if (!result->settled) return failed("a block has it, and nobody acknowledged it");
    paid = std::move(result).value();
    return std::string("final");
  });
  using Kind = node::SettleStep::Kind;
  for (const auto& s : steps) {
    if (s.kind == Kind::vote)
      report.measured(fmt::format("  vote of validator {}", s.validator + 1), s.at_ms, fmt::format("{} of 4", s.count));
    if (s.kind == Kind::lock_certificate) report.measured("  lock certificate: no rival can have one", s.at_ms);
    if (s.kind == Kind::acknowledgement)
      report.measured(fmt::format("  acknowledgement of validator {}", s.validator + 1), s.at_ms,
                      fmt::format("{} of 4", s.count));
    if (s.kind == Kind::settled) report.measured("  settlement certificate: final, whatever happens", s.at_ms);
  }
  return std::move(*paid);
}

// The payee's machine checks everything itself and signs for it; the payer checks the receipt.
void receive(DemoReport& report, DemoWorld& world, Party& from, Party& to, const node::Paid& paid) {
  std::vector<wallet::Incoming> incoming;
  report.step(fmt::format("{}'s own wallet verifies proof, certificate and note", to.name), [&]() -> Text {
    ledger::CircuitVerifier verifier(world.system, world.entropy, world.pool);
    ledger::FullAuthority authority(verifier, world.entropy);
    auto received = to.wallet->receive(*paid.transaction, paid.settled->settlement, *to.network->committee(), authority);
    if (!received.ok()) return failed(wallet::name(received.error().reject));
    incoming = std::move(received).value();
    if (incoming.size() != 1) return failed("not one payment");
    return fmt::format("{} EUR, \"{}\"", note::format_amount(incoming[0].value, 2), note::visible(incoming[0].memo, false));
  });
  report.step(fmt::format("{} signs a receipt, {} checks it", to.name, from.name), [&]() -> Text {
    const auto receipt = to.wallet->sign_receipt(incoming[0].output, world.entropy);
    if (!receipt.ok()) return failed(wallet::name(receipt.error().reject));
    const auto accepted = from.wallet->accept_receipt(*receipt);
    if (!accepted.ok()) return failed(wallet::name(accepted.error().reject));
    return std::string("anybody can check it");
  });
}

void block(DemoReport& report, Party& payer, Party& payee, const ledger::TxId& txid) {
  report.step("The block with it", [&]() -> Text {
    const auto executed = [&] {
      const auto* payment = payer.wallet->payment(txid);
      return payment != nullptr && payment->state == wallet::PaymentState::executed;
    };
    if (const auto done = payer.follow_until(executed); !done.ok()) return failed(done.error().what);
    const uint64_t height = payer.wallet->next_block();
    if (const auto done = payee.follow_until([&] { return payee.wallet->next_block() >= height; }); !done.ok())
      return failed(done.error().what);
    return fmt::format("height {}", height - 1);
  });
}

// Trusts nobody: asks for blocks like any stranger and checks everything again from genesis.
void observe(DemoReport& report, DemoWorld& world) {
  report.step("An observer verifies the whole ledger from genesis", [&]() -> Text {
    const auto network =
        node::NetworkClient::connect(world.devnet->endpoints().front(), std::nullopt, world.entropy, kDemoTimeoutMs);
    if (!network.ok()) return failed(network.error().what);
    ledger::CircuitVerifier verifier(world.system, world.entropy, world.pool);
    ledger::FullAuthority authority(verifier, world.entropy);
    ledger::MemoryArchive archive;
    std::vector<ledger::Block> page;
    std::string trouble;
    const auto source = [&](uint64_t height) -> std::optional<Bytes> {
      if (page.empty() || page.back().header.height < height) {
        auto blocks = (*network)->blocks(height, 0);
        if (!blocks.ok()) trouble = blocks.error().what;
        if (!blocks.ok() || blocks->empty()) return std::nullopt;
        page = std::move(blocks).value();
      }
      return ledger::encode(page[height - page.front().header.height]);
    };
    const auto audited = ledger::audit((*network)->genesis(), source, archive,
                                       node::certificate_check((*network)->committee()), authority, {},
                                       settle::committee_word((*network)->committee()));
    if (!audited.ok()) return failed(describe(audited.error()));
    if (!trouble.empty()) return failed(trouble);
    const auto& assets = (*network)->network()->assets();
    for (size_t i = 0; i < assets.size(); ++i) {
      const auto& s = audited->state.supply[i];
      report.supply.push_back({assets[i].symbol, assets[i].decimals, ledger::to_decimal(s.minted), ledger::to_decimal(s.burned),
                               ledger::to_decimal(s.fees), ledger::to_decimal(s.staked), ledger::to_decimal(s.shielded())});
    }
    report.observer_ok = true;
    return fmt::format("{} blocks, {} transactions, {} proofs, all good", audited->blocks, audited->entries,
                       audited->proofs);
  });
}

// Sums can exceed an Amount, so this works on their digits.
std::string with_point(std::string units, unsigned decimals) {
  if (decimals == 0) return units;
  if (units.size() <= decimals) units.insert(0, decimals + 1 - units.size(), '0');
  return units.insert(units.size() - decimals, ".");
}

void run(DemoReport& report, DemoWorld& world, Console& console) {
  console.heading("Set-up");
  report.step("Reference string and circuit keys", [&] { return set_up_system(world); });
  report.step("Network", [&] { return set_up_network(world, console); });
  std::unique_ptr<Party> alice, bob, carol, device;
  report.step("Wallets for Alice, Bob and Carol", [&]() -> Text {
    for (auto [who, called] : {std::pair(&alice, "Alice"), std::pair(&bob, "Bob"), std::pair(&carol, "Carol")}) {
      auto made = make_party(world, called);
      if (!made.ok()) return failed(made.error().what);
      *who = std::move(made).value();
    }
    return std::string("sealed files, keys from 24 words each");
  });
  report.step("Alice receives 250.00 EUR from the faucet", [&] { return fund(world, *alice, kEur, 250'00); });
  report.step("Alice receives 10 SOT, for fees", [&] { return fund(world, *alice, kSot, 10'000'000); });

  console.heading("Alice pays Bob: sender, receiver, amount and currency stay hidden");
  const auto first = pay(report, *alice, *bob, 40'00, node::kDevFees[1], "for dinner");
  report.settled_ms = first.settled_ms;
  receive(report, world, *alice, *bob, first);
  block(report, *alice, *bob, first.txid);

  console.heading("Bob pays Carol onward");
  const auto second = pay(report, *bob, *carol, 15'00, 0, "my half of the taxi");
  receive(report, world, *bob, *carol, second);
  block(report, *bob, *carol, second.txid);

  console.heading("What must fail");
  report.step("Alice restores her wallet on another device", [&]() -> Text {
    auto made = make_party(world, "Alice's other device", alice.get());
    if (!made.ok()) return failed(made.error().what);
    device = std::move(made).value();
    const uint64_t height = carol->wallet->next_block();
    for (Party* who : {device.get(), alice.get(), bob.get()})
      if (const auto done = who->follow_until([&] { return who->wallet->next_block() >= height; }); !done.ok())
        return failed(done.error().what);
    if (device->wallet->balance(kEur).spendable != alice->wallet->balance(kEur).spendable)
      return failed("the restored balance differs");
    return fmt::format("finds {} EUR by scanning", note::format_amount(device->wallet->balance(kEur).spendable, 2));
  });
  AttemptScene scene{report, world, *alice, *device, *bob, *carol, first};
  run_attempts(scene);

  console.heading("The ledger");
  observe(report, world);
  if (!console.json()) {
    console.line(fmt::format("\n  {:<6} {:>20} {:>12} {:>12} {:>16} {:>20}   minted − burned − fees − staked = in notes", "asset",
                             "minted", "burned", "fees", "staked", "in notes"));
    for (const auto& s : report.supply)
      console.line(fmt::format("  {:<6} {:>20} {:>12} {:>12} {:>16} {:>20}", s.symbol, with_point(s.minted, s.decimals),
                               with_point(s.burned, s.decimals), with_point(s.fees, s.decimals), with_point(s.staked, s.decimals),
                               with_point(s.shielded, s.decimals)));
    console.line(fmt::format("\n  From finished proof to final: {}.", show_ms(report.settled_ms)));
  }
}

}  // namespace

int demo(Console& console) {
  const TemporaryDirectory directory;
  if (directory.path().empty()) return console.failure({ExitCode::failed, "cannot make a temporary directory", ""});
  DemoReport report(console);
  std::string trouble;
  try {
    DemoWorld world;
    world.dir = directory.path();
    run(report, world, console);
  } catch (const DemoFailed& failure) {
    trouble = failure.what;
  }
  console.document(report.json());
  if (!trouble.empty() && !console.json()) return console.failure({ExitCode::failed, trouble, ""});
  return static_cast<int>(report.all_good() ? ExitCode::ok : ExitCode::failed);
}

}  // namespace sotto::apps
