// Seeds of note_fuzz.cpp are values of today's formats. SOTTO_WRITE_CORPUS=1 writes them anew after a change of format.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/source_dir_for_test.hpp"
#include "note/merkle.hpp"
#include "note/note_for_test.hpp"
#include "note/receipt.hpp"

namespace sotto::note {
namespace {

Bytes tagged(uint8_t tag, ByteView bytes) {
  Bytes out{tag};
  out.insert(out.end(), bytes.begin(), bytes.end());
  return out;
}

TEST(Corpus, SeedsAreOfTodaysFormat) {
  SeededEntropy random(2024);
  const AccountKeys alice = test_account(1), bob = test_account(2);
  const Address to = bob.view().address(1);
  const Fr rho = random.field();
  const SealedOutput sealed = seal_output(to, {{7, 0}, Amount(5), {}}, rho, alice.view().ovk, random);
  const Receipt receipt = sign_receipt(bob.view().incoming, *try_decrypt(bob.view().incoming, rho, sealed.cm, sealed.ciphertext),
                                       {}, {}, 0, 0, random);
  NoteTreeFrontier tree;
  ASSERT_TRUE(tree.append(std::vector<Fr>(23, Fr::one())));
  Writer frontier;
  tree.write(frontier);
  Writer ciphertext;
  ciphertext.raw(sealed.ciphertext.epk);
  ciphertext.raw(sealed.ciphertext.note);
  ciphertext.raw(sealed.ciphertext.sender_copy);
  const std::map<std::string, Bytes> seeds = {
      {"address", tagged(0, encode(to))},
      {"address_text", tagged(1, view(to_text(to, NetworkKind::dev)))},
      {"receipt", tagged(2, encode(receipt))},
      {"frontier", tagged(3, frontier.bytes())},
      {"amount", tagged(4, view("1234.560000"))},
      {"ciphertext", tagged(5, ciphertext.bytes())},
  };
  const auto folder = std::filesystem::path(source_dir()) / "tests" / "corpus" / "note";
  for (const auto& [file, bytes] : seeds) {
    if (std::getenv("SOTTO_WRITE_CORPUS")) {
      std::filesystem::create_directories(folder);
      std::ofstream(folder / file, std::ios::binary).write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    }
    std::ifstream in(folder / file, std::ios::binary);
    ASSERT_TRUE(in) << file;
    const Bytes stored{std::istreambuf_iterator<char>(in), {}};
    // Random encodings differ only by what was drawn: the same here, as the seed is.
    EXPECT_EQ(stored, bytes) << file << ": run once with SOTTO_WRITE_CORPUS=1 if the format changed on purpose";
  }
}

}  // namespace
}  // namespace sotto::note
