// From a plan (which notes in, which payments out) to a transaction with proofs and signatures. Used by Wallet, by
// genesis and by issuers; plans of theirs carry v_in or v_out.
#pragma once
#include "circuit/transfer_proof.hpp"
#include "ledger/transaction.hpp"
#include "note/encryption.hpp"
#include "note/merkle.hpp"

namespace sotto::wallet {

using crypto::Fr;
using note::Amount;

struct InputPlan {
  Amount value;                              // > 0: a real note
  note::Diversifier diversifier{};
  Fr rho, rcm;
  uint32_t generation = 0;
  note::NotePath path;                       // to TransferPlan::anchor
};

struct OutputPlan {
  note::Address to;                          // of the account's network
  Amount value;
  Bytes memo;                                // <= note::kMaxMemoBytes
  std::optional<Fr> invoice_s;
};

struct TransferPlan {
  note::AssetOpening asset;                  // of slots 0, 1
  note::AssetOpening fee_asset;              // of slot 2
  std::array<std::optional<InputPlan>, circuit::kSlots> inputs;    // none: a dummy
  std::array<std::optional<OutputPlan>, circuit::kSlots> outputs;  // none: a dummy, value 0 to the change address
  Amount fee, v_in, v_out;
  Amount carry;                              // only if asset == fee_asset
  Fr anchor;                                 // what every input names, dummies too: nothing tells them apart
};

// The address that change and dummies go to: of an index no user ever hands out.
inline constexpr uint64_t kChangeIndex = uint64_t{1} << 63;

// A transfer without proof and signature, and what it takes to make them. Wiped when it dies.
struct BuiltTransfer {
  ledger::Transfer transfer;
  circuit::TransferPublic statement;
  circuit::TransferWitness witness;
  BuiltTransfer() = default;
  BuiltTransfer(const BuiltTransfer&) = default;
  BuiltTransfer& operator=(const BuiltTransfer&) = default;
  ~BuiltTransfer();
};

enum class BuildReject : uint8_t {
  unsatisfied,          // the plan does not balance, or a path does not lead to the anchor
  wrong_keys,           // an input's note is not this account's
  wrong_network,        // an output to an address of another network: nobody could ever spend it
  bad_own_proof,        // the proof did not verify: nothing was sent, the machine is not to be trusted
};
const char* name(BuildReject reject);

// Draws every secret of the transfer: alpha, dummies, s and esk of each output. Checks the statement natively
// (circuit::holds), so that proving cannot fail on it.
Result<BuiltTransfer, BuildReject> build_transfer(const note::ViewingKeys& keys, const TransferPlan& plan, Entropy& entropy);

// Makes and checks proofs. CircuitProver (circuit_prover.hpp) is the real one; an interface so that the wallet's own
// logic can be tested on thousands of payments.
class Prover {
 public:
  virtual ~Prover() = default;
  // `x` and `w` satisfy circuit::holds().
  virtual circuit::TransferProof prove(const ledger::NetworkId& network, const circuit::TransferPublic& x,
                                       const circuit::TransferWitness& w) = 0;
  virtual bool verify(const ledger::NetworkId& network, std::span<const circuit::TransferClaim> claims) = 0;
};

// The unsigned transaction: its txid is already final, so issuers can sign their operations over it.
ledger::Transaction assemble(const ledger::NetworkId& network, uint64_t expiry, std::span<const BuiltTransfer> transfers,
                             std::vector<ledger::Operation> operations = {});
// Proves each transfer, verifies the proofs, signs each under ask + alpha over the txid. `tx` is assemble()'s result
// (operations may have been signed meanwhile).
Status<BuildReject> authorise(ledger::Transaction& tx, std::span<const BuiltTransfer> transfers,
                              const Secret<crypto::JubjubScalar>& ask, Prover& prover, Entropy& entropy);

}  // namespace sotto::wallet
