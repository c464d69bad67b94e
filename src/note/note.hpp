// Assets, notes, commitments, nullifiers: docs/spec/data.md N-1 .. N-5. Native code; the circuits repeat exactly this.
#pragma once
#include "crypto/poseidon2.hpp"
#include "note/amount.hpp"

namespace sotto::note {

using crypto::Fr;

// What an asset commitment opens to. Policy 0 is plain: the transfer circuit takes nothing else.
struct AssetOpening {
  uint64_t id = 0;
  uint32_t policy = 0;
  friend auto operator<=>(const AssetOpening&, const AssetOpening&) = default;
};
// H(ASSET; id, policy, 0).
Fr asset_of(const AssetOpening& opening);

// N-1: a note as its commitment sees it.
struct Note {
  Fr asset;
  Amount value;
  Fr owner;
  Fr rho, rcm;
};
// N-2: cm = H(NOTE; H(VALUE; asset, value, owner), rho, rcm).
Fr commitment(const Note& note);
// N-2: nf = H(NULLIFIER; nk, rho, cm).
Fr nullifier(const Fr& nk, const Fr& rho, const Fr& cm);
// N-5: rcm = H(RCM; s, rho, 0).
Fr rcm_of(const Fr& s, const Fr& rho);

}  // namespace sotto::note
