// The validator's key, and all that is ever signed with it on the fast path: votes for durable locks, acknowledgements of
// durable certificates (S-30, S-31).
#pragma once
#include "settle/durable.hpp"

namespace sotto::settle {

class Signer {
 public:
  Signer(const NetworkId& network, uint16_t index, const crypto::BlsSecretKey& key) : network_(network), index_(index), key_(key) {}
  Vote vote(const Durable<Lock>& lock) const;
  Acknowledgement acknowledge(const Durable<Certified>& certified) const;
  // S-73: only the state machine knows when it may be said.
  ledger::Report report(const Durable<Freeze>& freeze) const;
  // M-7: this epoch ends, and `next` comes next. To be said of what the executed state has pinned (L-77).
  crypto::BlsSignature close(uint64_t epoch, ByteView next) const;
  // S-79.
  crypto::BlsSignature transition(const Durable<Transition>& transition) const;
  // Gives each of these writes its share, so that whoever synced them can sign as well, many at a time and off the thread of
  // the state machine. Whether a share is handed out is still the machine's decision. Returns the hashes of the messages
  // signed, in order: a certificate on a vote's message is checked against the same one.
  std::vector<crypto::BlsHashed> sign(std::span<Persisted> done) const;
  uint16_t index() const { return index_; }

 private:
  NetworkId network_;
  uint16_t index_;
  crypto::BlsSecretKey key_;
};

}  // namespace sotto::settle
