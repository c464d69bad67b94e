// Reader against Writer: the input is a little program (one byte an operation) followed by data. Whatever the program
// reads successfully must write back to exactly the bytes that were consumed.
#include "base/codec.hpp"

using namespace sotto;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  const size_t operations = data[0] % 16u;
  if (size < 1 + operations) return 0;
  const ByteView body(data + 1 + operations, size - 1 - operations);
  Reader in(body);
  Writer out;
  for (size_t i = 0; i < operations; ++i) {
    const uint8_t operation = data[1 + i];
    const size_t parameter = operation >> 3;
    const size_t before = in.position();
    bool ok = false;
    switch (operation & 7) {
      case 0: if (auto v = in.u8(); (ok = v.ok())) out.u8(*v); break;
      case 1: if (auto v = in.u16(); (ok = v.ok())) out.u16(*v); break;
      case 2: if (auto v = in.u32(); (ok = v.ok())) out.u32(*v); break;
      case 3: if (auto v = in.u64(); (ok = v.ok())) out.u64(*v); break;
      case 4: if (auto v = in.boolean(); (ok = v.ok())) out.u8(*v ? 1 : 0); break;
      case 5: if (auto v = in.raw(parameter); (ok = v.ok())) out.raw(*v); break;
      case 6:
        if (auto v = in.sized(parameter); (ok = v.ok())) {
          CHECK(v->size() <= parameter);
          out.sized(*v);
        }
        break;
      case 7:
        if (auto v = in.count(1000, parameter + 1); (ok = v.ok())) {
          CHECK(*v <= 1000 && *v * (parameter + 1) <= in.left());
          out.count(*v);
        }
        break;
    }
    CHECK(in.position() >= before && in.position() + in.left() == body.size());
    if (!ok) return 0;
  }
  CHECK(out.bytes().size() == in.position());
  CHECK(std::equal(out.bytes().begin(), out.bytes().end(), body.begin()));
  CHECK(in.finish().ok() == (in.left() == 0));
  const auto hex = to_hex(body);
  const auto back = from_hex(hex);
  CHECK(back && std::equal(back->begin(), back->end(), body.begin(), body.end()));
  (void)from_hex({reinterpret_cast<const char*>(body.data()), body.size()});
  return 0;
}
