// A good signature with the input laid over it (exclusive or): accepted exactly if nothing was changed, and the batch
// verifier always agrees with the single one. First byte: 0 RedJubjub (key 32, signature 64, message 32), 1 BLS
// (signature 48, message 32). Bytes the input does not reach stay as they are.
#include "crypto/bls.hpp"
#include "crypto/redjubjub.hpp"

using namespace sotto;
using namespace sotto::crypto;

namespace {

class CountingEntropy : public Entropy {
 public:
  void fill(std::span<uint8_t> out) override {
    for (uint8_t& byte : out) byte = static_cast<uint8_t>(next_ = next_ * 197 + 31);
  }

 private:
  uint32_t next_ = 1;
};

Hash32 message() {
  Hash32 out;
  for (size_t i = 0; i < out.size(); ++i) out[i] = static_cast<uint8_t>(i);
  return out;
}

bool lay_over(Bytes& good, ByteView over) {
  bool changed = false;
  for (size_t i = 0; i < std::min(good.size(), over.size()); ++i) {
    good[i] ^= over[i];
    changed |= over[i] != 0;
  }
  return changed;
}

void redjubjub(ByteView over) {
  struct Good {
    Bytes bytes;
    Good() {
      CountingEntropy entropy;
      const Secret<JubjubScalar> sk(JubjubScalar::random(entropy));
      const JubjubAffine rk = redjubjub_public_key(sk);
      Writer out;
      rk.write(out);
      redjubjub_sign(sk, rk, message(), entropy).write(out);
      out.raw(message());
      bytes = std::move(out).bytes();
    }
  };
  static const Good good;
  Bytes bytes = good.bytes;
  const bool changed = lay_over(bytes, over);
  Reader in(bytes);
  const auto rk = JubjubAffine::read(in);
  if (!rk.ok()) {
    CHECK(changed);
    return;
  }
  const auto signature = RedJubjubSignature::read(in);
  const Hash32 text = *in.array<32>();
  const bool single = redjubjub_verify(*rk, text, *signature).ok();
  CHECK(single == !changed);
  RedJubjubBatch batch;
  CountingEntropy entropy;
  CHECK((batch.add(*rk, text, *signature).ok() && batch.verify(entropy)) == single);
}

void bls(ByteView over) {
  struct Good {
    BlsSecretKey sk;
    BlsPublicKey pk;
    Bytes bytes;
    Good() : sk(BlsSecretKey::from_key_material(message())), pk(sk.public_key()) {
      Writer out;
      bls_sign(sk, message()).write(out);
      out.raw(message());
      bytes = std::move(out).bytes();
    }
  };
  static const Good good;
  Bytes bytes = good.bytes;
  const bool changed = lay_over(bytes, over);
  Reader in(bytes);
  const auto signature = BlsSignature::read(in);
  if (!signature.ok()) {
    CHECK(changed);
    return;
  }
  const Hash32 text = *in.array<32>();
  const bool single = bls_verify(good.pk, text, *signature).ok();
  CHECK(single == !changed);
  CountingEntropy entropy;
  const BlsClaim claim{good.pk, text, *signature};
  CHECK(bls_batch_verify({&claim, 1}, entropy) == single);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  const ByteView over(data + 1, size - 1);
  if (data[0] == 0) redjubjub(over);
  if (data[0] == 1) bls(over);
  return 0;
}
