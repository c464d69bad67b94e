#include "note/note.hpp"

namespace sotto::note {

using crypto::Tag;

Fr asset_of(const AssetOpening& opening) {
  return crypto::hash(Tag::asset, Fr::from_u64(opening.id), Fr::from_u64(opening.policy), Fr::zero());
}

Fr commitment(const Note& note) {
  const Fr value = crypto::hash(Tag::value, note.asset, Fr::from_u64(note.value.units()), note.owner);
  return crypto::hash(Tag::note, value, note.rho, note.rcm);
}

Fr nullifier(const Fr& nk, const Fr& rho, const Fr& cm) { return crypto::hash(Tag::nullifier, nk, rho, cm); }

Fr rcm_of(const Fr& s, const Fr& rho) { return crypto::hash(Tag::rcm, s, rho, Fr::zero()); }

}  // namespace sotto::note
