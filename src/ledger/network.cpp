#include "ledger/network.hpp"

#include <algorithm>

#include "crypto/hash.hpp"

namespace sotto::ledger {
namespace {

constexpr size_t kMinAssetBytes = 8 + 4 + 4 + 4 + 1 + 1 + 8;

void write_text(Writer& out, const std::string& text) { out.sized(view(text)); }

Result<std::string, DecodeError> read_text(Reader& in) {
  TRY(bytes, in.sized(kMaxNameBytes));
  return std::string(bytes.begin(), bytes.end());
}

Result<std::vector<uint64_t>, DecodeError> read_list(Reader& in) {
  TRY(count, in.count(kMaxFees, 8));
  std::vector<uint64_t> list;
  for (size_t i = 0; i < count; ++i) {
    TRY(value, in.u64());
    list.push_back(value);
  }
  return list;
}

void write(Writer& out, const Asset& asset) {
  out.u64(asset.opening.id);
  out.u32(asset.opening.policy);
  write_text(out, asset.symbol);
  write_text(out, asset.title);
  out.u8(asset.decimals);
  out.u8(asset.issuer.has_value());
  if (asset.issuer) out.raw(asset.issuer->encode());
  out.u64(asset.issued);
}

Result<Asset, DecodeError> read_asset(Reader& in) {
  Asset asset;
  TRY(id, in.u64());
  asset.opening.id = id;
  TRY(policy, in.u32());
  asset.opening.policy = policy;
  TRY(symbol, read_text(in));
  asset.symbol = std::move(symbol);
  TRY(title, read_text(in));
  asset.title = std::move(title);
  TRY(decimals, in.u8());
  asset.decimals = decimals;
  TRY(has_issuer, in.boolean());
  if (has_issuer) {
    TRY(issuer, crypto::JubjubAffine::read(in));
    asset.issuer = issuer;
  }
  TRY(issued, in.u64());
  asset.issued = issued;
  return asset;
}

constexpr size_t kMaxGenesisValidators = 512;             // seats of a committee (M-6)

void write(Writer& out, const StakeParams& stake) {
  out.u16(stake.max_validators);
  out.u64(stake.min_self_bond);
  out.u64(stake.min_bond);
  out.u32(stake.unbonding_epochs);
  out.u32(stake.evidence_epochs);
  out.u16(stake.slash);
  out.u32(stake.absence_epochs);
  out.u32(stake.jail_epochs);
  out.u64(stake.issuance);
  out.count(stake.operators.size());
  for (const auto& key : stake.operators) key.write(out);
}

Result<StakeParams, DecodeError> read_stake_params(Reader& in) {
  StakeParams stake;
  TRY(max_validators, in.u16());
  stake.max_validators = max_validators;
  TRY(min_self_bond, in.u64());
  stake.min_self_bond = min_self_bond;
  TRY(min_bond, in.u64());
  stake.min_bond = min_bond;
  TRY(unbonding_epochs, in.u32());
  stake.unbonding_epochs = unbonding_epochs;
  TRY(evidence_epochs, in.u32());
  stake.evidence_epochs = evidence_epochs;
  TRY(slash, in.u16());
  stake.slash = slash;
  TRY(absence_epochs, in.u32());
  stake.absence_epochs = absence_epochs;
  TRY(jail_epochs, in.u32());
  stake.jail_epochs = jail_epochs;
  TRY(issuance, in.u64());
  stake.issuance = issuance;
  TRY(count, in.count(kMaxGenesisValidators, 32));
  for (size_t i = 0; i < count; ++i) {
    TRY(operator_key, crypto::JubjubAffine::read(in));
    stake.operators.push_back(operator_key);
  }
  return stake;
}

Status<ContentReject> check_stake_params(const StakeParams& p, const Asset& native) {
  if (p.max_validators == 0) {
    if (p != StakeParams{}) return Failure{ContentReject::bad_stake};
    return Ok{};
  }
  const bool good = p.max_validators <= kMaxGenesisValidators && p.min_self_bond > 0 && p.min_bond > 0 && p.evidence_epochs > 0 &&
                    p.evidence_epochs < p.unbonding_epochs && p.unbonding_epochs <= kMaxUnbondingEpochs && p.slash > 0 && p.slash <= kWhole &&
                    p.absence_epochs > 0 && p.jail_epochs > 0 && p.issuance <= kMaxStaked && !p.operators.empty() &&
                    native.opening.policy == 0 && !native.issuer && native.issued <= kMaxStaked;
  if (!good) return Failure{ContentReject::bad_stake};
  for (const auto& key : p.operators)
    if (!key.is_prime_order()) return Failure{ContentReject::bad_stake};
  return Ok{};
}

bool good_name(const std::string& text) { return text.size() <= kMaxNameBytes && printable(text); }

template <class T>
bool strictly_increasing(const std::vector<T>& list) {
  return std::adjacent_find(list.begin(), list.end(), std::greater_equal<>()) == list.end();
}

}  // namespace

bool printable(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

void write(Writer& out, const GenesisContent& content) {
  const Params& p = content.params;
  out.u8(static_cast<uint8_t>(content.kind));
  write_text(out, p.name);
  out.u64(p.anchor_window);
  out.u64(p.expiry_window);
  out.count(p.fees.size());
  for (uint64_t fee : p.fees) out.u64(fee);
  out.count(p.fee_assets.size());
  for (uint64_t id : p.fee_assets) out.u64(id);
  out.u32(p.max_block_entries);
  out.u32(p.max_block_bytes);
  out.u8(p.contracts_enabled);
  for (const uint64_t n : {p.epoch_blocks, p.epoch_ms, p.trust_ms}) out.u64(n);
  write(out, p.stake);
  out.count(content.assets.size());
  for (const Asset& asset : content.assets) write(out, asset);
  out.sized(content.committee);
  out.raw(content.salt);
}

Result<GenesisContent, DecodeError> read_genesis_content(Reader& in) {
  GenesisContent content;
  TRY(kind, in.u8());
  if (kind < 1 || kind > 3) return Failure{DecodeError::bad_version};
  content.kind = static_cast<note::NetworkKind>(kind);
  Params& p = content.params;
  TRY(name, read_text(in));
  p.name = std::move(name);
  TRY(anchor_window, in.u64());
  p.anchor_window = anchor_window;
  TRY(expiry_window, in.u64());
  p.expiry_window = expiry_window;
  TRY(fees, read_list(in));
  p.fees = std::move(fees);
  TRY(fee_assets, read_list(in));
  p.fee_assets = std::move(fee_assets);
  TRY(max_block_entries, in.u32());
  p.max_block_entries = max_block_entries;
  TRY(max_block_bytes, in.u32());
  p.max_block_bytes = max_block_bytes;
  TRY(contracts_enabled, in.boolean());
  p.contracts_enabled = contracts_enabled;
  for (uint64_t* n : {&p.epoch_blocks, &p.epoch_ms, &p.trust_ms}) {
    TRY(value, in.u64());
    *n = value;
  }
  TRY(stake, read_stake_params(in));
  p.stake = std::move(stake);
  TRY(assets, in.count(kMaxAssets, kMinAssetBytes));
  for (size_t i = 0; i < assets; ++i) {
    TRY(asset, read_asset(in));
    content.assets.push_back(std::move(asset));
  }
  TRY(committee, in.sized(kMaxCommitteeBytes));
  content.committee.assign(committee.begin(), committee.end());
  TRY(salt, in.array<32>());
  content.salt = salt;
  return content;
}

NetworkId network_id(const GenesisContent& content) {
  Writer out;
  write(out, content);
  crypto::Sha256 h;
  h.update(view("Sotto.network.v1"));
  h.update(out.bytes());
  return {h.finish()};
}

const char* name(ContentReject reject) {
  switch (reject) {
    case ContentReject::bad_name: return "bad_name";
    case ContentReject::zero_window: return "zero_window";
    case ContentReject::no_fees: return "no_fees";
    case ContentReject::bad_fee_assets: return "bad_fee_assets";
    case ContentReject::bad_block_limits: return "bad_block_limits";
    case ContentReject::contracts_unsupported: return "contracts_unsupported";
    case ContentReject::bad_assets: return "bad_assets";
    case ContentReject::bad_decimals: return "bad_decimals";
    case ContentReject::bad_issuer: return "bad_issuer";
    case ContentReject::reserved_asset: return "reserved_asset";
    case ContentReject::bad_stake: return "bad_stake";
    case ContentReject::too_large: return "too_large";
  }
  return "?";
}

Status<ContentReject> check_content(const GenesisContent& content) {
  const Params& p = content.params;
  if (p.fees.size() > kMaxFees || p.fee_assets.size() > kMaxFees || content.assets.size() > kMaxAssets ||
      content.committee.size() > kMaxCommitteeBytes || p.stake.operators.size() > kMaxGenesisValidators)
    return Failure{ContentReject::too_large};
  if (!good_name(p.name)) return Failure{ContentReject::bad_name};
  for (const Asset& asset : content.assets)
    if (!good_name(asset.symbol) || !good_name(asset.title)) return Failure{ContentReject::bad_name};
  if (p.anchor_window == 0 || p.expiry_window == 0) return Failure{ContentReject::zero_window};
  if (p.fees.empty() || !strictly_increasing(p.fees)) return Failure{ContentReject::no_fees};
  if (p.max_block_entries == 0 || p.max_block_entries > kMaxBlockEntries || p.max_block_bytes > kMaxBlockBytes ||
      p.max_block_bytes < 2 * kMaxTransactionBytes)
    return Failure{ContentReject::bad_block_limits};
  if (p.contracts_enabled) return Failure{ContentReject::contracts_unsupported};
  if (content.assets.empty()) return Failure{ContentReject::bad_assets};
  for (size_t i = 1; i < content.assets.size(); ++i)
    if (content.assets[i - 1].opening.id >= content.assets[i].opening.id) return Failure{ContentReject::bad_assets};
  if (content.assets.back().opening.id >= kTokenRange) return Failure{ContentReject::reserved_asset};
  for (const Asset& asset : content.assets) {
    if (asset.decimals > note::kMaxDecimals) return Failure{ContentReject::bad_decimals};
    if (asset.issuer && !asset.issuer->is_prime_order()) return Failure{ContentReject::bad_issuer};
  }
  if (p.fee_assets.empty() || !strictly_increasing(p.fee_assets)) return Failure{ContentReject::bad_fee_assets};
  for (uint64_t id : p.fee_assets)
    if (std::none_of(content.assets.begin(), content.assets.end(),
                     [&](const Asset& a) { return a.opening == note::AssetOpening{id, 0}; }))
      return Failure{ContentReject::bad_fee_assets};
  return check_stake_params(p.stake, content.assets[0]);
}

Network::Network(GenesisContent content) : content_(std::move(content)), id_(network_id(content_)) {
  CHECK(check_content(content_).ok());
  for (const Asset& asset : content_.assets) {
    hashes_.push_back(note::asset_of(asset.opening));
    const auto& fee_assets = content_.params.fee_assets;
    pays_fees_.push_back(std::binary_search(fee_assets.begin(), fee_assets.end(), asset.opening.id));
  }
}

std::optional<size_t> Network::find(const note::AssetOpening& opening) const {
  for (size_t i = 0; i < content_.assets.size(); ++i)
    if (content_.assets[i].opening == opening) return i;
  return std::nullopt;
}

std::optional<size_t> Network::find(const Fr& asset) const {
  for (size_t i = 0; i < hashes_.size(); ++i)
    if (hashes_[i] == asset) return i;
  return std::nullopt;
}

std::optional<size_t> Network::find_fee_asset(const Fr& asset) const {
  const auto index = find(asset);
  return index && pays_fees_[*index] ? index : std::nullopt;
}

bool Network::fee_allowed(uint64_t fee) const {
  return std::binary_search(content_.params.fees.begin(), content_.params.fees.end(), fee);
}

}  // namespace sotto::ledger
