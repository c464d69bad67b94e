// Seeds of the fuzz targets are values of today's formats. SOTTO_WRITE_CORPUS=1 writes them anew after a change of
// format; without it this test says when that was forgotten.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/source_dir_for_test.hpp"
#include "settle/evidence.hpp"
#include "settle/settle_for_test.hpp"

namespace sotto::settle {
namespace {

TEST(Corpus, seeds_are_of_todays_format) {
  const TestCommittee four({1, 1, 1, 1}), one({7});
  const DecodedCandidate transaction = candidate({{1, 2, 3}});
  const Subject subject = subject_of(5, transaction.candidate);
  const auto certificate = four.certificate<Phase::vote>({0, 1, 3}, subject);
  const auto vote = four.share<Phase::vote>(2, subject);
  const auto acknowledgement = four.share<Phase::settle>(2, subject);
  const ledger::Report report{5, ledger::Report::Note{test_nullifier(1), 0}, 2, acknowledgement.signature.encode()};
  const std::map<std::string, Bytes> seeds = {
      {"evidence/double_vote", encode(Evidence(DoubleVote{5, *transaction.transaction, build({{1, 4, 5}, 1}), vote, vote}))},
      {"evidence/false_report", encode(Evidence(FalseReport{*transaction.transaction, acknowledgement, report}))},
      {"certificate/lock", certificate.encode()},
      {"certificate/settlement", four.certificate<Phase::settle>({0, 1, 2, 3}, subject).encode()},
      {"vote/vote", four.share<Phase::vote>(2, subject).encode()},
      {"committee/one", one.committee->encode()},
      {"lock_record/lock", Lock{5, transaction.candidate}.encode()},
      {"lock_record/certified", Certified{certificate, transaction.candidate}.encode()},
      {"lock_record/executed", Certified{certificate, std::nullopt}.encode()},
  };
  const std::filesystem::path corpus = std::filesystem::path(source_dir()) / "tests" / "corpus";
  for (const auto& [file, bytes] : seeds) {
    const auto path = corpus / file;
    if (std::getenv("SOTTO_WRITE_CORPUS")) {
      std::filesystem::create_directories(path.parent_path());
      std::ofstream(path, std::ios::binary).write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    }
    std::ifstream in(path, std::ios::binary);
    ASSERT_TRUE(in) << path;
    const Bytes stored{std::istreambuf_iterator<char>(in), {}};
    EXPECT_EQ(stored, bytes) << file;
  }
}

}  // namespace
}  // namespace sotto::settle
