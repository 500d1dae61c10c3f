#include "probe/check/second_look.h"

#include "probe/check/testing/shop_test.h"

namespace probe {
namespace {

using namespace ::probe::testing;  // NOLINT: the DNS of these tests
using observation::Clue;
using observation::Observation;
using observation::Outcome;
using observation::RecordType;
using observation::Vote;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class SecondLookTest : public ShopTest {};

TEST_F(SecondLookTest, ASecondaryWithAnOlderZoneIsStale) {
  First().records.push_back(kToken);
  First().serial = 6;
  const std::vector<Observation> seen = ObserveToken(kTokenName);
  EXPECT_THAT(Outcomes(seen), ElementsAre(Outcome::kMatch, Outcome::kStale));
  EXPECT_EQ(seen[0].soa_serial, 6U);
  EXPECT_EQ(seen[1].soa_serial, 5U);
  EXPECT_EQ(seen[1].vote, Vote::kDisagree);
  EXPECT_THAT(seen[1].note, HasSubstr("version 5 of the zone, ns1.shop.test has 6"));
  // The answer itself is still kept for as long as it said.
  EXPECT_EQ(seen[1].cache_expire_time, seen[1].observe_time + absl::Seconds(60));
}

TEST_F(SecondLookTest, ASecondaryWithAnOldValueIsStaleToo) {
  First().records.push_back(kToken);
  First().serial = 6;
  Second().records.push_back(Text(kTokenName, "another"));
  EXPECT_THAT(Outcomes(ObserveToken(kTokenName)), ElementsAre(Outcome::kMatch, Outcome::kStale));
}

TEST_F(SecondLookTest, ServersWithTheSameZoneThatDifferAreASplitView) {
  First().records.push_back(kToken);
  const std::vector<Observation> seen = ObserveToken(kTokenName);
  EXPECT_THAT(Outcomes(seen), ElementsAre(Outcome::kMatch, Outcome::kNoSuchName));
  EXPECT_THAT(seen[1].clues, ElementsAre(Clue::kSplitView));
}

TEST_F(SecondLookTest, ServersThatAgreeAreNotAskedForTheirSerials) {
  AddToBoth(kToken);
  EXPECT_THAT(Outcomes(ObserveToken(kTokenName)), Each(Outcome::kMatch));
  EXPECT_EQ(dns_.CountAsked("shop.test 6"), 0);
}

TEST_F(SecondLookTest, ACnameThatOneServerLacksIsStaleAsWell) {
  First().records.push_back(Alias(kTokenName, "x.other.test"));
  First().serial = 6;
  Other().records.push_back(Text("x.other.test", "token-expected"));
  EXPECT_THAT(Outcomes(ObserveToken(kTokenName)),
              ElementsAre(Outcome::kMatch, Outcome::kStale, Outcome::kMatch));
}

TEST_F(SecondLookTest, TellsAWildcardFromARecord) {
  AddToBoth(Text("*.shop.test", "v=spf1 -all"));
  const std::vector<Observation> seen = ObserveToken(kTokenName);
  EXPECT_THAT(Outcomes(seen), Each(Outcome::kWildcardSynthesis));
  EXPECT_THAT(Votes(seen), Each(Vote::kDisagree));
  EXPECT_THAT(seen[0].note, HasSubstr("a wildcard made this answer"));
  EXPECT_THAT(seen[0].values, ElementsAre("v=spf1 -all"));
}

TEST_F(SecondLookTest, AWrongRecordBesideAWildcardIsAWrongRecord) {
  AddToBoth(Text("*.shop.test", "v=spf1 -all"));
  AddToBoth(Text(kTokenName, "another"));
  EXPECT_THAT(Outcomes(ObserveToken(kTokenName)), Each(Outcome::kMismatch));
}

TEST_F(SecondLookTest, AnExpectedValueStaysAMatchThoughAWildcardMadeIt) {
  AddToBoth(Text("*.shop.test", "token-expected"));
  EXPECT_THAT(Outcomes(ObserveToken(kTokenName)), Each(Outcome::kMatch));
}

TEST_F(SecondLookTest, AsksEveryTimeForAnotherSibling) {
  AddToBoth(Text("*.shop.test", "v=spf1 -all"));
  ObserveToken(kTokenName);
  const std::string last = dns_.asked().back();
  ObserveToken(kTokenName);
  EXPECT_NE(dns_.asked().back(), last);
}

TEST_F(SecondLookTest, NamesTheWildcardCnameThatLedElsewhere) {
  AddToBoth(Alias("*.shop.test", "parking.other.test"));
  const std::vector<Observation> seen = ObserveToken(kTokenName);
  EXPECT_THAT(Outcomes(seen), ElementsAre(Outcome::kWildcardSynthesis));
  EXPECT_THAT(seen[0].note, HasSubstr("a wildcard made the CNAME at _token.shop.test"));
  EXPECT_THAT(seen[0].cname_chain, ElementsAre("parking.other.test"));
  EXPECT_EQ(seen[0].zone, "other.test");
  EXPECT_EQ(seen[0].asked_zone, "shop.test");
}

TEST_F(SecondLookTest, AWildcardCnameThatLeadsToAnotherWildcardIsNamed) {
  AddToBoth(Alias("*.shop.test", "parking.other.test"));
  Other().records.push_back(Text("*.other.test", "v=spf1 -all"));
  const std::vector<Observation> seen = ObserveToken(kTokenName);
  EXPECT_THAT(Outcomes(seen), ElementsAre(Outcome::kWildcardSynthesis));
  EXPECT_THAT(seen[0].note, HasSubstr("a wildcard made the CNAME at _token.shop.test"));
}

// What is to be removed there is the CNAME.
TEST_F(SecondLookTest, ACnameOfItsOwnThatLeadsToAWildcardIsNoWildcard) {
  AddToBoth(Alias(kTokenName, "x.other.test"));
  Other().records.push_back(Text("*.other.test", "v=spf1 -all"));
  const std::vector<Observation> seen = ObserveToken(kTokenName);
  EXPECT_THAT(Outcomes(seen), ElementsAre(Outcome::kMismatch));
  EXPECT_THAT(seen[0].note, HasSubstr("a wildcard made this answer"));
  EXPECT_EQ(seen[0].asked_zone, "shop.test");
}

TEST_F(SecondLookTest, ACnameOfItsOwnThatLeadsToAWildcardCnameIsNoWildcard) {
  AddToBoth(Alias(kTokenName, "x.other.test"));
  Other().records.push_back(Alias("*.other.test", "none.shop.test"));
  const std::vector<Observation> seen = ObserveToken(kTokenName);
  EXPECT_THAT(Outcomes(seen), Each(Outcome::kNoSuchName));
  EXPECT_THAT(seen[0].note, HasSubstr("a wildcard made the CNAME at x.other.test"));
}

TEST_F(SecondLookTest, ACnameOfItsOwnThatLeadsNowhereIsNoWildcard) {
  AddToBoth(Alias("*.shop.test", "parking.other.test"));
  AddToBoth(Alias(kTokenName, "x.other.test"));
  EXPECT_THAT(Outcomes(ObserveToken(kTokenName)), ElementsAre(Outcome::kNoSuchName));
}

TEST_F(SecondLookTest, AWildcardCnameIsNotTheExpectedOne) {
  AddToBoth(Alias("*.shop.test", "parking.other.test"));
  EXPECT_THAT(
      Outcomes(Observe(
          {.name = kTokenName, .type = RecordType::kCname, .expected_values = {"x.other.test"}})),
      Each(Outcome::kWildcardSynthesis));
}

TEST_F(SecondLookTest, TheApexHasNoSibling) {
  AddToBoth(Text("shop.test", "v=spf1 -all"));
  AddToBoth(Text("*.test", "v=spf1 -all"));
  EXPECT_THAT(Outcomes(ObserveToken("shop.test")), Each(Outcome::kMismatch));
}

TEST_F(SecondLookTest, FindsTheRecordToWhichTheZoneWasAppended) {
  AddToBoth(Text("_token.shop.test.shop.test", "token-expected"));
  const std::vector<Observation> seen = ObserveToken(kTokenName);
  EXPECT_THAT(Votes(seen), Each(Vote::kDisagree));
  EXPECT_THAT(seen[0].clues, ElementsAre(Clue::kZoneAppended));
  EXPECT_THAT(seen[0].note, HasSubstr("at _token.shop.test.shop.test instead"));
  EXPECT_EQ(dns_.CountAsked("_token.shop.test.shop.test"), 1);
}

TEST_F(SecondLookTest, FindsTheRecordWhoseFirstLabelWasLeftOut) {
  AddToBoth(Text("shop.test", "token-expected"));
  const std::vector<Observation> seen = ObserveToken(kTokenName);
  EXPECT_THAT(Votes(seen), Each(Vote::kDisagree));
  EXPECT_THAT(seen[0].clues, ElementsAre(Clue::kAtParentName));
  EXPECT_THAT(seen[0].note, HasSubstr("at shop.test instead"));
}

TEST_F(SecondLookTest, AnotherValueThereIsNoClue) {
  AddToBoth(Text("_token.shop.test.shop.test", "another"));
  for (const Observation& each : ObserveToken(kTokenName)) EXPECT_THAT(each.clues, IsEmpty());
}

TEST_F(SecondLookTest, DoesNotLookThereWhereSomeServerHasARecord) {
  First().records.push_back(kToken);
  ObserveToken(kTokenName);
  EXPECT_EQ(dns_.CountAsked("_token.shop.test.shop.test"), 0);
}

TEST_F(SecondLookTest, APlainLookComparesServersOnly) {
  AddToBoth(Text("*.other.shop.test", "x"));
  First().records.push_back(kToken);
  First().serial = 6;
  EXPECT_THAT(Outcomes(Observe({.name = kTokenName})),
              ElementsAre(Outcome::kMatch, Outcome::kStale));
  EXPECT_THAT(Outcomes(Observe({.name = "none.shop.test"})), Each(Outcome::kNoSuchName));
  EXPECT_EQ(dns_.CountAsked("shop.test.shop.test"), 0);
}

TEST_F(SecondLookTest, ReportsTheFirstLookWhenTimeIsOver) {
  First().records.push_back(kToken);
  First().serial = 6;
  dns_.Script(kFirst, [this](const Question& question) -> std::optional<Message> {
    if (question.type == RrType::kSoa) return std::nullopt;
    return AnswerFrom(dns_.At(kFirst), question);
  });
  const std::vector<Observation> seen = Observe(
      {.name = kTokenName, .expected_values = {"token-expected"}, .timeout = absl::Seconds(1)});
  EXPECT_THAT(Outcomes(seen), ElementsAre(Outcome::kMatch, Outcome::kNoSuchName));
}

}  // namespace
}  // namespace probe
