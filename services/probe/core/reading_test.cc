#include "probe/core/reading.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>

#include "probe/core/hop.h"
#include "probe/core/testing/messages.h"

namespace probe {
namespace {

using namespace ::probe::testing;  // NOLINT: the records of these tests
using observation::Clue;
using observation::Outcome;
using observation::RecordType;
using observation::Vote;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const Question kTxt{Name("a.test"), RrType::kTxt};
const Question kCname{Name("a.test"), RrType::kCname};
const Expectation kToken{.type = RecordType::kTxt, .values = {"token"}};
const Expectation kTarget{.type = RecordType::kCname, .values = {"Target.example"}};

Reading ReadTxt(const Message& message) {
  return ReadAuthoritative(message, kTxt, Name("test"), kToken);
}

struct Case {
  const char* name;
  Message message;
  Outcome outcome;
  Vote vote;
};

void PrintTo(const Case& the_case, std::ostream* out) { *out << the_case.name; }

class AuthoritativeAnswerTest : public ::testing::TestWithParam<Case> {};

TEST_P(AuthoritativeAnswerTest, IsReadAsWhatItSays) {
  const Reading reading = ReadTxt(GetParam().message);
  EXPECT_EQ(reading.observation.outcome, GetParam().outcome);
  EXPECT_EQ(reading.observation.vote, GetParam().vote);
  EXPECT_EQ(reading.observation.owner, "a.test");
}

Message WithRcode(int rcode) { return {.rcode = rcode}; }

INSTANTIATE_TEST_SUITE_P(
    All, AuthoritativeAnswerTest,
    ::testing::Values(
        Case{"TheValueBesideOthers",
             Authoritative({Text("a.test", "old"), Text("a.test", "token")}), Outcome::kMatch,
             Vote::kAgree},
        Case{"AnotherValue", Authoritative({Text("a.test", "token2")}), Outcome::kMismatch,
             Vote::kDisagree},
        Case{"TheValueAtAnotherName", Authoritative({Text("b.test", "token")}), Outcome::kNoData,
             Vote::kDisagree},
        Case{"NoData", Authoritative({}, {Soa("test", 60, 5)}), Outcome::kNoData, Vote::kDisagree},
        Case{"NoSuchName", Authoritative({}, {Soa("test", 60, 5)}, kRcodeNameError),
             Outcome::kNoSuchName, Vote::kDisagree},
        Case{"Alias", Authoritative({Alias("a.test", "b.test"), Text("b.test", "token")}),
             Outcome::kCnameInTheWay, Vote::kDisagree},
        Case{"NotAuthoritative",
             {.answers = {Text("a.test", "token")}},
             Outcome::kLame,
             Vote::kCouldNotTell},
        Case{"AuthoritativeForTheZoneAbove", Authoritative({}, {Soa(".", 60, 5)}, kRcodeNameError),
             Outcome::kLame, Vote::kCouldNotTell},
        Case{"UpwardReferral", Delegation({NsRecord(".", "root.test")}), Outcome::kLame,
             Vote::kCouldNotTell},
        Case{"Refused", WithRcode(kRcodeRefused), Outcome::kRefused, Vote::kCouldNotTell},
        Case{"Servfail", WithRcode(kRcodeServerFailure), Outcome::kServfail, Vote::kCouldNotTell},
        Case{"NotAuth", WithRcode(kRcodeNotAuthoritative), Outcome::kLame, Vote::kCouldNotTell},
        Case{"NotImplemented", WithRcode(kRcodeNotImplemented), Outcome::kServfail,
             Vote::kCouldNotTell},
        Case{"Truncated",
             {.authoritative = true, .truncated = true},
             Outcome::kTruncated,
             Vote::kCouldNotTell}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(ReadAuthoritativeTest, NeedsEveryExpectedValue) {
  const Expectation both{.type = RecordType::kTxt, .values = {"one", "two"}};
  const auto read = [&both](std::vector<Record> records) {
    return ReadAuthoritative(Authoritative(std::move(records)), kTxt, Name("test"), both)
        .observation.outcome;
  };
  EXPECT_EQ(read({Text("a.test", "one")}), Outcome::kMismatch);
  EXPECT_EQ(read({Text("a.test", "two"), Text("a.test", "one")}), Outcome::kMatch);
}

TEST(ReadAuthoritativeTest, PlainLookAgreesWithAnyRecord) {
  const Reading reading = ReadAuthoritative(Authoritative({Text("a.test", "x")}), kTxt,
                                            Name("test"), {.type = RecordType::kTxt});
  EXPECT_EQ(reading.observation.vote, Vote::kAgree);
}

TEST(ReadAuthoritativeTest, ComparesCnameTargetsWithoutCase) {
  const Reading match = ReadAuthoritative(Authoritative({Alias("a.test", "target.example")}),
                                          kCname, Name("test"), kTarget);
  EXPECT_EQ(match.observation.outcome, Outcome::kMatch);
  EXPECT_FALSE(match.alias.has_value());
  const Reading other = ReadAuthoritative(Authoritative({Alias("a.test", "other.example")}), kCname,
                                          Name("test"), kTarget);
  EXPECT_EQ(other.observation.outcome, Outcome::kMismatch);
  EXPECT_THAT(other.observation.values, ElementsAre("other.example"));
}

TEST(ReadAuthoritativeTest, SaysThatTheZoneWasAppendedToATarget) {
  const auto note = [](const std::string& target) {
    return ReadAuthoritative(Authoritative({Alias("a.test", target)}), kCname, Name("test"),
                             kTarget)
        .observation.note;
  };
  EXPECT_EQ(note("target.example.test"), "the DNS host appended \"test\" to the CNAME's target");
  EXPECT_EQ(note("target.example.other"), "");
}

TEST(ReadAuthoritativeTest, SaysThatANoLacksItsSoa) {
  EXPECT_THAT(ReadTxt(Authoritative({})).observation.note, ::testing::HasSubstr("lacks"));
  EXPECT_EQ(ReadTxt(Authoritative({}, {Soa("test", 60, 5)})).observation.note, "");
}

TEST(ReadAuthoritativeTest, NegativeAnswerMayBeCachedForTheSmallerOfTtlAndMinimum) {
  const Reading reading = ReadTxt(Authoritative({}, {Soa("test", 30, 300, 42)}));
  EXPECT_EQ(reading.observation.ttl, absl::Seconds(30));
  EXPECT_EQ(reading.observation.negative_ttl, absl::Seconds(30));
  EXPECT_EQ(reading.observation.soa_serial, 42);
}

TEST(ReadAuthoritativeTest, BoundsWhatItSaysOfALameServer) {
  std::string owner;  // 250 octets, which take four times as much to show
  for (int label = 0; label < 5; ++label) {
    for (int octet = 0; octet < 49; ++octet) owner += "\\001";
    owner += '.';
  }
  const Reading reading = ReadTxt(Delegation({NsRecord(owner, "ns.test")}));
  EXPECT_EQ(reading.observation.outcome, Outcome::kLame);
  EXPECT_EQ(reading.observation.note.size(), 512U);
}

TEST(ReadAuthoritativeTest, ShowsEscapedAndBoundedValuesButMatchesWholeOnes) {
  const std::string longest(600, 'x');
  const Expectation expectation{.type = RecordType::kTxt, .values = {longest}};
  const Reading reading =
      ReadAuthoritative(Authoritative({Text("a.test", longest), Text("a.test", "a\"\x01")}), kTxt,
                        Name("test"), expectation);
  EXPECT_EQ(reading.observation.outcome, Outcome::kMatch);
  EXPECT_THAT(reading.observation.values, ElementsAre(std::string(512, 'x'), "a\\\"\\001"));
}

TEST(ReadAuthoritativeTest, SaysWhyAValueIsNotTheExpectedOne) {
  const Expectation expectation{.values = {"long-enough-token"}};
  const auto clues = [&](std::vector<Record> records) {
    return ReadAuthoritative(Authoritative(std::move(records)), kTxt, Name("test"), expectation)
        .observation.clues;
  };
  EXPECT_THAT(clues({Text("a.test", "\"long-enough-token\""), Text("a.test", "LONG-enough-token")}),
              ElementsAre(Clue::kValueQuoted, Clue::kValueCase));
  EXPECT_THAT(clues({Text("a.test", "enough-token"), Text("a.test", "long-enough-token")}),
              ElementsAre(Clue::kOtherValues));
  EXPECT_THAT(clues({Text("a.test", "long-enough-token")}), IsEmpty());
  EXPECT_THAT(clues({Text("a.test", "unlike it")}), IsEmpty());
}

TEST(ReadAuthoritativeTest, OneMissingOfTwoValuesMakesTheOtherNoClue) {
  const Expectation both{.values = {"token-one", "TOKEN-ONE"}};
  const Reading reading =
      ReadAuthoritative(Authoritative({Text("a.test", "token-one")}), kTxt, Name("test"), both);
  EXPECT_EQ(reading.observation.outcome, Outcome::kMismatch);
  EXPECT_THAT(reading.observation.clues, IsEmpty());
}

TEST(ReadAuthoritativeTest, ACaaSetIsJudgedAndItsLackForbidsNothing) {
  const Question question{Name("a.test"), RrType::kCaa};
  const Expectation expectation{.type = RecordType::kCaa,
                                .caa = CaaExpectation{.issuer_domains = {"ca.example"}}};
  const auto read = [&](const Message& message) {
    return ReadAuthoritative(message, question, Name("test"), expectation).observation;
  };
  EXPECT_EQ(read(Authoritative({Caa("a.test", 0, "issue", "ca.example")})).outcome,
            Outcome::kMatch);
  const observation::Observation other =
      read(Authoritative({Caa("a.test", 128, "issue", "other.example")}));
  EXPECT_EQ(other.vote, Vote::kDisagree);
  EXPECT_THAT(other.values, ElementsAre("128 issue \"other.example\""));
  EXPECT_EQ(other.note, "issue \"other.example\" names another CA");
  const observation::Observation none = read(Authoritative({}, {Soa("test", 60, 5)}));
  EXPECT_EQ(none.outcome, Outcome::kNoData);
  EXPECT_EQ(none.vote, Vote::kAgree);
  EXPECT_EQ(read({.rcode = kRcodeServerFailure}).vote, Vote::kCouldNotTell);
}

TEST(ReadRecursiveTest, FollowsTheChainInTheAnswer) {
  const Message message = {.recursion_available = true,
                           .authenticated_data = true,
                           .answers = {Alias("a.test", "b.test", 20), Alias("b.test", "c.test", 5),
                                       Text("c.test", "token", 60)}};
  const Reading reading = ReadRecursive(message, kTxt, kToken);
  EXPECT_EQ(reading.observation.outcome, Outcome::kMatch);
  EXPECT_EQ(reading.observation.owner, "c.test");
  EXPECT_THAT(reading.observation.cname_chain, ElementsAre("b.test", "c.test"));
  EXPECT_EQ(reading.observation.ttl, absl::Seconds(5));
  EXPECT_TRUE(reading.observation.authenticated_data);
}

TEST(ReadRecursiveTest, NamesLoops) {
  const Message message = {.recursion_available = true,
                           .answers = {Alias("a.test", "b.test"), Alias("b.test", "a.test")}};
  EXPECT_EQ(ReadRecursive(message, kTxt, kToken).observation.outcome, Outcome::kCnameLoop);
}

TEST(ReadRecursiveTest, ServfailIsANoOnlyWhenDnssecIsTheReason) {
  Message message = WithRcode(kRcodeServerFailure);
  EXPECT_EQ(ReadRecursive(message, kTxt, kToken).observation.vote, Vote::kCouldNotTell);
  message.extended_error = 22;  // no reachable authority
  EXPECT_EQ(ReadRecursive(message, kTxt, kToken).observation.vote, Vote::kCouldNotTell);
  message.extended_error = 6;
  EXPECT_EQ(ReadRecursive(message, kTxt, kToken).observation.outcome, Outcome::kBogus);
  EXPECT_EQ(ReadRecursive(message, kTxt, kToken).observation.vote, Vote::kDisagree);
}

std::vector<DnsName> Visited() { return {Name("a.test")}; }

TEST(JudgeHopTest, FollowsACnameThatAllHaveAndReportsNothingYet) {
  const Reading alias = ReadTxt(Authoritative({Alias("a.test", "b.test")}));
  const HopVerdict verdict = JudgeHop({alias, alias}, Visited());
  EXPECT_EQ(verdict.follow, Name("b.test"));
  EXPECT_THAT(verdict.observations, IsEmpty());
}

TEST(JudgeHopTest, FollowsACnameAndReportsWhoDoesNotHaveIt) {
  const Reading alias = ReadTxt(Authoritative({Alias("a.test", "b.test")}));
  const Reading missing = ReadTxt(Authoritative({}, {Soa("test", 60, 5)}, kRcodeNameError));
  const HopVerdict verdict = JudgeHop({alias, missing}, Visited());
  EXPECT_EQ(verdict.follow, Name("b.test"));
  ASSERT_EQ(verdict.observations.size(), 2);
  EXPECT_EQ(verdict.observations[0].vote, Vote::kAgree);
  EXPECT_EQ(verdict.observations[1].vote, Vote::kDisagree);
}

TEST(JudgeHopTest, ContradictingServersAreNotFollowed) {
  const Reading one = ReadTxt(Authoritative({Alias("a.test", "b.test")}));
  const Reading other = ReadTxt(Authoritative({Alias("a.test", "c.test")}));
  const Reading match = ReadTxt(Authoritative({Text("a.test", "token")}));
  for (const Reading& sibling : {other, match}) {
    const HopVerdict verdict = JudgeHop({one, sibling}, Visited());
    EXPECT_FALSE(verdict.follow.has_value());
    EXPECT_EQ(verdict.observations[0].outcome, Outcome::kCnameInTheWay);
  }
}

TEST(JudgeHopTest, NamesLoopsAndEndlessChains) {
  const Reading back = ReadTxt(Authoritative({Alias("a.test", "z.test")}));
  EXPECT_EQ(JudgeHop({back}, {Name("z.test"), Name("a.test")}).observations[0].outcome,
            Outcome::kCnameLoop);
  const std::vector<DnsName> many(kMaxAliases + 1, Name("a.test"));
  EXPECT_EQ(JudgeHop({back}, many).observations[0].outcome, Outcome::kCnameLoop);
}

}  // namespace
}  // namespace probe
