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

std::vector<Result<Proof, DecodeError>> decode_proofs(std::span<const ByteView> proofs, ThreadPool& pool) {
  // Where each part stands in the bytes and in a Proof.
  struct Part {
    size_t index, offset;
    bool is_point;
  };
  std::vector<Part> parts;
  size_t offset = 0;
  Proof shape;
  each_part(shape, [&](G1Affine&) { parts.push_back({parts.size(), offset, true}); offset += G1Affine::kBytes; },
            [&](Fr&) { parts.push_back({parts.size(), offset, false}); offset += Fr::kBytes; });
  CHECK(offset == kProofBytes);

  std::vector<Proof> decoded(proofs.size());
  std::vector<std::optional<DecodeError>> errors(proofs.size() * parts.size());
  pool.parallel_for(errors.size(), [&](size_t job) {
    const ByteView bytes = proofs[job / parts.size()];
    const Part& part = parts[job % parts.size()];
    if (bytes.size() != kProofBytes) {
      errors[job] = bytes.size() < kProofBytes ? DecodeError::truncated : DecodeError::trailing_bytes;
      return;
    }
    size_t index = 0;
    const auto take = [&](auto& to) {
      if (index++ != part.index) return;
      using T = std::remove_reference_t<decltype(to)>;
      auto value = T::decode(bytes.subspan(part.offset, T::kBytes));
      if (value.ok()) to = *value;
      else errors[job] = value.error();
    };
    each_part(decoded[job / parts.size()], take, take);
  });
  std::vector<Result<Proof, DecodeError>> out;
  for (size_t i = 0; i < proofs.size(); ++i) {
    const auto first = errors.begin() + static_cast<std::ptrdiff_t>(i * parts.size());
    const auto error = std::find_if(first, first + static_cast<std::ptrdiff_t>(parts.size()), [](const auto& e) { return e.has_value(); });
    if (error != first + static_cast<std::ptrdiff_t>(parts.size())) out.push_back(Failure{**error});
    else out.push_back(decoded[i]);
  }
  return out;
}

Result<Proof, DecodeError> decode_proof(ByteView bytes) {
  ThreadPool alone(1);
  return std::move(decode_proofs({&bytes, 1}, alone)[0]);
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

void Schedule::wires(std::span<const G1Affine> wires, Challenges& c) {
  for (const auto& p : wires) transcript_.absorb("wire", p.encode());
  c.beta = transcript_.challenge("beta");
  c.gamma = transcript_.challenge("gamma");
}

void Schedule::permutation(const G1Affine& z, Challenges& c) {
  transcript_.absorb("z", z.encode());
  c.alpha = transcript_.challenge("alpha");
}

void Schedule::quotient(std::span<const G1Affine> t, Challenges& c) {
  for (const auto& p : t) transcript_.absorb("t", p.encode());
  c.zeta = transcript_.challenge("zeta");
}

void Schedule::evaluations(const Proof& proof, Challenges& c) {
  for (const Fr& x : proof.w) transcript_.absorb("w", x);
  for (const Fr& x : proof.w_next) transcript_.absorb("w-next", x);
  for (const Fr& x : proof.sigma) transcript_.absorb("sigma", x);
  transcript_.absorb("z-next", proof.z_next);
  c.v = transcript_.challenge("v");
}

void Schedule::openings(const G1Affine& at_zeta, const G1Affine& at_next, Challenges& c) {
  transcript_.absorb("opening", at_zeta.encode());
  transcript_.absorb("opening-next", at_next.encode());
  c.u = transcript_.challenge("u");
}

}  // namespace sotto::plonk
