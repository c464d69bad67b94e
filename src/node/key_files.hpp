// Secret keys as files of 32 bytes, mode 0600. Refused: files that others may read, and what is no key.
#pragma once
#include <filesystem>

#include "crypto/bls.hpp"
#include "net/tls.hpp"

namespace sotto::node {

Result<crypto::BlsSecretKey, Error> read_vote_key(const std::filesystem::path& file);
Result<net::TlsIdentity, Error> read_tls_key(const std::filesystem::path& file);
// The same, making the key and its folder if they are not there.
Result<crypto::BlsSecretKey, Error> vote_key(const std::filesystem::path& file, Entropy& entropy);
Result<net::TlsIdentity, Error> tls_key(const std::filesystem::path& file, Entropy& entropy);

}  // namespace sotto::node
