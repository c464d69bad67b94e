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

bool good_name(const std::string& text) {
  return !text.empty() && text.size() <= kMaxNameBytes &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

template <class T>
bool strictly_increasing(const std::vector<T>& list) {
  return std::adjacent_find(list.begin(), list.end(), std::greater_equal<>()) == list.end();
}

}  // namespace

void write(Writer& out, const GenesisContent& content) {
  const Params& p = content.params;
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
  out.count(content.assets.size());
  for (const Asset& asset : content.assets) write(out, asset);
  out.sized(content.committee);
  out.raw(content.salt);
}

Result<GenesisContent, DecodeError> read_genesis_content(Reader& in) {
  GenesisContent content;
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
    case ContentReject::too_large: return "too_large";
  }
  return "?";
}

Status<ContentReject> check_content(const GenesisContent& content) {
  const Params& p = content.params;
  if (p.fees.size() > kMaxFees || p.fee_assets.size() > kMaxFees || content.assets.size() > kMaxAssets ||
      content.committee.size() > kMaxCommitteeBytes)
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
  for (const Asset& asset : content.assets) {
    if (asset.decimals > note::kMaxDecimals) return Failure{ContentReject::bad_decimals};
    if (asset.issuer && !asset.issuer->is_prime_order()) return Failure{ContentReject::bad_issuer};
  }
  if (p.fee_assets.empty() || !strictly_increasing(p.fee_assets)) return Failure{ContentReject::bad_fee_assets};
  for (uint64_t id : p.fee_assets)
    if (std::none_of(content.assets.begin(), content.assets.end(),
                     [&](const Asset& a) { return a.opening == note::AssetOpening{id, 0}; }))
      return Failure{ContentReject::bad_fee_assets};
  return Ok{};
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
