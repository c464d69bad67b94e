// What of a validator belongs to one epoch: the committee, its own place there, and the checks against that committee. Replaced as
// a whole when the epoch ends; shared, because threads may still be at work with the last one.
#pragma once
#include "node/admission.hpp"
#include "settle/signer.hpp"

namespace sotto::node {

struct Seat {
  static constexpr uint16_t kNobody = UINT16_MAX;         // index of who is not in the committee

  // `state` of that committee's epoch.
  Seat(const ledger::State& state, std::shared_ptr<const settle::Committee> c, const crypto::BlsSecretKey& key,
       ledger::Authority& authority, Entropy& entropy)
      : committee(std::move(c)), index(place_of(*committee, key.public_key())), signer(committee->network(), index, key),
        certificates(committee, entropy), admission(state.network, committee, keys_of(state.stake), certificates, authority) {}
  bool taken() const { return index != kNobody; }

  const std::shared_ptr<const settle::Committee> committee;
  const uint16_t index;
  const settle::Signer signer;                            // any thread
  CheckedCertificates certificates;                       // any thread
  Admission admission;                                    // any thread

  static uint16_t place_of(const settle::Committee& committee, const crypto::BlsPublicKey& key) {
    for (size_t i = 0; i < committee.size(); ++i)
      if (committee[i].key == key) return static_cast<uint16_t>(i);
    return kNobody;
  }
};

}  // namespace sotto::node
