// What a network is: its parameters, its assets, the hash that names it (docs/spec/ledger.md L-20..L-22).
// Everything here is fixed at genesis.
#pragma once
#include "ledger/stake.hpp"
#include "ledger/transaction.hpp"
#include "note/address.hpp"

namespace sotto::ledger {

inline constexpr size_t kMaxAssets = 64;
inline constexpr size_t kMaxFees = 16;
inline constexpr size_t kMaxNameBytes = 32;              // network and asset names, symbols
inline constexpr size_t kMaxCommitteeBytes = 128 * 1024;
inline constexpr uint32_t kMaxBlockEntries = 4096;
inline constexpr uint32_t kMaxBlockBytes = 32 * 1024 * 1024;

inline constexpr uint32_t kMaxUnbondingEpochs = 65'536;

// Proof of stake (docs/spec/stake.md D-2). All 0 and empty: none, the committee changes only by a quorum's word.
struct StakeParams {
  uint16_t max_validators = 0;            // N of the committee
  uint64_t min_self_bond = 0;             // native; >= 1
  uint64_t min_bond = 0;                  // >= 1
  uint32_t unbonding_epochs = 0;          // 2 .. kMaxUnbondingEpochs
  uint32_t evidence_epochs = 0;           // how old evidence may be: 1 .. unbonding_epochs - 1
  uint16_t slash = 0;                     // in ten-thousandths, 1 .. kWhole
  uint32_t absence_epochs = 0;            // in a row, then jailed; >= 1
  uint32_t jail_epochs = 0;               // >= 1
  uint64_t issuance = 0;                  // native, an epoch
  std::vector<crypto::JubjubAffine> operators;  // who may withdraw the genesis stakes, in the order of their seats
  friend bool operator==(const StakeParams&, const StakeParams&) = default;
};

struct Params {
  std::string name;                       // e.g. "sotto-dev"
  uint64_t anchor_window = 0;             // blocks a replaced root stays usable as an anchor; >= 1
  uint64_t expiry_window = 0;             // T-8; >= 1
  std::vector<uint64_t> fees;             // allowed fee values, strictly increasing; 0 only where fees may be free
  std::vector<uint64_t> fee_assets;       // asset ids, strictly increasing, policy 0 each
  uint32_t max_block_entries = 0;         // 1 .. kMaxBlockEntries
  uint32_t max_block_bytes = 0;           // encoded block; room for one largest transaction .. kMaxBlockBytes
  bool contracts_enabled = false;         // refused at genesis while no operation resolves contracts: nothing may lock
                                          // money that nothing can release
  // An epoch's end is due after so many blocks, or with the first block after so long; 0: not for that reason (L-77).
  uint64_t epoch_blocks = 0;
  uint64_t epoch_ms = 0;
  uint64_t trust_ms = 0;                  // how long a committee that was replaced is believed by followers; 0: for ever (S-112)
  StakeParams stake{};
  friend bool operator==(const Params&, const Params&) = default;
};

struct Asset {
  note::AssetOpening opening;             // id unique in the network
  std::string symbol, title;              // "USDx", "Demo dollar": printable ASCII
  uint8_t decimals = 0;                   // <= note::kMaxDecimals
  std::optional<crypto::JubjubAffine> issuer;  // prime order; who signs mints and burns; none: supply is fixed
  uint64_t issued = 0;                    // what genesis transactions bring in, exactly
  friend bool operator==(const Asset&, const Asset&) = default;
};

// What the network id covers.
struct GenesisContent {
  note::NetworkKind kind = note::NetworkKind::dev;   // its addresses show it: nobody takes play money for money
  Params params;
  std::vector<Asset> assets;              // strictly increasing id, not empty; the first is the native one
  Bytes committee;                        // keys and stakes of epoch 0 in settle's encoding; opaque here
  Hash32 salt{};                          // tells networks with equal content apart
  friend bool operator==(const GenesisContent&, const GenesisContent&) = default;
};
// Not empty, and ASCII from space to tilde.
bool printable(std::string_view text);

void write(Writer& out, const GenesisContent& content);
Result<GenesisContent, DecodeError> read_genesis_content(Reader& in);
// SHA-256("Sotto.network.v1", content).
NetworkId network_id(const GenesisContent& content);

// The first rule the content breaks.
enum class ContentReject : uint8_t {
  bad_name,               // empty, too long, or not printable ASCII
  zero_window,
  no_fees,                // empty or not strictly increasing
  bad_fee_assets,         // empty, not strictly increasing, unknown, or of policy other than 0
  bad_block_limits,
  contracts_unsupported,
  bad_assets,             // none, too many, or ids not strictly increasing
  bad_decimals,
  bad_issuer,             // not a point of prime order
  reserved_asset,         // an id in the range of delegation tokens
  bad_stake,              // D-2: a parameter out of its range, or a native asset that stake cannot be of
  too_large,              // fee list, asset list or committee above its limit
};
const char* name(ContentReject reject);
Status<ContentReject> check_content(const GenesisContent& content);

// A checked content with the look-ups that checks need. Immutable, shared.
class Network {
 public:
  // CHECKs check_content().
  explicit Network(GenesisContent content);
  const NetworkId& id() const { return id_; }
  // What addresses of this network say.
  note::NetworkMark mark() const { return {content_.kind, note::NetworkTag::of(id_.value)}; }
  const Params& params() const { return content_.params; }
  const GenesisContent& content() const { return content_; }
  const std::vector<Asset>& assets() const { return content_.assets; }
  bool has_stake() const { return content_.params.stake.max_validators != 0; }
  // Index into assets().
  std::optional<size_t> find(const note::AssetOpening& opening) const;
  std::optional<size_t> find(const Fr& asset) const;
  // Index of the asset if it may pay fees.
  std::optional<size_t> find_fee_asset(const Fr& asset) const;
  bool fee_allowed(uint64_t fee) const;
  const Fr& asset(size_t index) const { return hashes_.at(index); }

 private:
  GenesisContent content_;
  NetworkId id_;
  std::vector<Fr> hashes_;                // note::asset_of(assets()[i].opening)
  std::vector<bool> pays_fees_;
};

}  // namespace sotto::ledger
