// Loading with a cache: whatever it holds, the proofs are the same bytes.
#include "base/source_dir_for_test.hpp"
#include "circuit/key_cache.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <new>

#include "circuit/random_statement.hpp"
#include "circuit/transfer_proof.hpp"

namespace sotto::circuit {
namespace {

class MemoryCache final : public KeyCache {
 public:
  std::optional<Entry> find(const std::string& name) override {
    ++asked;
    const auto found = files.find(name);
    if (found == files.end()) return std::nullopt;
    const auto alignment = std::align_val_t(64);
    const std::shared_ptr<uint8_t> copy(static_cast<uint8_t*>(::operator new(found->second.size(), alignment)),
                                        [=](uint8_t* p) { ::operator delete(p, alignment); });
    std::memcpy(copy.get(), found->second.data(), found->second.size());
    return Entry{copy, {copy.get(), found->second.size()}};
  }
  void keep(const std::string& name, std::span<const ByteView> parts) override {
    ++kept;
    if (!writable) return;
    Bytes& file = files[name] = {};
    for (const ByteView part : parts) file.insert(file.end(), part.begin(), part.end());
  }
  std::map<std::string, Bytes> files;
  int asked = 0, kept = 0;
  bool writable = true;
};

const std::string kFile = source_dir() + "/data/srs.bin";

TransferProof proof_by(const ProofSystem& system, ThreadPool& pool) {
  SeededEntropy random(11);
  const auto s = random_statement(random, {});
  return prove_transfer(system, ByteArray<32>{7}, s.statement, s.witness, random, pool);
}

TEST(KeyCache, speed_is_all_it_changes) {
  ThreadPool pool(2);
  MemoryCache cache;
  const auto load = [&](const std::string& file = kFile) { return load_proof_system(file, true, pool, &cache); };
  const auto plain = load_proof_system(kFile, true, pool);
  ASSERT_TRUE(plain.ok()) << plain.error().what;
  const auto expected = proof_by(**plain, pool);

  EXPECT_EQ(proof_by(**load(), pool), expected);       // missing: computed and kept
  ASSERT_EQ(cache.files.size(), 1u);
  ASSERT_EQ(cache.kept, 1);
  auto& [name, file] = *cache.files.begin();
  const Bytes good = file;
  const auto cached = load("/nonexistent/srs.bin");    // complete: not even the reference string is read
  ASSERT_TRUE(cached.ok());
  EXPECT_EQ(proof_by(**cached, pool), expected);
  EXPECT_EQ(cache.kept, 1);

  const auto after = [&](auto damage) {
    damage(file);
    const int before = cache.kept;
    const auto system = load();
    ASSERT_TRUE(system.ok());
    EXPECT_EQ(proof_by(**system, pool), expected);
    EXPECT_EQ(cache.kept, before + 1);
    EXPECT_EQ(file, good);                             // and repaired
  };
  after([](Bytes& f) { f.resize(f.size() / 2); });
  after([](Bytes& f) { f[f.size() / 3] ^= 1; });       // a table
  after([](Bytes& f) { f[11] ^= 1; });                 // the version

  file[file.size() / 3] ^= 1;                          // damaged, and nothing can be kept
  cache.writable = false;
  const auto system = load();
  ASSERT_TRUE(system.ok());
  EXPECT_EQ(proof_by(**system, pool), expected);
  EXPECT_FALSE(load("/nonexistent/srs.bin").ok());
}

TEST(KeyCache, a_verifier_keeps_its_points_only) {
  ThreadPool pool(2);
  MemoryCache cache;
  const auto prover = load_proof_system(kFile, true, pool);
  const auto first = load_proof_system(kFile, false, pool, &cache), second = load_proof_system("/nonexistent", false, pool, &cache);
  ASSERT_TRUE(prover.ok() && first.ok() && second.ok());
  EXPECT_LT(cache.files.begin()->second.size(), 2048u);
  SeededEntropy random(12);
  const auto s = random_statement(random, {});
  TransferClaim claim{s.statement, prove_transfer(**prover, ByteArray<32>{7}, s.statement, s.witness, random, pool)};
  EXPECT_TRUE(verify_transfer(**second, ByteArray<32>{7}, claim, random, pool));
  claim.statement.fee ^= 1;
  EXPECT_FALSE(verify_transfer(**second, ByteArray<32>{7}, claim, random, pool));
}

}  // namespace
}  // namespace sotto::circuit
