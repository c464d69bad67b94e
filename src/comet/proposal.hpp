// What travels through CometBFT (docs/spec/ledger.md L-65): at most one transaction of its kind a block, which holds all of
// the block's certified transactions; and the wake-up, nine bytes that make it propose a block and are never in one.
#pragma once
#include "order/ordering.hpp"

namespace sotto::comet {

inline constexpr size_t kMaxProposalBytes = order::kMaxBatchBytes;

// 1 u8 | count u32 | certified transaction (sized) ...; at least one.
Bytes encode_entries(std::span<const ByteView> encoded_entries);
size_t entries_overhead();               // of no entry; each takes four bytes more than itself
// Refuses no or more than max_entries entries, more than kMaxProposalBytes, and two of one full id (out_of_order).
Result<std::vector<ledger::CertifiedTransaction>, DecodeError> decode_entries(ByteView bytes, size_t max_entries);

// 2 u8 | height u64: wanted is the block of this engine height. The same bytes from every validator.
Bytes encode_wake(uint64_t engine_height);
std::optional<uint64_t> decode_wake(ByteView bytes);

}  // namespace sotto::comet
