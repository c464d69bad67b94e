#include "circuit/random_statement.hpp"

namespace sotto::circuit {

using crypto::hash;
using crypto::Tag;
__extension__ using Wide = unsigned __int128;

namespace {

// Fills the path so that every level's node is a child of the next.
void fill_path(SeededEntropy& random, MerklePath& path, Fr at, unsigned side) {
  for (size_t l = 0; l < kTreeDepth; ++l) {
    for (auto& child : path.children[l]) child = random.fr();
    path.position[l] = static_cast<uint8_t>(side < 4 ? side : random.below(4));
    path.children[l][path.position[l]] = at;
    at = crypto::node(path.children[l][0], path.children[l][1], path.children[l][2], path.children[l][3]);
  }
}

// Splits `total` in two u64 parts; total must be below 2^65 - 1.
std::array<uint64_t, 2> split(SeededEntropy& random, Wide total) {
  const Wide max = UINT64_MAX;
  CHECK(total <= max + max);
  const Wide low = total > max ? total - max : 0, high = total < max ? total : max;
  const Wide first = low + (high == low ? 0 : random.u64() % static_cast<uint64_t>(high - low == max ? max : high - low + 1));
  return {static_cast<uint64_t>(first), static_cast<uint64_t>(total - first)};
}

}  // namespace

RandomStatement random_statement(SeededEntropy& random, const StatementOptions& o) {
  TransferWitness w;
  const auto ask = crypto::JubjubScalar::reduce512(random.bytes<64>());
  w.ak = crypto::jubjub_mul_generator(ask).affine();
  w.nk = random.fr();
  w.alpha = crypto::JubjubScalar::reduce512(random.bytes<64>());
  w.asset_id = Fr::from_u64(random.u64());
  const Fr asset = hash(Tag::asset, w.asset_id, Fr::zero(), Fr::zero());
  w.fee_asset = o.same_asset ? asset : random.fr();
  const Fr account = hash(Tag::account, w.ak.u, w.ak.v, w.nk);
  const auto amount = [&] { return o.extreme ? (random.below(2) ? UINT64_MAX : 0) : random.u64() >> random.below(40); };

  for (size_t i = 0; i < kSlots; ++i) w.inputs[i].value = o.dummy[i] ? 0 : amount();
  w.v_in = o.public_values ? amount() / 2 : 0;
  w.fee = 0;
  // The hidden slots: cap what comes in at what two outputs can hold, then give some out publicly and as carry.
  Wide available = Wide{w.inputs[0].value} + w.inputs[1].value + w.v_in;
  const Wide capacity = Wide{UINT64_MAX} * 2;
  const auto take = [&](Wide limit) {
    const Wide bounded = limit < Wide{UINT64_MAX} ? limit : Wide{UINT64_MAX};
    return bounded == 0 ? 0 : random.u64() % static_cast<uint64_t>(bounded);
  };
  if (available > capacity) {
    w.v_in = 0;
    available = Wide{w.inputs[0].value} + w.inputs[1].value;
  }
  if (o.public_values) w.v_out = static_cast<uint64_t>(take(available));
  if (o.same_asset) w.carry = static_cast<uint64_t>(take(available - w.v_out));
  const auto first = split(random, available - w.v_out - w.carry);
  w.outputs[0].value = first[0];
  w.outputs[1].value = first[1];
  const Wide fee_side = Wide{w.inputs[2].value} + w.carry;
  w.fee = fee_side > UINT64_MAX ? static_cast<uint64_t>(fee_side - UINT64_MAX) + random.below(1000) : static_cast<uint64_t>(take(fee_side + 1));
  w.outputs[2].value = static_cast<uint64_t>(fee_side - w.fee);
  w.has_b = o.has_b;
  const auto second = split(random, available - w.v_out - w.carry);
  for (size_t i = 0; i < kBranchSlots; ++i) w.outputs_b[i].value = o.has_b ? second[i] : random.u64();

  for (auto* outputs : {&w.outputs[0], &w.outputs[1], &w.outputs[2], &w.outputs_b[0], &w.outputs_b[1]}) {
    outputs->owner = random.fr();
    outputs->rcm = random.fr();
  }
  for (size_t i = 0; i < kSlots; ++i) {
    auto& in = w.inputs[i];
    in.diversifier = random.fr();
    in.rho = random.fr();
    in.rcm = random.fr();
    const Fr owner = hash(Tag::owner, account, in.diversifier, Fr::zero());
    const Fr cm = hash(Tag::note, hash(Tag::value, i < 2 ? asset : w.fee_asset, Fr::from_u64(in.value), owner), in.rho, in.rcm);
    fill_path(random, in.path, cm, o.path_side);
  }
  return {public_of(w), w};
}

RandomStatement random_statement(SeededEntropy& random) {
  StatementOptions o;
  for (bool& d : o.dummy) d = random.below(3) == 0;
  o.same_asset = random.below(2) == 0;
  o.has_b = random.below(2) == 0;
  o.public_values = random.below(2) == 0;
  o.extreme = random.below(5) == 0;
  o.path_side = static_cast<unsigned>(random.below(6));
  return random_statement(random, o);
}

}  // namespace sotto::circuit
