// What this module decodes from outside; the first byte picks the type. What is accepted encodes back to the same bytes.
#include <algorithm>

#include "note/merkle.hpp"
#include "note/receipt.hpp"

using namespace sotto;
using namespace sotto::note;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  const ByteView bytes(data + 1, size - 1);
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const auto same = [&](ByteView again) { return std::equal(again.begin(), again.end(), bytes.begin(), bytes.end()); };
  switch (data[0]) {
    case 0:
      if (const auto address = decode_address(bytes); address.ok()) CHECK(same(encode(*address)));
      break;
    case 1:
      if (const auto named = any_address_from_text(text); named.ok()) {
        std::string lower(text);
        for (char& c : lower) c = static_cast<char>(std::tolower(c));
        CHECK(to_text(named->address, named->kind) == lower);
        CHECK(address_from_text(text, {named->kind, named->address.network}).ok());
      }
      break;
    case 2:
      if (const auto receipt = decode_receipt(bytes); receipt.ok()) {
        CHECK(same(encode(*receipt)));
        (void)verify_receipt(*receipt);
      }
      break;
    case 3: {
      Reader in(bytes);
      if (const auto tree = NoteTreeFrontier::read(in); tree.ok() && in.finish().ok()) {
        Writer out;
        tree->write(out);
        CHECK(same(out.bytes()));
        (void)tree->root();
      }
      break;
    }
    case 4:
      for (unsigned decimals = 0; decimals <= kMaxDecimals; decimals += 6) {
        if (const auto amount = parse_amount(text, decimals); amount.ok()) {
          CHECK(*parse_amount(format_amount(*amount, decimals), decimals) == *amount);
        }
      }
      break;
    case 5: {  // a ciphertext under nobody's key
      OutputCiphertext c;
      const size_t want = c.epk.size() + c.note.size() + c.sender_copy.size();
      if (bytes.size() != want) return 0;
      std::copy_n(bytes.begin(), c.epk.size(), c.epk.begin());
      std::copy_n(bytes.begin() + 32, c.note.size(), c.note.begin());
      std::copy_n(bytes.begin() + 662, c.sender_copy.size(), c.sender_copy.begin());
      const AccountKeys keys = AccountKeys::derive(Seed(), Hash32{}, 0);
      CHECK(!try_decrypt(keys.view().incoming, Fr::one(), Fr::one(), c));
      CHECK(!recover_sent(keys.view().ovk, Fr::one(), Fr::one(), c));
      break;
    }
    default: break;
  }
  return 0;
}
