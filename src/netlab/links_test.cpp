// What links are: which rule holds, what a file may say, when things leave.
#include "netlab/links.hpp"

#include <gtest/gtest.h>

#include <random>

namespace sotto::netlab {
namespace {

using std::chrono::milliseconds;

std::string trouble(const std::string& json) {
  const auto links = parse_links(view(json));
  return links.ok() ? "" : links.error().what;
}
std::string one_rule(const std::string& fields) { return R"({"links":[{"from":"a","to":"b",)" + fields + "}]}"; }

TEST(Links, the_last_rule_that_fits_holds_whole) {
  const Links links({{"*", "*", {.delay_ms = 5}}, {"a", "*", {.delay_ms = 7, .loss = 0.1}}, {"a", "b", {.cut = true}}});
  EXPECT_EQ(links.between("x", "a"), (LinkSettings{.delay_ms = 5}));
  EXPECT_EQ(links.between("a", "x"), (LinkSettings{.delay_ms = 7, .loss = 0.1}));
  EXPECT_EQ(links.between("a", "b"), (LinkSettings{.cut = true}));
  EXPECT_EQ(links.between("b", "a"), (LinkSettings{.delay_ms = 5}));
  EXPECT_EQ(Links().between("a", "b"), LinkSettings{});
}

TEST(Links, a_file_comes_back_as_written) {
  const Links links({{"*", "*", {.delay_ms = 10.5, .jitter_ms = 2, .loss = 0.25}}, {"a", "b", {.cut = true}}});
  const auto back = parse_links(view(to_json(links)));
  ASSERT_TRUE(back.ok()) << back.error().what;
  EXPECT_EQ(back->rules(), links.rules());
}

TEST(Links, files_that_are_none_are_refused) {
  EXPECT_EQ(trouble(one_rule(R"("delay_ms":1)")), "");
  EXPECT_EQ(trouble("{"), "links: not {\"links\": [...]}");
  EXPECT_EQ(trouble("{}"), "links: not {\"links\": [...]}");
  EXPECT_EQ(trouble(R"({"links":[], "more":1})"), "links: not {\"links\": [...]}");
  EXPECT_EQ(trouble(R"({"links":{}})"), "links: not {\"links\": [...]}");
  EXPECT_EQ(trouble(R"({"links":[1]})"), "links: a rule is an object");
  EXPECT_EQ(trouble(R"({"links":[{"from":"a"}]})"), "links: a rule says from and to");
  EXPECT_EQ(trouble(R"({"links":[{"to":"a"}]})"), "links: a rule says from and to");
  EXPECT_EQ(trouble(R"({"links":[{"from":"","to":"a"}]})"), "links: from is unknown or out of range");
  EXPECT_EQ(trouble(R"({"links":[{"from":"a","to":7}]})"), "links: to is unknown or out of range");
  EXPECT_EQ(trouble(one_rule(R"("delay":1)")), "links: delay is unknown or out of range");
  EXPECT_EQ(trouble(one_rule(R"("delay_ms":-1)")), "links: delay_ms is unknown or out of range");
  EXPECT_EQ(trouble(one_rule(R"("delay_ms":"1")")), "links: delay_ms is unknown or out of range");
  EXPECT_EQ(trouble(one_rule(R"("jitter_ms":10001)")), "links: jitter_ms is unknown or out of range");
  EXPECT_EQ(trouble(one_rule(R"("loss":0.51)")), "links: loss is unknown or out of range");
  EXPECT_EQ(trouble(one_rule(R"("cut":1)")), "links: cut is unknown or out of range");
  EXPECT_EQ(trouble(std::string(kMaxLinksBytes + 1, ' ')), "links: too long");
  std::string many = R"({"links":[)";
  for (size_t i = 0; i <= kMaxRules; ++i) many += std::string(i == 0 ? "" : ",") + R"({"from":"a","to":"b"})";
  EXPECT_EQ(trouble(many + "]}"), "links: too many rules");
}

TEST(Departures, delayed_in_order) {
  Departures departures;
  const Time t{};
  const auto sure = [] { return 0.5; };
  EXPECT_EQ(departures.next(t, 10, {.delay_ms = 10}, sure), t + milliseconds(10));
  EXPECT_EQ(departures.next(t, 10, {.delay_ms = 10, .jitter_ms = 4}, sure), t + milliseconds(12));
  EXPECT_EQ(departures.next(t + milliseconds(1), 10, {}, sure), t + milliseconds(12));           // not before what came earlier
  EXPECT_EQ(departures.next(t + milliseconds(20), 10, {}, sure), t + milliseconds(20));
}

TEST(Departures, a_lost_segment_holds_everything_behind_it_up) {
  Departures departures;
  const Time t{};
  std::vector<double> draws{0, 0.05, 0.9, 0.9};                  // jitter, first segment lost, then not; second not
  size_t drawn = 0;
  EXPECT_EQ(departures.next(t, kSegmentBytes + 1, {.loss = 0.1}, [&] { return draws.at(drawn++); }), t + kResend);
  EXPECT_EQ(drawn, draws.size());
  EXPECT_EQ(departures.next(t, 1, {.loss = 0}, [] { return 0.0; }), t + kResend);
  // As many as there should be.
  std::mt19937_64 generator(7);
  std::uniform_real_distribution<double> uniform(0, 1);
  int held = 0;
  for (int i = 0; i < 10'000; ++i) {
    Departures fresh;
    held += fresh.next(t, 100, {.loss = 0.02}, [&] { return uniform(generator); }) > t;
  }
  EXPECT_GT(held, 150);
  EXPECT_LT(held, 250);
}

}  // namespace
}  // namespace sotto::netlab
