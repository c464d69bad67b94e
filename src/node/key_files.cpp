#include "node/key_files.hpp"

#include <sys/stat.h>

#include <algorithm>

#include "base/files.hpp"

namespace sotto::node {

namespace fs = std::filesystem;

namespace {

// A key of 32 bytes that nobody else may read.
Result<Secret<ByteArray<32>>, Error> read_key(const fs::path& file) {
  struct stat about {};
  if (::stat(file.c_str(), &about) != 0) return Failure{Error{file.string() + ": no key there"}};
  if ((about.st_mode & (S_IRWXG | S_IRWXO)) != 0) return Failure{Error{file.string() + ": may be read by others; make it mode 0600"}};
  TRY(bytes, read_file(file, 32));
  if (bytes.size() != 32) return Failure{Error{file.string() + " is not a key of 32 bytes"}};
  Secret<ByteArray<32>> key;
  std::ranges::copy(bytes, key.expose_mutable().begin());
  wipe(bytes.data(), bytes.size());
  return key;
}

// Made if it is not there.
Status<Error> make(const fs::path& file, const Secret<ByteArray<32>>& key) {
  std::error_code e;
  if (fs::exists(file, e)) return Ok{};
  TRY_OK(make_directories(file.parent_path()));
  return write_file(file, key.expose());
}

}  // namespace

Result<crypto::BlsSecretKey, Error> read_vote_key(const fs::path& file) {
  TRY(bytes, read_key(file));
  const auto key = crypto::BlsSecretKey::decode(bytes.expose());
  if (!key.ok()) return Failure{Error{file.string() + " is not a vote key"}};
  return *key;
}

Result<net::TlsIdentity, Error> read_tls_key(const fs::path& file) {
  TRY(seed, read_key(file));
  return net::TlsIdentity::from_seed(seed);
}

Result<crypto::BlsSecretKey, Error> vote_key(const fs::path& file, Entropy& entropy) {
  TRY_OK(make(file, crypto::BlsSecretKey::random(entropy).encode()));
  return read_vote_key(file);
}

Result<net::TlsIdentity, Error> tls_key(const fs::path& file, Entropy& entropy) {
  TRY_OK(make(file, Secret<ByteArray<32>>(entropy.bytes<32>())));
  return read_tls_key(file);
}

}  // namespace sotto::node
