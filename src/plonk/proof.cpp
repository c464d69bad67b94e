#include "plonk/proof.hpp"

#include <algorithm>

namespace sotto::plonk {

using crypto::Fr;
using crypto::G1Affine;

namespace {

// The one list of a proof's parts, in wire order.
template <class P, class Point, class Scalar>
void each_part(P& proof, Point point, Scalar scalar) {
  for (auto& p : proof.wires) point(p);
  point(proof.z);
  for (auto& p : proof.t) point(p);
  for (auto& x : proof.w) scalar(x);
  for (auto& x : proof.w_next) scalar(x);
  for (auto& x : proof.sigma) scalar(x);
  scalar(proof.z_next);
  point(proof.opening);
  point(proof.opening_next);
}

}  // namespace

Bytes encode_proof(const Proof& proof) {
  Writer out;
  each_part(proof, [&](const G1Affine& p) { p.write(out); }, [&](const Fr& x) { x.write(out); });
  return std::move(out).bytes();
}

namespace {

// Calls point(i-th point) and scalar(evaluation) with each part's bytes, until one fails.
template <class P, class Point, class Scalar>
Status<DecodeError> decode_parts(P& parts, ByteView bytes, Point point, Scalar scalar) {
  if (bytes.size() != kProofBytes) return Failure{bytes.size() < kProofBytes ? DecodeError::truncated : DecodeError::trailing_bytes};
  size_t offset = 0;
  std::optional<DecodeError> error;
  const auto take = [&](size_t size, auto&& decode) {
    if (!error) error = decode(bytes.subspan(offset, size));
    offset += size;
  };
  each_part(parts, [&](auto& p) { take(G1Affine::kBytes, [&](ByteView part) { return point(p, part); }); },
            [&](Fr& x) { take(Fr::kBytes, [&](ByteView part) { return scalar(x, part); }); });
  if (error) return Failure{*error};
  return Ok{};
}

template <class T>
std::optional<DecodeError> decode_into(T& to, ByteView part) {
  auto value = T::decode(part);
  if (!value.ok()) return value.error();
  to = *value;
  return std::nullopt;
}

}  // namespace

Result<Proof, DecodeError> decode_proof(ByteView bytes) {
  Proof out;
  TRY_OK(decode_parts(out, bytes, decode_into<G1Affine>, decode_into<Fr>));
  return out;
}

Result<Evaluations, DecodeError> decode_evaluations(ByteView bytes) {
  Proof out;
  TRY_OK(decode_parts(out, bytes, [](G1Affine&, ByteView) { return std::optional<DecodeError>(); }, decode_into<Fr>));
  return static_cast<Evaluations>(out);
}

Bytes proof_hints(ByteView proof) {
  if (proof.size() != kProofBytes) return {};
  Bytes out;
  for (size_t i = 0; i < kProofPoints; ++i) {
    const auto point = crypto::G1Unchecked::decode(proof.subspan(point_offset(i), 48));
    if (!point.ok()) return {};
    const auto y = crypto::y_hint(*point);
    out.insert(out.end(), y.begin(), y.end());
  }
  return out;
}

Schedule::Schedule(const VerifyingKey& vk, const Statement& statement, std::vector<std::string>* log)
    : transcript_("Sotto.plonk.v1") {
  transcript_.record(log);
  transcript_.absorb("network", statement.network);
  ByteArray<2> id{static_cast<uint8_t>(vk.circuit_id >> 8), static_cast<uint8_t>(vk.circuit_id)};
  transcript_.absorb("circuit", id);
  transcript_.absorb("verifying-key", vk.digest);
  Writer inputs;
  inputs.count(statement.public_inputs.size());
  for (const Fr& x : statement.public_inputs) x.write(inputs);
  transcript_.absorb("public-inputs", inputs.bytes());
}

namespace {
template <class Points>
Bytes encodings(const Points& points) {
  Writer out;
  for (const auto& p : points) p.write(out);
  return std::move(out).bytes();
}
}  // namespace

void Schedule::wires(std::span<const G1Affine> wires, Challenges& c) { absorb_wires(encodings(wires), c); }
void Schedule::permutation(const G1Affine& z, Challenges& c) { absorb_permutation(z.encode(), c); }
void Schedule::quotient(std::span<const G1Affine> t, Challenges& c) { absorb_quotient(encodings(t), c); }

void Schedule::absorb_wires(ByteView wires, Challenges& c) {
  for (size_t at = 0; at < wires.size(); at += 48) transcript_.absorb("wire", wires.subspan(at, 48));
  c.beta = transcript_.challenge("beta");
  c.gamma = transcript_.challenge("gamma");
}

void Schedule::absorb_permutation(ByteView z, Challenges& c) {
  transcript_.absorb("z", z);
  c.alpha = transcript_.challenge("alpha");
}

void Schedule::absorb_quotient(ByteView t, Challenges& c) {
  for (size_t at = 0; at < t.size(); at += 48) transcript_.absorb("t", t.subspan(at, 48));
  c.zeta = transcript_.challenge("zeta");
}

void Schedule::rounds(ByteView proof, const Evaluations& opened, Challenges& c) {
  CHECK(proof.size() == kProofBytes);
  absorb_wires(proof.first(48 * kColumns), c);
  absorb_permutation(proof.subspan(48 * kColumns, 48), c);
  absorb_quotient(proof.subspan(48 * (kColumns + 1), 48 * kQuotientPieces), c);
  evaluations(opened, c);
}

void Schedule::evaluations(const Evaluations& opened, Challenges& c) {
  for (const Fr& x : opened.w) transcript_.absorb("w", x);
  for (const Fr& x : opened.w_next) transcript_.absorb("w-next", x);
  for (const Fr& x : opened.sigma) transcript_.absorb("sigma", x);
  transcript_.absorb("z-next", opened.z_next);
  c.v = transcript_.challenge("v");
}

void Schedule::openings(const G1Affine& at_zeta, const G1Affine& at_next, Challenges& c) {
  transcript_.absorb("opening", at_zeta.encode());
  transcript_.absorb("opening-next", at_next.encode());
  c.u = transcript_.challenge("u");
}

}  // namespace sotto::plonk
