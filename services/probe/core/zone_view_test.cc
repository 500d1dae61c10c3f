#include "probe/core/zone_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "probe/core/reading.h"

namespace probe {
namespace {

using observation::Clue;
using observation::Observation;
using observation::Outcome;
using observation::Vote;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Observation Says(Outcome outcome, std::optional<std::uint32_t> serial,
                 std::vector<std::string> values = {}) {
  return {.server = "ns" + std::to_string(serial.value_or(0)) + ".test",
          .outcome = outcome,
          .vote = VoteFor(outcome),
          .values = std::move(values),
          .soa_serial = serial};
}

TEST(IsOlderSerialTest, WrapsAround) {
  EXPECT_TRUE(IsOlderSerial(1, 2));
  EXPECT_FALSE(IsOlderSerial(2, 1));
  EXPECT_FALSE(IsOlderSerial(7, 7));
  EXPECT_TRUE(IsOlderSerial(0xffff'ffffU, 0));
  EXPECT_TRUE(IsOlderSerial(0xffff'fff0U, 0x7fff'ffefU));
  EXPECT_FALSE(IsOlderSerial(0, 0xffff'ffffU));
  // 2^31 apart: neither (RFC 1982, 3.2).
  EXPECT_FALSE(IsOlderSerial(0, 0x8000'0000U));
  EXPECT_FALSE(IsOlderSerial(0x8000'0000U, 0));
}

TEST(SerialsWouldTellTest, OnlyWhereSomeSayNoAndOthersDiffer) {
  const Observation yes = Says(Outcome::kMatch, std::nullopt, {"token"});
  const Observation no = Says(Outcome::kNoData, std::nullopt);
  const Observation wrong = Says(Outcome::kMismatch, std::nullopt, {"x"});
  const Observation silent = Says(Outcome::kTimeout, std::nullopt);
  EXPECT_TRUE(SerialsWouldTell({yes, no}));
  EXPECT_TRUE(SerialsWouldTell({wrong, no}));
  EXPECT_FALSE(SerialsWouldTell({yes, yes, silent}));
  EXPECT_FALSE(SerialsWouldTell({no, no, silent}));
  EXPECT_FALSE(SerialsWouldTell({silent}));
}

TEST(CompareSerialsTest, AServerWithAnOlderZoneThanOneThatAgreesIsStale) {
  std::vector<Observation> servers = {Says(Outcome::kMatch, 8, {"token"}),
                                      Says(Outcome::kNoSuchName, 7),
                                      Says(Outcome::kMismatch, 6, {"old"})};
  CompareSerials(servers);
  EXPECT_EQ(servers[0].outcome, Outcome::kMatch);
  for (const int i : {1, 2}) {
    EXPECT_EQ(servers[i].outcome, Outcome::kStale);
    EXPECT_EQ(servers[i].vote, Vote::kDisagree);
    EXPECT_THAT(servers[i].clues, IsEmpty());
  }
  EXPECT_THAT(servers[1].note, HasSubstr("version 7 of the zone, ns8.test has 8"));
}

TEST(CompareSerialsTest, ANewerServerThatSaysNoIsNotStale) {
  std::vector<Observation> servers = {Says(Outcome::kMatch, 7, {"token"}),
                                      Says(Outcome::kNoSuchName, 8)};
  CompareSerials(servers);
  EXPECT_EQ(servers[1].outcome, Outcome::kNoSuchName);
  EXPECT_THAT(servers[1].clues, IsEmpty());
}

TEST(CompareSerialsTest, TheSameZoneWithOtherAnswersIsASplitView) {
  std::vector<Observation> servers = {Says(Outcome::kMatch, 7, {"token"}),
                                      Says(Outcome::kNoSuchName, 7)};
  CompareSerials(servers);
  EXPECT_EQ(servers[1].outcome, Outcome::kNoSuchName);
  EXPECT_THAT(servers[1].clues, ElementsAre(Clue::kSplitView));
  EXPECT_THAT(servers[0].clues, IsEmpty());
  std::vector<Observation> both = {Says(Outcome::kMismatch, 7, {"a"}),
                                   Says(Outcome::kMismatch, 7, {"b"})};
  CompareSerials(both);
  for (const Observation& each : both) EXPECT_THAT(each.clues, ElementsAre(Clue::kSplitView));
}

TEST(CompareSerialsTest, ValuesInAnotherOrderAreTheSameAnswer) {
  std::vector<Observation> servers = {Says(Outcome::kMismatch, 7, {"a", "b"}),
                                      Says(Outcome::kMismatch, 7, {"b", "a"})};
  CompareSerials(servers);
  EXPECT_THAT(servers[0].clues, IsEmpty());
}

TEST(CompareSerialsTest, WithoutASerialNothingIsSaid) {
  std::vector<Observation> servers = {Says(Outcome::kMatch, 7, {"token"}),
                                      Says(Outcome::kNoSuchName, std::nullopt),
                                      Says(Outcome::kTimeout, std::nullopt)};
  const std::vector<Observation> before = servers;
  CompareSerials(servers);
  EXPECT_EQ(servers, before);
}

}  // namespace
}  // namespace probe
