// Prepared keys as bytes: the same keys come back, and every kind of wrong file is refused under its own name.
#include "plonk/key_file.hpp"

#include "plonk/proofs_for_test.hpp"

namespace sotto::plonk {
namespace {

using crypto::Fr;
using proofs::world;

// A copy of bytes as a mapped file would lie: aligned.
struct Mapped {
  std::shared_ptr<uint8_t> memory;
  size_t size;
  explicit Mapped(ByteView bytes) : size(bytes.size()) {
    const auto alignment = std::align_val_t(poly::CommitTable::kAlignment);
    memory = {static_cast<uint8_t*>(::operator new(size + 1, alignment)), [=](uint8_t* p) { ::operator delete(p, alignment); }};
    std::copy(bytes.begin(), bytes.end(), memory.get());
  }
  ByteView view() const { return {memory.get(), size}; }
};

KeyFileContext context_of(const VerifyingKey& vk) {
  return {world().circuit, vk.circuit_id, world().srs.digest, vk.circuit_digest, vk.digest};
}
KeyFileContext context() { return context_of(world().pk->vk); }

Bytes file_of(const KeyFileContext& c, const VerifyingKey& vk, const ProvingKey* tables) {
  const auto file = encode_key_file(c, vk, tables ? &tables->monomial : nullptr, tables ? &tables->lagrange : nullptr, world().pool);
  Bytes out;
  for (const ByteView part : file.parts()) out.insert(out.end(), part.begin(), part.end());
  return out;
}

Result<KeyFile, KeyFileError> read(const KeyFileContext& c, bool with_tables, ByteView bytes) {
  const Mapped mapped(bytes);
  return read_key_file(c, with_tables, mapped.view(), mapped.memory, world().pool);
}

TEST(KeyFile, the_same_keys_come_back) {
  auto& w = world();
  auto file = read(context(), true, file_of(context(), w.pk->vk, &*w.pk));
  ASSERT_TRUE(file.ok()) << name(file.error());
  EXPECT_EQ(file->vk.digest, w.pk->vk.digest);
  EXPECT_EQ(file->vk.fixed, w.pk->vk.fixed);
  EXPECT_EQ(file->vk.sigma, w.pk->vk.sigma);
  const ProvingKey pk = make_proving_key(w.circuit, file->vk, std::move(file->monomial), std::move(file->lagrange), w.pool);
  const auto assignment = small_assignment(w.proven[0].witness);
  TestEntropy one(5), two(5);
  const auto proof = encode_proof(prove(pk, proofs::kNetwork, assignment, one, w.pool));
  EXPECT_EQ(proof, encode_proof(prove(*w.pk, proofs::kNetwork, assignment, two, w.pool)));
  EXPECT_EQ(verify_batch(pk.vk, proofs::kNetwork, std::vector<Claim>{{assignment.public_inputs, proof}}, one, w.pool), std::vector{true});
}

TEST(KeyFile, a_verifying_key_alone) {
  const Bytes bytes = file_of(context(), world().pk->vk, nullptr);
  EXPECT_LT(bytes.size(), 2048u);
  const auto file = read(context(), false, bytes);
  ASSERT_TRUE(file.ok()) << name(file.error());
  EXPECT_EQ(file->vk.digest, world().pk->vk.digest);
  EXPECT_EQ(file->monomial.size(), 0u);
  EXPECT_EQ(read(context(), true, bytes).error(), KeyFileError::wrong_length);
}

TEST(KeyFile, other_lengths_and_headers) {
  const Bytes good = file_of(context(), world().pk->vk, &*world().pk);
  for (const size_t size : {size_t{0}, size_t{1}, size_t{191}, size_t{192}, good.size() / 2, good.size() - 1})
    EXPECT_EQ(read(context(), true, ByteView(good).first(size)).error(), KeyFileError::wrong_length) << size;
  Bytes longer = good;
  longer.push_back(0);
  EXPECT_EQ(read(context(), true, longer).error(), KeyFileError::wrong_length);
  for (size_t at = 0; at < 120; ++at) {                // magic, version, tables, digests, form, length
    Bytes bad = good;
    bad[at] ^= 1;
    EXPECT_EQ(read(context(), true, bad).error(), KeyFileError::wrong_header) << at;
  }
  auto other = context();
  other.srs_digest[0] ^= 1;
  EXPECT_EQ(read(other, true, good).error(), KeyFileError::wrong_header);
  EXPECT_NE(key_file_name(other, true), key_file_name(context(), true));
  auto another = context();
  another.circuit_digest[31] ^= 1;
  EXPECT_EQ(read(another, true, good).error(), KeyFileError::wrong_header);
  EXPECT_NE(key_file_name(another, true), key_file_name(context(), true));
  EXPECT_NE(key_file_name(context(), false), key_file_name(context(), true));
  const Bytes verifying = file_of(context(), world().pk->vk, nullptr);
  Bytes flagged = verifying;
  flagged[15] ^= 1;
  EXPECT_EQ(read(context(), false, flagged).error(), KeyFileError::wrong_header);
}

TEST(KeyFile, tables_of_another_kernel) {
  if (simd::best_kernel() == simd::Kernel::portable) GTEST_SKIP() << "only one kernel here";
  auto& w = world();
  auto portable = context();
  portable.kernel = simd::Kernel::portable;
  ProvingKey pk = *w.pk;
  pk.monomial = poly::CommitTable(std::span(w.srs.g1).first(65), w.pool, portable.kernel);
  pk.lagrange = poly::CommitTable(poly::lagrange_points(w.srs.g1, 6), w.pool, portable.kernel);
  const Bytes bytes = file_of(portable, pk.vk, &pk);
  EXPECT_TRUE(read(portable, true, bytes).ok());
  EXPECT_FALSE(read(context(), true, bytes).ok());
  EXPECT_NE(key_file_name(portable, true), key_file_name(context(), true));
}

TEST(KeyFile, one_bit_anywhere_else) {
  const Bytes good = file_of(context(), world().pk->vk, &*world().pk);
  TestEntropy random(9);
  std::vector<size_t> places{120, 151, 152, 191, 192, 192 + 26 * 48, good.size() - 1};
  for (int i = 0; i < 150; ++i) places.push_back(120 + random.below(good.size() - 120));
  for (const size_t at : places) {
    Bytes bad = good;
    bad[at] = static_cast<uint8_t>(bad[at] ^ 1u << random.below(8));
    EXPECT_EQ(read(context(), true, bad).error(), KeyFileError::damaged) << at;
  }
  // Not aligned: whoever offers it has not mapped a file.
  Mapped shifted(good);
  std::memmove(shifted.memory.get() + 1, shifted.memory.get(), good.size());
  EXPECT_EQ(read_key_file(context(), true, {shifted.memory.get() + 1, good.size()}, shifted.memory, world().pool).error(),
            KeyFileError::damaged);
}

// A careful forger recomputes the checksum: the pinned digest still says which key it has to be.
TEST(KeyFile, another_verifying_key_never_passes) {
  VerifyingKey vk = world().pk->vk;
  std::swap(vk.sigma[0], vk.sigma[1]);
  EXPECT_EQ(read(context(), true, file_of(context(), vk, &*world().pk)).error(), KeyFileError::wrong_key);
  vk = world().pk->vk;
  vk.tau_g2 = vk.g2;
  EXPECT_EQ(read(context(), false, file_of(context(), vk, nullptr)).error(), KeyFileError::wrong_key);
  vk = world().pk->vk;
  vk.sigma[0] = crypto::G1Affine();                    // infinity is no sigma
  EXPECT_EQ(read(context(), false, file_of(context(), vk, nullptr)).error(), KeyFileError::bad_point);
  vk = world().pk->vk;
  for (uint8_t i = 0;; ++i) {
    ASSERT_LT(i, 100);
    Bytes x(48);
    x[0] = 0x80;
    x[47] = i;
    blst_p1_affine p;
    if (blst_p1_uncompress(&p, x.data()) != BLST_SUCCESS || blst_p1_affine_in_g1(&p)) continue;
    vk.sigma[0] = crypto::G1Affine(p);                 // on the curve, outside the subgroup
    break;
  }
  EXPECT_EQ(read(context(), false, file_of(context(), vk, nullptr)).error(), KeyFileError::bad_point);
}

}  // namespace
}  // namespace sotto::plonk
