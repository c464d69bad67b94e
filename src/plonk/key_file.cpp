#include "plonk/key_file.hpp"

#include <atomic>

#include "crypto/hash.hpp"

namespace sotto::plonk {

using crypto::G1Affine;
using crypto::G2Affine;
using poly::CommitTable;

namespace {

constexpr std::string_view kMagic = "SOTTOKEY";
constexpr uint32_t kVersion = 1;
constexpr size_t kAlign = CommitTable::kAlignment;
constexpr size_t kHeaderBytes = 3 * kAlign, kChecksumAt = 8 + 4 + 4 + 3 * 32 + 8;
static_assert(kChecksumAt + 32 <= kHeaderBytes);
constexpr size_t kPoints = kFixedColumns + kRouted;

constexpr size_t padded(size_t size) { return (size + kAlign - 1) / kAlign * kAlign; }
constexpr size_t kKeyBytes = padded(kPoints * G1Affine::kBytes + 2 * G2Affine::kBytes);

std::array<size_t, 2> table_sizes(const KeyFileContext& context) {
  const size_t n = context.circuit.n();
  return {CommitTable::table_bytes(context.kernel, n + 1), CommitTable::table_bytes(context.kernel, n)};
}

size_t payload_bytes(const KeyFileContext& context, bool with_tables) {
  const auto sizes = table_sizes(context);
  return kKeyBytes + (with_tables ? padded(sizes[0]) + padded(sizes[1]) : 0);
}

// What the tables' bytes mean, besides the points.
Hash32 table_form(simd::Kernel kernel) {
  Writer out;
  out.sized(view(simd::name(kernel)));
  out.u32(static_cast<uint32_t>(CommitTable::kWindowBits));
  out.u32(static_cast<uint32_t>(CommitTable::kWindows));
  out.u32(static_cast<uint32_t>(CommitTable::table_bytes(kernel, 1)));
  const uint32_t order = 1;                            // of bytes in a word of this machine
  out.raw({reinterpret_cast<const uint8_t*>(&order), sizeof order});
  return crypto::sha256(out.bytes());
}

Bytes header(const KeyFileContext& context, bool with_tables) {
  Writer out;
  out.raw(view(kMagic));
  out.u32(kVersion);
  out.u32(with_tables ? 1 : 0);
  out.raw(context.srs_digest);
  out.raw(context.circuit_digest);
  out.raw(table_form(context.kernel));
  out.u64(payload_bytes(context, with_tables));
  CHECK(out.bytes().size() == kChecksumAt);
  return std::move(out).bytes();
}

// Blocks are hashed on all threads: some 4 ms of one core a table pair.
constexpr size_t kBlock = size_t{1} << 18;

// Over the header and the payload's parts. Blocks do not cross parts; both sides cut alike, since every part's length
// follows from the header.
Hash32 checksum(ByteView head, std::span<const ByteView> payload, ThreadPool& pool) {
  std::vector<ByteView> blocks;
  for (const ByteView part : payload)
    for (size_t at = 0; at < part.size(); at += kBlock) blocks.push_back(part.subspan(at, std::min(kBlock, part.size() - at)));
  std::vector<Hash32> digests(blocks.size());
  pool.parallel_for(blocks.size(), [&](size_t i) { digests[i] = crypto::blake2b_256("Sotto.keyfile.block", {blocks[i]}); });
  std::vector<ByteView> all{head};
  for (const Hash32& digest : digests) all.emplace_back(digest);
  return crypto::blake2b_256("Sotto.keyfile", all);
}

constexpr ByteArray<kAlign> kZeros{};
ByteView padding(size_t size) { return ByteView(kZeros).first(padded(size) - size); }
bool all_zero(ByteView bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](uint8_t b) { return b == 0; });
}

}  // namespace

const char* name(KeyFileError e) {
  switch (e) {
    case KeyFileError::wrong_length: return "wrong_length";
    case KeyFileError::wrong_header: return "wrong_header";
    case KeyFileError::damaged: return "damaged";
    case KeyFileError::bad_point: return "bad_point";
    case KeyFileError::wrong_key: return "wrong_key";
  }
  return "unknown";
}

std::string key_file_name(const KeyFileContext& context, bool with_tables) {
  const auto digest = crypto::blake2b_256("Sotto.keyfile.name", {header(context, with_tables), context.key_digest});
  return std::string(with_tables ? "prove-" : "verify-") + to_hex(ByteView(digest).first(16)) + ".keys";
}

std::vector<ByteView> KeyFileParts::parts() const {
  std::vector<ByteView> out{head};
  for (const auto* table : {monomial, lagrange}) {
    if (!table) continue;
    out.push_back(table->bytes());
    out.push_back(padding(table->bytes().size()));
  }
  return out;
}

KeyFileParts encode_key_file(const KeyFileContext& context, const VerifyingKey& vk, const CommitTable* monomial,
                             const CommitTable* lagrange, ThreadPool& pool) {
  CHECK((monomial != nullptr) == (lagrange != nullptr));
  CHECK(!monomial || (monomial->kernel() == context.kernel && lagrange->kernel() == context.kernel));
  Writer points;
  for (const auto& p : vk.fixed) p.write(points);
  for (const auto& p : vk.sigma) p.write(points);
  vk.g2.write(points);
  vk.tau_g2.write(points);
  points.raw(padding(points.bytes().size()));
  CHECK(points.bytes().size() == kKeyBytes);

  KeyFileParts out;
  out.monomial = monomial;
  out.lagrange = lagrange;
  out.head = header(context, monomial != nullptr);
  std::vector<ByteView> covered{points.bytes()};
  if (monomial) covered.insert(covered.end(), {monomial->bytes(), lagrange->bytes()});
  const Hash32 sum = checksum(out.head, covered, pool);
  out.head.insert(out.head.end(), sum.begin(), sum.end());
  out.head.resize(kHeaderBytes);
  out.head.insert(out.head.end(), points.bytes().begin(), points.bytes().end());
  return out;
}

Result<KeyFile, KeyFileError> read_key_file(const KeyFileContext& context, bool with_tables, ByteView bytes,
                                            std::shared_ptr<const void> owner, ThreadPool& pool) {
  const size_t n = context.circuit.n();
  if (bytes.size() != kHeaderBytes + payload_bytes(context, with_tables)) return Failure{KeyFileError::wrong_length};
  const Bytes head = header(context, with_tables);
  if (!std::equal(head.begin(), head.end(), bytes.begin())) return Failure{KeyFileError::wrong_header};

  if (reinterpret_cast<uintptr_t>(bytes.data()) % kAlign != 0) return Failure{KeyFileError::damaged};
  const ByteView points = bytes.subspan(kHeaderBytes, kKeyBytes);
  std::vector<ByteView> covered{points};
  bool clean = all_zero(bytes.subspan(kChecksumAt + 32, kHeaderBytes - kChecksumAt - 32));
  size_t at = kHeaderBytes + kKeyBytes;
  if (with_tables) {
    for (const size_t size : table_sizes(context)) {
      covered.push_back(bytes.subspan(at, size));
      clean = clean && all_zero(bytes.subspan(at + size, padded(size) - size));
      at += padded(size);
    }
  }
  const Hash32 sum = checksum(head, covered, pool);
  if (!clean || !std::equal(sum.begin(), sum.end(), bytes.begin() + kChecksumAt)) return Failure{KeyFileError::damaged};

  KeyFile out;
  VerifyingKeyPoints key;
  std::atomic<bool> ok = true;
  pool.parallel_for(kPoints, [&](size_t i) {
    auto& to = i < kFixedColumns ? key.fixed[i] : key.sigma[i - kFixedColumns];
    const ByteView from = points.subspan(i * G1Affine::kBytes, G1Affine::kBytes);
    if (i < kFixedColumns && unused_column(context.circuit.fixed[i])) {
      to = G1Affine();
      return;
    }
    if (const auto p = G1Affine::decode(from); p.ok()) to = *p;
    else ok = false;
  });
  const auto g2 = G2Affine::decode(points.subspan(kPoints * G1Affine::kBytes, G2Affine::kBytes));
  const auto tau_g2 = G2Affine::decode(points.subspan(kPoints * G1Affine::kBytes + G2Affine::kBytes, G2Affine::kBytes));
  if (!ok || !g2.ok() || !tau_g2.ok()) return Failure{KeyFileError::bad_point};
  key.g2 = *g2;
  key.tau_g2 = *tau_g2;
  out.vk = make_verifying_key(context.circuit, context.circuit_id, context.circuit_digest, context.srs_digest, key);
  if (out.vk.digest != context.key_digest) return Failure{KeyFileError::wrong_key};
  if (with_tables) {
    const auto table = [&](size_t count, ByteView from) {   // shares ownership of the whole file
      return CommitTable(context.kernel, count, std::shared_ptr<const void>(owner, from.data()));
    };
    out.monomial = table(n + 1, covered[1]);
    out.lagrange = table(n, covered[2]);
  }
  return out;
}

}  // namespace sotto::plonk
