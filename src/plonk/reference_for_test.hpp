// A second prover and verifier, written from docs/spec/proof-system.md and identity.hpp alone: naive, no shared code with
// prover.cpp, linearise.cpp or verifier.cpp. Its transcript can be bent: absorbs left out by index, the last challenge taken
// before the openings. A cheating prover can put what it likes between v and the openings.
#pragma once
#include <functional>

#include "plonk/proof.hpp"
#include "plonk/random_for_test.hpp"

namespace sotto::plonk {

// The absorb list by index: 0 network, 1 circuit, 2 verifying key, 3 public inputs, 4.. wires, z, t, w, w-next, sigma, z-next,
// opening, opening-next.
inline constexpr size_t kAbsorbed = 4 + kProofPoints + kProofScalars;
inline constexpr size_t kNone = SIZE_MAX;

struct Bent {
  size_t skip = kNone;           // this absorb is left out
  bool early_u = false;          // u before the openings are known
  std::optional<crypto::Fr> ratio = std::nullopt;   // u is this: how a verifier weighs its two equations, if the prover knows it
};

class BentTranscript {
 public:
  explicit BentTranscript(Bent bent) : bent_(bent), transcript_("Sotto.plonk.v1") {}
  void absorb(std::string_view label, ByteView bytes) {
    if (index_++ != bent_.skip) transcript_.absorb(label, bytes);
  }
  crypto::Fr challenge(std::string_view label) { return transcript_.challenge(label); }

  void begin(const VerifyingKey& vk, const ByteArray<32>& network, std::span<const crypto::Fr> publics) {
    absorb("network", network);
    Writer id, inputs;
    id.u16(vk.circuit_id);
    absorb("circuit", id.bytes());
    absorb("verifying-key", vk.digest);
    inputs.u32(static_cast<uint32_t>(publics.size()));
    for (const auto& x : publics) x.write(inputs);
    absorb("public-inputs", inputs.bytes());
  }
  void round1(const Proof& p, Challenges& c) {
    for (const auto& point : p.wires) absorb("wire", point.encode());
    c.beta = challenge("beta");
    c.gamma = challenge("gamma");
  }
  void round2(const Proof& p, Challenges& c) {
    absorb("z", p.z.encode());
    c.alpha = challenge("alpha");
  }
  void round3(const Proof& p, Challenges& c) {
    for (const auto& point : p.t) absorb("t", point.encode());
    c.zeta = challenge("zeta");
  }
  void round4(const Proof& p, Challenges& c) {
    for (const auto& x : p.w) absorb("w", x.encode());
    for (const auto& x : p.w_next) absorb("w-next", x.encode());
    for (const auto& x : p.sigma) absorb("sigma", x.encode());
    absorb("z-next", p.z_next.encode());
    c.v = challenge("v");
    if (bent_.early_u) c.u = challenge("u");
    if (bent_.ratio) c.u = *bent_.ratio;
  }
  void round5(const Proof& p, Challenges& c) {
    if (bent_.early_u || bent_.ratio) return;
    absorb("opening", p.opening.encode());
    absorb("opening-next", p.opening_next.encode());
    c.u = challenge("u");
  }

 private:
  Bent bent_;
  Transcript transcript_;
  size_t index_ = 0;
};

class Reference {
 public:
  using Fr = crypto::Fr;
  using Column = std::vector<Fr>;

  Reference(const Circuit<Fr>& circuit, const VerifyingKey& vk, const poly::Srs& srs)
      : circuit_(circuit), vk_(vk), powers_(srs.g1), domain_(circuit.log_n), n_(circuit.n()) {
    const auto shifts = column_shifts<Fr>();
    for (size_t c = 0; c < kRouted; ++c) {
      sigma_values_[c].resize(n_);
      for (size_t r = 0; r < n_; ++r) sigma_values_[c][r] = shifts[circuit.sigma[c][r] / n_] * domain_.elements()[circuit.sigma[c][r] % n_];
      sigma_[c] = coefficients(sigma_values_[c]);
    }
    for (size_t c = 0; c < kFixedColumns; ++c) fixed_[c] = coefficients(circuit.fixed[c]);
    Column first(n_), guard(n_), mask(n_, Fr::one());
    first[0] = guard[n_ - 1 - kBlindRows] = Fr::one();
    for (size_t r = n_ - 1 - kBlindRows; r < n_; ++r) mask[r] = Fr::zero();
    first_ = coefficients(first);
    guard_ = coefficients(guard);
    mask_ = coefficients(mask);
  }

  enum class Cheat { none, solve_sigma, both_openings, opening, opening_next, z_free_start, z_constant, z_jump };

  // Proves whatever the assignment says; with a false one the quotient is cut off and the proof is false, unless cheating
  // helps. solve_sigma picks sigma_0(zeta) after v so that the combination at zeta is right. The others use that the equation
  // (X - zeta) A + u (X - next) B = here + u there is easy once u is known: both_openings picks A and B after u;
  // opening_next fixes A (right at `next`) before u and B after; opening fixes B before u and A after, with a claim for
  // z(next) that makes the identity hold at zeta.
  // The last three are for broken copies, where z does not come back to 1: it begins with the inverse of where it would end, it is
  // 1 everywhere, or it is right from both ends and jumps in the middle.
  Proof prove(const ByteArray<32>& network, const Assignment<Fr>& a, TestEntropy& random, Bent bent = {}, Cheat cheat = Cheat::none) const {
    return prove(network, a, [&] { return random.fr(); }, bent, cheat);
  }
  // `blinder`: four rows of each wire column in turn, four rows of z, four scalars between the pieces of t.
  Proof prove(const ByteArray<32>& network, const Assignment<Fr>& a, const std::function<Fr()>& blinder, Bent bent = {},
              Cheat cheat = Cheat::none) const {
    Proof p;
    Challenges c;
    BentTranscript transcript(bent);
    transcript.begin(vk_, network, a.public_inputs);
    std::array<Column, kColumns> w;
    for (size_t j = 0; j < kColumns; ++j) {
      w[j] = a.wires[j];
      for (size_t r = n_ - kBlindRows; r < n_; ++r) w[j][r] = blinder();
    }
    const auto w_values = w;
    for (size_t j = 0; j < kColumns; ++j) p.wires[j] = commit(w[j] = coefficients(w[j]));
    transcript.round1(p, c);

    Column z(n_, Fr::one());
    const auto shifts = column_shifts<Fr>();
    for (size_t r = 0; r < n_ - 1 - kBlindRows; ++r) {
      Fr top = z[r], bottom = Fr::one();
      for (size_t j = 0; j < kRouted; ++j) {
        top *= w_values[j][r] + c.beta * shifts[j] * domain_.elements()[r] + c.gamma;
        bottom *= w_values[j][r] + c.beta * sigma_values_[j][r] + c.gamma;
      }
      z[r + 1] = top * bottom.inverse();
    }
    const size_t guard = n_ - 1 - kBlindRows;
    const Fr back = z[guard].inverse();
    for (size_t r = 0; r <= guard; ++r) {
      if (cheat == Cheat::z_free_start || (cheat == Cheat::z_jump && r > guard / 2)) z[r] *= back;
      if (cheat == Cheat::z_constant) z[r] = Fr::one();
    }
    for (size_t r = n_ - kBlindRows; r < n_; ++r) z[r] = blinder();
    p.z = commit(z = coefficients(z));
    transcript.round2(p, c);

    Column publics(n_);
    for (size_t i = 0; i < a.public_inputs.size(); ++i) publics[circuit_.public_rows[i]] = a.public_inputs[i];
    publics = coefficients(publics);
    std::array<Column, kQuotientPieces> t;
    for (size_t k = 0; k < kQuotientPieces; ++k) {
      for (size_t r = 0; r < n_; ++r) {
        const Fr x = quotient_shifts<Fr>()[k] * domain_.elements()[r];
        t[k].push_back(numerator_at(x, w, z, publics, c) * domain_.vanishing_at(x).inverse());
      }
    }
    t = pieces_from_cosets(domain_, std::move(t));
    for (size_t k = 0; k + 1 < kQuotientPieces; ++k) {
      const Fr b = blinder();
      t[k].push_back(b);
      t[k + 1][0] -= b;
    }
    for (size_t k = 0; k < kQuotientPieces; ++k) p.t[k] = commit(t[k]);
    transcript.round3(p, c);

    const Fr next = c.zeta * domain_.root();
    for (size_t j = 0; j < kColumns; ++j) p.w[j] = at(w[j], c.zeta);
    for (size_t j = 0; j < kReach; ++j) p.w_next[j] = at(w[j], next);
    for (size_t j = 0; j + 1 < kRouted; ++j) p.sigma[j] = at(sigma_[j], c.zeta);
    p.z_next = at(z, next);
    if (cheat == Cheat::opening) {  // the identity is affine in the claim
      const auto value = [&](const Fr& claim) {
        p.z_next = claim;
        return at(identity_polynomial(p, z, t, publics, c), c.zeta);
      };
      const Fr at0 = value(Fr::zero()), at1 = value(Fr::one());
      p.z_next = at0 * (at0 - at1).inverse();
    }
    transcript.round4(p, c);

    // What is opened at zeta, as a function of the evaluations claimed: identity + sum v^j (polynomial - claim).
    const auto combined = [&] {
      Column out = identity_polynomial(p, z, t, publics, c);
      Fr power = c.v;
      for (size_t j = 0; j < kColumns; ++j, power *= c.v) add(out, w[j], power, p.w[j]);
      for (size_t j = 0; j + 1 < kRouted; ++j, power *= c.v) add(out, sigma_[j], power, p.sigma[j]);
      return out;
    };
    if (cheat == Cheat::solve_sigma) {  // the value at zeta is affine in sigma_0's claim
      p.sigma[0] = Fr::zero();
      const Fr at0 = at(combined(), c.zeta);
      p.sigma[0] = Fr::one();
      const Fr at1 = at(combined(), c.zeta);
      p.sigma[0] = at0 * (at0 - at1).inverse();
    }
    Column here = combined(), there;
    add(there, z, Fr::one(), p.z_next);
    Fr power = c.v;
    for (size_t j = 0; j < kReach; ++j, power *= c.v) add(there, w[j], power, p.w_next[j]);
    const Column x_minus_next{-next, Fr::one()}, x_minus_zeta{-c.zeta, Fr::one()};
    const auto constant = [&](Fr value, Fr at_point, Fr other_point) { return value * (at_point - other_point).inverse(); };
    Fr a_constant, b_constant;
    switch (cheat) {
      case Cheat::opening_next:
        a_constant = constant(at(here, next), next, c.zeta);
        p.opening = commit({a_constant});
        transcript.round5(p, c);
        add(here, there, c.u, Fr::zero());
        add(here, x_minus_zeta, -a_constant, Fr::zero());
        p.opening_next = crypto::G1Affine((crypto::G1(commit(poly::divide_by_linear<Fr>(here, next))) * c.u.inverse()).affine());
        break;
      case Cheat::opening:
        b_constant = constant(at(there, c.zeta), c.zeta, next);
        p.opening_next = commit({b_constant});
        transcript.round5(p, c);
        [[fallthrough]];
      case Cheat::both_openings:
        add(here, there, c.u, Fr::zero());
        if (cheat == Cheat::both_openings) b_constant = constant(at(here, c.zeta) * c.u.inverse(), c.zeta, next);
        p.opening_next = commit({b_constant});
        add(here, x_minus_next, -(c.u * b_constant), Fr::zero());
        p.opening = commit(poly::divide_by_linear<Fr>(here, c.zeta));
        break;
      default:
        p.opening = commit(poly::divide_by_linear<Fr>(here, c.zeta));
        p.opening_next = commit(poly::divide_by_linear<Fr>(there, next));
    }
    return p;
  }

  // The equation of step 6, challenges from the bent transcript.
  bool verify(const ByteArray<32>& network, std::span<const Fr> publics, const Proof& p, Bent bent = {}) const {
    Challenges c;
    BentTranscript transcript(bent);
    transcript.begin(vk_, network, publics);
    transcript.round1(p, c);
    transcript.round2(p, c);
    transcript.round3(p, c);
    transcript.round4(p, c);
    transcript.round5(p, c);
    const Fr next = c.zeta * domain_.root();
    // F - E as one sum of points: the identity is affine in the polynomials not opened; read its coefficients off.
    PointValues<Fr> v = known(p, publics, c);
    const IdentityChallenges<Fr> challenges{c.beta, c.gamma, alpha_powers(c.alpha)};
    const auto value = [&] { return numerator(gate_set(), challenges, v); };
    const Fr constant = value();
    crypto::G1 sum = crypto::G1::generator() * constant;
    const auto slope = [&](Fr& x, const crypto::G1Affine& point) {
      x = Fr::one();
      sum += crypto::G1(point) * (value() - constant);
      x = Fr::zero();
    };
    for (size_t s = 0; s < kFixedColumns; ++s) slope(v.fixed[s], vk_.fixed[s]);
    slope(v.sigma[kRouted - 1], vk_.sigma[kRouted - 1]);
    slope(v.z, p.z);
    const Fr vanishing = domain_.vanishing_at(c.zeta);
    Fr power = -vanishing;
    for (size_t k = 0; k < kQuotientPieces; ++k, power *= vanishing + Fr::one()) sum += crypto::G1(p.t[k]) * power;
    const auto open = [&](const crypto::G1Affine& point, const Fr& claim, const Fr& scale) {
      sum += (crypto::G1(point) + -(crypto::G1::generator() * claim)) * scale;
    };
    power = c.v;
    for (size_t j = 0; j < kColumns; ++j, power *= c.v) {
      open(p.wires[j], p.w[j], power);
      if (j < kReach) open(p.wires[j], p.w_next[j], c.u * power);
    }
    for (size_t j = 0; j + 1 < kRouted; ++j, power *= c.v) open(vk_.sigma[j], p.sigma[j], power);
    open(p.z, p.z_next, c.u);
    sum += crypto::G1(p.opening) * c.zeta + crypto::G1(p.opening_next) * (c.u * next);
    const auto left = (crypto::G1(p.opening) + crypto::G1(p.opening_next) * c.u).affine();
    return crypto::pairing_product_is_one(std::array{left, (-sum).affine()}, std::array{vk_.tau_g2, vk_.g2});
  }

 private:
  Column coefficients(Column values) const {
    domain_.intt(values);
    return values;
  }
  static Fr at(const Column& p, const Fr& x) { return poly::evaluate<Fr>(p, x); }
  crypto::G1Affine commit(const Column& p) const { return crypto::msm_vartime(std::span(powers_).first(p.size()), p).affine(); }
  // to += scale (p - claim)
  static void add(Column& to, const Column& p, const Fr& scale, const Fr& claim) {
    if (to.size() < p.size()) to.resize(p.size());
    for (size_t i = 0; i < p.size(); ++i) to[i] += scale * p[i];
    to[0] -= scale * claim;
  }

  Fr numerator_at(const Fr& x, const std::array<Column, kColumns>& w, const Column& z, const Column& publics, const Challenges& c) const {
    PointValues<Fr> v;
    const Fr next = x * domain_.root();
    for (size_t j = 0; j < kColumns; ++j) v.w[j] = at(w[j], x);
    for (size_t j = 0; j < kReach; ++j) v.next[j] = at(w[j], next);
    for (size_t j = 0; j < kRouted; ++j) v.sigma[j] = at(sigma_[j], x);
    for (size_t s = 0; s < kFixedColumns; ++s) v.fixed[s] = at(fixed_[s], x);
    v.z = at(z, x);
    v.z_next = at(z, next);
    v.x = x;
    v.first = at(first_, x);
    v.guard = at(guard_, x);
    v.mask = at(mask_, x);
    v.public_value = at(publics, x);
    return numerator(gate_set(), {c.beta, c.gamma, alpha_powers(c.alpha)}, v);
  }

  // The values at zeta that a verifier knows; what stays a polynomial is 0.
  PointValues<Fr> known(const Proof& p, std::span<const Fr> publics, const Challenges& c) const {
    PointValues<Fr> v{};
    v.w = p.w;
    v.next = p.w_next;
    for (size_t j = 0; j + 1 < kRouted; ++j) v.sigma[j] = p.sigma[j];
    v.z_next = p.z_next;
    v.x = c.zeta;
    v.first = at(first_, c.zeta);
    v.guard = at(guard_, c.zeta);
    v.mask = at(mask_, c.zeta);
    Column values(n_);
    for (size_t i = 0; i < publics.size(); ++i) values[circuit_.public_rows[i]] = publics[i];
    v.public_value = at(coefficients(values), c.zeta);
    return v;
  }

  Column identity_polynomial(const Proof& p, const Column& z, const std::array<Column, kQuotientPieces>& t, const Column& publics,
                             const Challenges& c) const {
    PointValues<Fr> v = known(p, {}, c);
    v.public_value = at(publics, c.zeta);
    const IdentityChallenges<Fr> challenges{c.beta, c.gamma, alpha_powers(c.alpha)};
    const auto value = [&] { return numerator(gate_set(), challenges, v); };
    const Fr constant = value();
    Column out{constant};
    const auto slope = [&](Fr& x, const Column& polynomial) {
      x = Fr::one();
      add(out, polynomial, value() - constant, Fr::zero());
      x = Fr::zero();
    };
    for (size_t s = 0; s < kFixedColumns; ++s) slope(v.fixed[s], fixed_[s]);
    slope(v.sigma[kRouted - 1], sigma_[kRouted - 1]);
    slope(v.z, z);
    const Fr vanishing = domain_.vanishing_at(c.zeta);
    Fr power = -vanishing;
    for (size_t k = 0; k < kQuotientPieces; ++k, power *= vanishing + Fr::one()) add(out, t[k], power, Fr::zero());
    return out;
  }

  const Circuit<Fr>& circuit_;
  const VerifyingKey& vk_;
  const std::vector<crypto::G1Affine>& powers_;
  poly::Domain<Fr> domain_;
  size_t n_;
  std::array<Column, kRouted> sigma_values_, sigma_;
  std::array<Column, kFixedColumns> fixed_;
  Column first_, guard_, mask_;
};

}  // namespace sotto::plonk
