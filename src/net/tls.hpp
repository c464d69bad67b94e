// TLS 1.3 (RFC 8446) without certificate authorities: a peer is its Ed25519 key, known from the network file. Certificates are
// self-signed wrappers around it; the handshake proves possession, names and dates in them mean nothing.
#pragma once
#include <memory>

#include "base/result.hpp"
#include "base/secret.hpp"

namespace sotto::net {

using TlsKey = Hash32;                         // an Ed25519 public key (RFC 8032), 32 bytes

// A private key with its certificate; cheap to copy.
class TlsIdentity {
 public:
  // From the private key's 32 bytes (RFC 8032 5.1.5). The same bytes, the same certificate.
  static TlsIdentity from_seed(const Secret<ByteArray<32>>& seed);
  const TlsKey& key() const;

  struct Parts;                                // OpenSSL's objects
  const Parts& parts() const { return *parts_; }

 private:
  explicit TlsIdentity(std::shared_ptr<const Parts> parts) : parts_(std::move(parts)) {}
  std::shared_ptr<const Parts> parts_;
};

}  // namespace sotto::net
