#include "plonk/keys.hpp"

#include "crypto/hash.hpp"

namespace sotto::plonk {

using crypto::Fr;
using crypto::G1;
using crypto::G1Affine;

namespace {

std::array<std::vector<Fr>, kRouted> sigma_values(const Circuit<Fr>& circuit, const poly::Domain<Fr>& domain) {
  const auto shifts = column_shifts<Fr>();
  const size_t n = circuit.n();
  std::array<std::vector<Fr>, kRouted> out;
  for (size_t c = 0; c < kRouted; ++c)
    for (size_t r = 0; r < n; ++r) out[c].push_back(shifts[circuit.sigma[c][r] / n] * domain.elements()[circuit.sigma[c][r] % n]);
  return out;
}

Hash32 key_digest(const VerifyingKey& vk, const Hash32& srs_digest) {
  Writer out;
  out.sized(view("Sotto.vk.v1"));
  out.raw(srs_digest);
  out.raw(vk.circuit_digest);
  out.u16(vk.circuit_id);
  out.u32(static_cast<uint32_t>(vk.log_n));
  for (const Fr& shift : column_shifts<Fr>()) shift.write(out);
  for (const auto& p : vk.fixed) p.write(out);
  for (const auto& p : vk.sigma) p.write(out);
  vk.g2.write(out);
  vk.tau_g2.write(out);
  return crypto::sha256(out.bytes());
}

LaneCoset to_lanes(ProvingKey::Coset coset) {
  LaneCoset out;
  for (size_t k = 0; k < kFixedColumns; ++k) out.fixed[k] = plonk::to_lanes(coset.fixed[k]);
  for (size_t k = 0; k < kRouted; ++k) out.sigma[k] = plonk::to_lanes(coset.sigma[k]);
  out.x = plonk::to_lanes(coset.x);
  out.first = plonk::to_lanes(coset.first);
  out.guard = plonk::to_lanes(coset.guard);
  out.mask = plonk::to_lanes(coset.mask);
  out.vanishing_inverse = LaneFr(coset.vanishing_inverse);
  return out;
}

}  // namespace

bool unused_column(const std::vector<Fr>& column) {
  return std::all_of(column.begin(), column.end(), [](const Fr& x) { return x.is_zero(); });
}

VerifyingKey make_verifying_key(const Circuit<Fr>& circuit, uint16_t circuit_id, const Hash32& digest_of_circuit,
                                const Hash32& srs_digest, const VerifyingKeyPoints& points) {
  VerifyingKey vk;
  vk.log_n = circuit.log_n;
  vk.circuit_id = circuit_id;
  vk.public_rows = circuit.public_rows;
  vk.domain = std::make_shared<const poly::Domain<Fr>>(circuit.log_n);
  vk.fixed = points.fixed;
  vk.sigma = points.sigma;
  vk.g2 = points.g2;
  vk.tau_g2 = points.tau_g2;
  std::vector<G1Affine> bases(vk.fixed.begin(), vk.fixed.end());
  bases.insert(bases.end(), vk.sigma.begin(), vk.sigma.end());
  bases.push_back(G1Affine::generator());
  vk.bases = std::make_shared<const crypto::FixedBases>(bases);
  vk.prepared_g2 = std::make_shared<const crypto::PreparedG2>(vk.g2);
  vk.prepared_tau_g2 = std::make_shared<const crypto::PreparedG2>(vk.tau_g2);
  vk.circuit_digest = digest_of_circuit;
  vk.digest = key_digest(vk, srs_digest);
  return vk;
}

VerifyingKey make_verifying_key(const Circuit<Fr>& circuit, uint16_t circuit_id, const poly::Srs& srs, ThreadPool& pool) {
  VerifyingKeyPoints points;
  points.g2 = srs.g2;
  points.tau_g2 = srs.tau_g2;
  const poly::Domain<Fr> domain(circuit.log_n);
  const auto lagrange = circuit.log_n == poly::kSrsLagrangeLog ? srs.lagrange : poly::lagrange_points(srs.g1, circuit.log_n);
  const auto sigma = sigma_values(circuit, domain);
  pool.parallel_for(kFixedColumns + kRouted, [&](size_t i) {
    if (i < kRouted) points.sigma[i] = crypto::msm_vartime(lagrange, sigma[i]).affine();
    else points.fixed[i - kRouted] = crypto::msm_vartime(lagrange, circuit.fixed[i - kRouted]).affine();
  });
  return make_verifying_key(circuit, circuit_id, circuit_digest(gate_set(), circuit), srs.digest, points);
}

ProvingKey make_proving_key(const Circuit<Fr>& circuit, uint16_t circuit_id, const poly::Srs& srs, ThreadPool& pool,
                            simd::Kernel kernel) {
  const size_t n = circuit.n();
  CHECK(srs.g1.size() > n);
  poly::CommitTable monomial(std::span(srs.g1).first(n + 1), pool, kernel);
  const auto lagrange = circuit.log_n == poly::kSrsLagrangeLog ? srs.lagrange : poly::lagrange_points(srs.g1, circuit.log_n);
  return make_proving_key(circuit, make_verifying_key(circuit, circuit_id, srs, pool), std::move(monomial),
                          poly::CommitTable(lagrange, pool, kernel), pool);
}

ProvingKey make_proving_key(const Circuit<Fr>& circuit, VerifyingKey vk, poly::CommitTable monomial, poly::CommitTable lagrange,
                            ThreadPool& pool) {
  ProvingKey pk;
  pk.vk = std::move(vk);
  pk.circuit = circuit;
  pk.monomial = std::move(monomial);
  pk.lagrange = std::move(lagrange);
  const auto& domain = *pk.vk.domain;
  const size_t n = domain.size(), usable = usable_rows(n);
  CHECK(pk.monomial.size() == n + 1 && pk.lagrange.size() == n);
  pk.sigma_values = sigma_values(circuit, domain);
  // Coefficients of every column, and where a coset keeps its values.
  std::vector<Fr> first(n), guard(n), mask(n, Fr::one());
  first[0] = Fr::one();
  guard[usable] = Fr::one();
  for (size_t r = usable; r < n; ++r) mask[r] = Fr::zero();
  using Coset = ProvingKey::Coset;
  struct Extended {
    std::vector<Fr>* coefficients;
    std::function<std::vector<Fr>&(Coset&)> values;
  };
  std::vector<Extended> columns{{&first, [](Coset& c) -> auto& { return c.first; }},
                                {&guard, [](Coset& c) -> auto& { return c.guard; }},
                                {&mask, [](Coset& c) -> auto& { return c.mask; }}};
  for (size_t i = 0; i < kFixedColumns; ++i) {
    if (unused_column(circuit.fixed[i])) continue;
    pk.fixed[i] = circuit.fixed[i];
    columns.push_back({&pk.fixed[i], [i](Coset& c) -> auto& { return c.fixed[i]; }});
  }
  for (size_t i = 0; i < kRouted; ++i) {
    pk.sigma[i] = pk.sigma_values[i];
    columns.push_back({&pk.sigma[i], [i](Coset& c) -> auto& { return c.sigma[i]; }});
  }
  pool.parallel_for(columns.size(), [&](size_t i) { domain.intt(*columns[i].coefficients); });

  const auto shifts = quotient_shifts<Fr>();
  pool.parallel_for(kQuotientPieces * columns.size(), [&](size_t job) {
    const size_t k = job / columns.size(), i = job % columns.size();
    auto& values = columns[i].values(pk.cosets[k]);
    values = *columns[i].coefficients;
    domain.coset_ntt(values, shifts[k]);
  });
  for (size_t k = 0; k < kQuotientPieces; ++k) {
    auto& coset = pk.cosets[k];
    coset.x = domain.elements();
    for (Fr& x : coset.x) x *= shifts[k];
    coset.vanishing_inverse = domain.vanishing_at(shifts[k]).inverse();
  }
  // The emulated kernel runs on machines without lanes.
  if (pk.lagrange.kernel() != simd::Kernel::portable && simd::runs_here(simd::Kernel::avx2)) {
    pk.lanes.resize(kQuotientPieces);
    pool.parallel_for(kQuotientPieces, [&](size_t k) { pk.lanes[k] = to_lanes(std::exchange(pk.cosets[k], {})); });
  }
  return pk;
}

}  // namespace sotto::plonk
