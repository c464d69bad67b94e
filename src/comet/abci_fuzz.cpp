// Framing and every ABCI message against a ledger application over a stand-in replica.
#include "comet/application.hpp"
#include "comet/framing.hpp"

namespace {

using namespace sotto;

class Replica final : public order::Replica {
 public:
  uint64_t height() const override { return 0; }
  Status<Error> execute(const order::Batch&) override { return Ok{}; }
  Point point() const override { return point_; }
  Result<ledger::BlockHash, Error> compute(const order::Batch& batch) override {
    return ledger::BlockHash{{static_cast<uint8_t>(batch.entries.size())}};
  }
  Status<Error> keep(uint64_t engine_height) override {
    point_.engine_height = engine_height;
    return Ok{};
  }
  void forget() override {}

 private:
  Point point_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Replica replica;
  comet::Pending pending({16, 16});
  comet::LedgerApplication app({"sotto-fuzz", {}, 64, size_t{1} << 20}, replica, pending,
                               [](auto entries) { return std::vector<bool>(entries.size(), true); }, [](uint64_t, bool) {});
  comet::FrameReader frames(1 << 16);
  frames.push({data, size});
  for (;;) {
    const auto next = frames.next();
    if (!next.ok() || !*next) return 0;
    if (comet::answer(app, **next).broken) return 0;
  }
}
