#include "crypto/poseidon2.hpp"

namespace sotto::crypto {

namespace {

constexpr unsigned kFieldBits = 255;

// The Grain LFSR of the Poseidon papers in self-shrinking mode: an 80-bit register.
class Grain {
 public:
  explicit Grain(unsigned t) {
    push(1, 2);  // prime field
    push(0, 4);  // S-box x^alpha
    push(kFieldBits, 12);
    push(t, 12);
    push(kPoseidon2FullRounds, 10);
    push(kPoseidon2PartialRounds, 10);
    push((1u << 30) - 1, 30);
    CHECK(size_ == 80);
    for (int i = 0; i < 160; ++i) step();
  }

  // 255 bits, most significant first, as 32 big-endian bytes.
  ByteArray<32> draw() {
    ByteArray<32> out{};
    for (unsigned i = 256 - kFieldBits; i < 256; ++i) {
      while (!step()) step();
      if (step()) out[i / 8] = static_cast<uint8_t>(out[i / 8] | (0x80u >> (i % 8)));
    }
    return out;
  }

 private:
  void push(uint32_t value, unsigned bits) {
    while (bits-- > 0) register_[size_++] = ((value >> bits) & 1) != 0;
  }
  bool at(unsigned i) const { return register_[(head_ + i) % 80]; }
  bool step() {
    const bool bit = at(62) ^ at(51) ^ at(38) ^ at(23) ^ at(13) ^ at(0);
    register_[head_] = bit;
    head_ = (head_ + 1) % 80;
    return bit;
  }
  std::array<bool, 80> register_{};
  unsigned head_ = 0, size_ = 0;
};

Fr draw_below_modulus(Grain& grain) {
  for (;;) {
    if (auto value = Fr::decode(grain.draw()); value.ok()) return *value;
  }
}

Fr draw_reduced(Grain& grain) {
  ByteArray<64> wide{};
  const auto bytes = grain.draw();
  std::copy(bytes.begin(), bytes.end(), wide.begin() + 32);
  return Fr::reduce512(wide);
}

template <size_t T>
Poseidon2Params<T> generate() {
  Grain grain(T);
  Poseidon2Params<T> out;
  for (size_t i = 0; i < kPoseidon2FullRounds / 2; ++i)
    for (Fr& c : out.full[i]) c = draw_below_modulus(grain);
  for (Fr& c : out.partial) c = draw_below_modulus(grain);
  for (size_t i = kPoseidon2FullRounds / 2; i < kPoseidon2FullRounds; ++i)
    for (Fr& c : out.full[i]) c = draw_below_modulus(grain);
  if constexpr (T == 2) {
    out.diag_minus_one = {Fr::from_u64(1), Fr::from_u64(2)};
  } else if constexpr (T == 3) {
    out.diag_minus_one = {Fr::from_u64(1), Fr::from_u64(1), Fr::from_u64(2)};
  } else {
    // The reference takes these draws without rejection.
    for (Fr& d : out.diag_minus_one) d = draw_reduced(grain) - Fr::one();
  }
  return out;
}

// Everything below works in place: an assignment x = a * b copies the product by 16-byte loads right after blst's
// 8-byte stores, which stalls the processor for longer than an addition takes.
inline void add(Fr& out, const Fr& a, const Fr& b) { blst_fr_add(&out.raw(), &a.raw(), &b.raw()); }

inline void to_fifth(Fr& x) {
  Fr t = x.square();
  blst_fr_sqr(&t.raw(), &t.raw());
  x *= t;
}

template <size_t T>
inline void external(std::array<Fr, T>& s) {
  if constexpr (T == 4) {  // M4 by the paper's chain
    Fr t0 = s[0] + s[1], t1 = s[2] + s[3];
    add(s[1], s[1], s[1]);
    add(s[3], s[3], s[3]);
    s[1] += t1;  // the paper's t2
    s[3] += t0;  // t3
    add(t1, t1, t1);
    add(t1, t1, t1);
    t1 += s[3];  // t4
    add(t0, t0, t0);
    add(t0, t0, t0);
    t0 += s[1];  // t5
    add(s[0], s[3], t0);
    add(s[2], s[1], t1);
    s[1] = t0;
    s[3] = t1;
  } else {  // circ(2, 1, ...): every element plus the sum
    Fr sum = s[0] + s[1];
    if constexpr (T == 3) sum += s[2];
    for (Fr& x : s) x += sum;
  }
}

template <size_t T>
inline void internal(std::array<Fr, T>& s, const std::array<Fr, T>& diag) {
  Fr sum = s[T - 2] + s[T - 1];  // element 0 comes fresh from the S-box: last, so that the others need not wait
  for (size_t i = T - 2; i-- > 0;) sum += s[i];
  if constexpr (T == 4) {
    for (size_t i = 0; i < T; ++i) s[i] *= diag[i];
  } else {  // the diagonal is 1, ..., 1, 2
    (void)diag;
    add(s[T - 1], s[T - 1], s[T - 1]);
  }
  for (size_t i = 0; i < T; ++i) s[i] += sum;
}

}  // namespace

template <size_t T>
const Poseidon2Params<T>& poseidon2_params() {
  static const Poseidon2Params<T> value = generate<T>();
  return value;
}

template <size_t T>
void poseidon2_permute(std::array<Fr, T>& s) {
  const Poseidon2Params<T>& p = poseidon2_params<T>();
  const auto full_round = [&](size_t round) {
    for (size_t i = 0; i < T; ++i) {
      s[i] += p.full[round][i];
      to_fifth(s[i]);
    }
    external(s);
  };
  external(s);
  for (size_t i = 0; i < kPoseidon2FullRounds / 2; ++i) full_round(i);
  for (const Fr& c : p.partial) {
    s[0] += c;
    to_fifth(s[0]);
    internal(s, p.diag_minus_one);
  }
  for (size_t i = kPoseidon2FullRounds / 2; i < kPoseidon2FullRounds; ++i) full_round(i);
}

template const Poseidon2Params<2>& poseidon2_params<2>();
template const Poseidon2Params<3>& poseidon2_params<3>();
template const Poseidon2Params<4>& poseidon2_params<4>();
template void poseidon2_permute<2>(std::array<Fr, 2>&);
template void poseidon2_permute<3>(std::array<Fr, 3>&);
template void poseidon2_permute<4>(std::array<Fr, 4>&);

Fr node(const Fr& a, const Fr& b, const Fr& c, const Fr& d) {
  std::array<Fr, 4> state = {a, b, c, d};
  poseidon2_permute<4>(state);
  return state[0] + a;
}

void nodes(std::span<const Fr> children, std::span<Fr> out) {
  CHECK(children.size() == 4 * out.size());
  for (size_t i = 0; i < out.size(); ++i) out[i] = node(children[4 * i], children[4 * i + 1], children[4 * i + 2], children[4 * i + 3]);
}

Fr hash(Tag tag, const Fr& a, const Fr& b, const Fr& c) {
  static const auto tags = [] {
    std::array<Fr, 16> out;
    for (size_t i = 0; i < out.size(); ++i) out[i] = Fr::from_u64(i);
    return out;
  }();
  return node(a, b, c, tags[static_cast<size_t>(tag)]);
}

}  // namespace sotto::crypto
