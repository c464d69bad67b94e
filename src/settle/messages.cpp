#include "settle/messages.hpp"

#include "crypto/hash.hpp"

namespace sotto::settle {

void Subject::write(Writer& out) const {
  out.u64(epoch);
  out.count(generations.size());
  for (const uint32_t generation : generations) out.u32(generation);
  out.raw(txid.value);
}

Result<Subject, DecodeError> Subject::read(Reader& in) {
  Subject subject;
  TRY(epoch, in.u64());
  subject.epoch = epoch;
  TRY(count, in.count(kMaxNotes, sizeof(uint32_t)));
  if (count == 0) return Failure{DecodeError::non_canonical};
  subject.generations.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    TRY(generation, in.u32());
    subject.generations.push_back(generation);
  }
  TRY(txid, in.array<32>());
  subject.txid.value = txid;
  return subject;
}

Hash32 digest(Phase phase, const NetworkId& network, const Subject& subject) {
  Writer out;
  out.raw(view(phase == Phase::vote ? "Sotto.vote.v1" : "Sotto.settle.v1"));
  out.raw(network.value);
  subject.write(out);
  return crypto::sha256(out.bytes());
}

Hash32 report_digest(const NetworkId& network, uint64_t epoch, const std::optional<NoteKey>& note) {
  Writer out;
  out.raw(view("Sotto.report.v1"));
  out.raw(network.value);
  out.u64(epoch);
  out.u8(note.has_value());
  if (note) {
    note->nf.value.write(out);
    out.u32(note->generation);
  }
  return crypto::sha256(out.bytes());
}

Hash32 close_digest(const NetworkId& network, uint64_t epoch, ByteView next_committee) {
  Writer out;
  out.raw(view("Sotto.close.v1"));
  out.raw(network.value);
  out.u64(epoch);
  out.raw(crypto::sha256(next_committee));
  return crypto::sha256(out.bytes());
}

template <Phase P>
Bytes Share<P>::encode() const {
  Writer out;
  out.u16(validator);
  signature.write(out);
  return std::move(out).bytes();
}

template <Phase P>
Result<Share<P>, DecodeError> Share<P>::decode(ByteView bytes) {
  Reader in(bytes);
  TRY(validator, in.u16());
  TRY(signature, crypto::BlsSignature::read(in));
  TRY_OK(in.finish());
  return Share{validator, signature};
}

template struct Share<Phase::vote>;
template struct Share<Phase::settle>;

}  // namespace sotto::settle
