#include "probe/check/climb.h"

#include "probe/check/testing/shop_test.h"

namespace probe {
namespace {

using namespace ::probe::testing;  // NOLINT: the DNS of these tests
using observation::Clue;
using observation::Observation;
using observation::Outcome;
using observation::RecordType;
using observation::Vote;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class CaaClimbTest : public ShopTest {
 protected:
  std::vector<Observation> ObserveCaa(const std::string& name, bool wildcard = false) {
    return Observe({.name = name,
                    .type = RecordType::kCaa,
                    .caa = CaaExpectation{.issuer_domains = {"ca.example"},
                                          .validation_method = "dns-01",
                                          .wildcard = wildcard}});
  }
  int CountAsked(const std::string& name) const { return dns_.CountAsked(" " + name + " 257"); }
};

TEST_F(CaaClimbTest, NoRecordAnywhereForbidsNothing) {
  const std::vector<Observation> seen = ObserveCaa("www.shop.test");
  EXPECT_THAT(Votes(seen), ElementsAre(Vote::kAgree, Vote::kAgree));
  EXPECT_THAT(Outcomes(seen), Each(Outcome::kNoSuchName));
  EXPECT_EQ(seen[0].owner, "www.shop.test");
  EXPECT_THAT(seen[0].note, HasSubstr("any CA may issue"));
  // Every server of every name, and the root of none.
  EXPECT_EQ(CountAsked("www.shop.test"), 2);
  EXPECT_EQ(CountAsked("shop.test"), 2);
  EXPECT_EQ(CountAsked("test"), 1);
  EXPECT_EQ(CountAsked("."), 0);
}

TEST_F(CaaClimbTest, StopsAtTheFirstNameThatHasRecords) {
  AddToBoth(Caa("shop.test", 0, "issue", "ca.example"));
  Test().records.push_back(Caa("test", 0, "issue", ";"));
  const std::vector<Observation> seen = ObserveCaa("a.www.shop.test");
  ASSERT_THAT(seen, SizeIs(4));  // the name itself, and where the records are
  EXPECT_THAT(Votes(seen), Each(Vote::kAgree));
  EXPECT_EQ(seen[2].owner, "shop.test");
  EXPECT_EQ(seen[2].outcome, Outcome::kMatch);
  EXPECT_THAT(seen[2].values, ElementsAre("0 issue \"ca.example\""));
  EXPECT_EQ(CountAsked("test"), 0);
}

// The servers that the zone has left agree with each other, and lead the climb past it.
TEST_F(CaaClimbTest, LearnsEveryZoneOnTheWayAgainBeforeItSaysNo) {
  EXPECT_THAT(Votes(ObserveCaa("www.shop.test")), Each(Vote::kAgree));
  MoveShop({Caa("shop.test", 0, "issue", "ca.example")});
  Test().records.push_back(Caa("test", 0, "issue", ";"));
  const std::vector<Observation> seen = ObserveCaa("www.shop.test");
  EXPECT_THAT(Votes(seen), Each(Vote::kAgree));
  EXPECT_EQ(seen.back().owner, "shop.test");
  EXPECT_EQ(seen.back().address, kNew);
}

TEST_F(CaaClimbTest, LooksOnlyOnceMoreBeforeItSaysNo) {
  EXPECT_THAT(Votes(ObserveCaa("www.shop.test")), Each(Vote::kAgree));
  Test().records.push_back(Caa("test", 0, "issue", ";"));
  const int before = CountAsked("www.shop.test");
  EXPECT_THAT(Outcomes(ObserveCaa("www.shop.test")), Contains(Outcome::kMismatch));
  EXPECT_LE(CountAsked("www.shop.test") - before, 4);
}

TEST_F(CaaClimbTest, TheClosestRecordsCountEvenIfThoseAboveForbid) {
  AddToBoth(Caa("www.shop.test", 0, "issue", "ca.example"));
  AddToBoth(Caa("shop.test", 0, "issue", ";"));
  EXPECT_THAT(Outcomes(ObserveCaa("www.shop.test")), Each(Outcome::kMatch));
  EXPECT_THAT(Outcomes(ObserveCaa("shop.test")), Each(Outcome::kMismatch));
}

TEST_F(CaaClimbTest, RecordsOfTheTopLevelDomainForbidToo) {
  Test().records.push_back(Caa("test", 0, "issue", "other.example"));
  const std::vector<Observation> seen = ObserveCaa("www.shop.test");
  ASSERT_THAT(seen, SizeIs(3));
  EXPECT_EQ(seen[2].owner, "test");
  EXPECT_EQ(seen[2].vote, Vote::kDisagree);
  EXPECT_EQ(seen[2].note, "issue \"other.example\" names another CA");
}

TEST_F(CaaClimbTest, AWildcardIsLookedUpAtItsDomain) {
  AddToBoth(Caa("shop.test", 0, "issue", "ca.example"));
  AddToBoth(Caa("shop.test", 0, "issuewild", ";"));
  EXPECT_THAT(Outcomes(ObserveCaa("*.shop.test", true)), Each(Outcome::kMismatch));
  EXPECT_THAT(Outcomes(ObserveCaa("shop.test", false)), Each(Outcome::kMatch));
  EXPECT_EQ(CountAsked("*.shop.test"), 0);
}

TEST_F(CaaClimbTest, FollowsACnameAndClimbsFromTheNameItselfNotFromTheTarget) {
  AddToBoth(Alias("www.shop.test", "x.y.other.test"));
  Other().records.push_back(Caa("y.other.test", 0, "issue", ";"));
  EXPECT_THAT(Votes(ObserveCaa("www.shop.test")), Each(Vote::kAgree));
  EXPECT_EQ(CountAsked("y.other.test"), 0);

  Other().records.push_back(Caa("x.y.other.test", 0, "issue", ";"));
  const std::vector<Observation> seen = ObserveCaa("www.shop.test");
  EXPECT_THAT(Outcomes(seen), ElementsAre(Outcome::kMismatch));
  EXPECT_EQ(seen[0].owner, "x.y.other.test");
  EXPECT_THAT(seen[0].cname_chain, ElementsAre("x.y.other.test"));
}

TEST_F(CaaClimbTest, FollowsADnameAtANameAbove) {
  AddToBoth(Dname("moved.shop.test", "other.test"));
  Other().records.push_back(Caa("www.other.test", 0, "issue", ";"));
  EXPECT_THAT(Outcomes(ObserveCaa("a.www.moved.shop.test")),
              ElementsAre(Outcome::kNoSuchName, Outcome::kMismatch));
}

TEST_F(CaaClimbTest, ServersThatContradictEachOtherAllCount) {
  First().records.push_back(Caa("www.shop.test", 0, "issue", "ca.example"));
  AddToBoth(Caa("shop.test", 0, "issue", ";"));
  // A CA that meets the second server climbs on, and may not issue.
  const std::vector<Observation> seen = ObserveCaa("www.shop.test");
  EXPECT_THAT(Outcomes(seen), ElementsAre(Outcome::kMatch, Outcome::kNoSuchName, Outcome::kMismatch,
                                          Outcome::kMismatch));
}

TEST_F(CaaClimbTest, AStaleServerThatForbidsIsNamed) {
  AddToBoth(Caa("shop.test", 0, "issue", "ca.example"));
  Second().records.back() = Caa("shop.test", 0, "issue", ";");
  First().serial = 6;
  EXPECT_THAT(Outcomes(ObserveCaa("shop.test")), ElementsAre(Outcome::kMatch, Outcome::kStale));
}

TEST_F(CaaClimbTest, AServerThatFailsAtANameAboveCouldNotTell) {
  dns_.Script(kSecond, [this](const Question& question) -> std::optional<Message> {
    if (question.type == RrType::kCaa && question.name == Name("shop.test")) {
      return Message{.rcode = kRcodeServerFailure};
    }
    return AnswerFrom(dns_.At(kSecond), question);
  });
  const std::vector<Observation> seen = ObserveCaa("www.shop.test");
  EXPECT_THAT(Votes(seen),
              ElementsAre(Vote::kAgree, Vote::kAgree, Vote::kAgree, Vote::kCouldNotTell));
  EXPECT_EQ(seen[3].outcome, Outcome::kServfail);
}

TEST_F(CaaClimbTest, WhereNobodyAnswersTheClimbEnds) {
  dns_.Script(kFirst, [this](const Question& question) -> std::optional<Message> {
    if (question.type == RrType::kCaa) return std::nullopt;
    return AnswerFrom(dns_.At(kFirst), question);
  });
  dns_.Script(kSecond, [this](const Question& question) -> std::optional<Message> {
    if (question.type == RrType::kCaa) return std::nullopt;
    return AnswerFrom(dns_.At(kSecond), question);
  });
  EXPECT_THAT(Outcomes(ObserveCaa("www.shop.test")), Each(Outcome::kTimeout));
  EXPECT_EQ(CountAsked("shop.test"), 0);
}

TEST_F(CaaClimbTest, WhatIsToldOfANameBelowDoesNotVouchForOneThatNobodyTellsOf) {
  for (const char* server : {kFirst, kSecond}) {
    dns_.Script(server, [this, server](const Question& question) -> std::optional<Message> {
      if (question == Question{Name("shop.test"), RrType::kCaa}) return std::nullopt;
      return AnswerFrom(dns_.At(server), question);
    });
  }
  EXPECT_THAT(Outcomes(ObserveCaa("www.shop.test")),
              ElementsAre(Outcome::kTimeout, Outcome::kTimeout));
}

TEST_F(CaaClimbTest, WithoutAnExpectationItIsAPlainLook) {
  AddToBoth(Caa("shop.test", 0, "issue", ";"));
  EXPECT_THAT(Outcomes(Observe({.name = "shop.test", .type = RecordType::kCaa})),
              Each(Outcome::kMatch));
  EXPECT_THAT(Votes(Observe({.name = "www.shop.test", .type = RecordType::kCaa})),
              Each(Vote::kDisagree));
  EXPECT_EQ(CountAsked("test"), 0);
}

TEST_F(CaaClimbTest, ADeepNameEndsWithinTheBoundOfQuestions) {
  std::string name = "shop.test";
  for (int i = 0; i < 100; ++i) name = "a." + name;
  EXPECT_THAT(Votes(ObserveCaa(name)), Each(Vote::kAgree));
  EXPECT_LE(static_cast<int>(dns_.asked().size()), kMaxQuestionsPerCheck);
}

}  // namespace
}  // namespace probe
