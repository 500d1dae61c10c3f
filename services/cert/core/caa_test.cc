#include "cert/core/caa.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cert {
namespace {

using ::observation::Observation;
using ::observation::Outcome;
using ::observation::ServerRole;
using ::observation::Vote;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const AgreementPolicy kOnePlace{.perspectives = {{.name = "ams"}}};
const CaaExpectation kOurs{.issuer_domains = {"ca.example"},
                           .account_uri = "https://ca.example/acct/1",
                           .validation_method = "dns-01"};

Observation CaaSeen(Vote vote, Outcome outcome, std::vector<std::string> values = {},
                    const std::string& note = "") {
  return {.role = ServerRole::kAuthoritative,
          .server = "ns1.shop.test",
          .address = "192.0.2.1",
          .zone = "shop.test",
          .outcome = outcome,
          .vote = vote,
          .owner = "shop.test",
          .values = std::move(values),
          .note = note};
}

Observation ResolverAgrees() {
  Observation seen = CaaSeen(Vote::kAgree, Outcome::kMatch);
  seen.role = ServerRole::kRecursive;
  seen.server = "alpha";
  return seen;
}

Evidence Answers(const std::vector<std::string>& names, const Observation& seen) {
  Evidence evidence;
  for (const Question& question : CaaQuestions(names, kOurs)) {
    evidence.push_back(
        {.question = question,
         .views = {
             {.perspective = "ams", .worker = "w", .observations = {seen, ResolverAgrees()}}}});
  }
  return evidence;
}

CaaJudgement Judged(const std::string& name, const Observation& seen) {
  return JudgeCaa(Answers({name}, seen), kOnePlace, "lab");
}

TEST(CaaQuestionsTest, AWildcardIsAskedOfItsHostAndSaysSo) {
  const std::vector<Question> questions = CaaQuestions({"*.shop.test", "shop.test"}, kOurs);
  ASSERT_EQ(questions.size(), 2U);
  EXPECT_EQ(questions[0].name, "shop.test");
  EXPECT_TRUE(questions[0].caa->wildcard);
  EXPECT_EQ(questions[1].name, "shop.test");
  EXPECT_FALSE(questions[1].caa->wildcard);
  EXPECT_EQ(questions[1].caa->account_uri, kOurs.account_uri);
}

TEST(JudgeCaaTest, NoRecordsAllow) {
  EXPECT_EQ(Judged("shop.test", CaaSeen(Vote::kAgree, Outcome::kNoData)), CaaJudgement{});
}

TEST(JudgeCaaTest, ARefusalNamesTheRecordWhereItStandsAndTheLineToAdd) {
  const CaaJudgement judged = Judged(
      "www.shop.test", CaaSeen(Vote::kDisagree, Outcome::kMismatch, {"0 issue \"other.example\""},
                               "issue \"other.example\" names another CA"));
  EXPECT_EQ(judged.verdict, CaaVerdict::kForbidden);
  EXPECT_EQ(judged.finding.code, FindingCode::kCaaForbids);
  EXPECT_EQ(judged.finding.record_name, "shop.test");
  EXPECT_THAT(judged.finding.seen, ElementsAre("0 issue \"other.example\""));
  EXPECT_THAT(judged.finding.where, ElementsAre("ns1.shop.test (192.0.2.1) from ams"));
  EXPECT_EQ(judged.finding.fix, "shop.test. 3600 IN CAA 0 issue \"ca.example\"");
  EXPECT_EQ(judged.finding.fix_relative_name, "@");
  EXPECT_THAT(judged.finding.sentence,
              HasSubstr("The CAA records at shop.test do not let the CA lab (ca.example) issue for "
                        "www.shop.test"));
}

TEST(JudgeCaaTest, TheLineToAddComesWithTheNameRelativeToTheZoneOfTheRecords) {
  Observation seen = CaaSeen(Vote::kDisagree, Outcome::kMismatch, {"0 issue \";\""}, "nobody may");
  seen.owner = "www.shop.test";
  EXPECT_EQ(Judged("www.shop.test", seen).finding.fix_relative_name, "www");
  seen.owner = "www.cdn.test";  // to which a CNAME led
  seen.zone = "cdn.test";
  EXPECT_EQ(Judged("www.shop.test", seen).finding.fix_relative_name, "www");
  seen.zone = "";
  EXPECT_EQ(Judged("www.shop.test", seen).finding.fix_relative_name, "");
}

struct FixCase {
  std::string name;
  std::string asked;
  std::string seen;
  std::string property;
};

class CaaFixTest : public ::testing::TestWithParam<FixCase> {};

TEST_P(CaaFixTest, BindsAsTheRecordsDoThatAreThere) {
  const CaaJudgement judged = Judged(
      GetParam().asked, CaaSeen(Vote::kDisagree, Outcome::kMismatch, {GetParam().seen}, "no"));
  EXPECT_EQ(judged.finding.expected, GetParam().property);
}

INSTANTIATE_TEST_SUITE_P(
    Records, CaaFixTest,
    ::testing::Values(
        FixCase{"Nobody", "shop.test", "0 issue \";\"", "0 issue \"ca.example\""},
        FixCase{"NobodyWild", "*.shop.test", "0 issuewild \";\"", "0 issuewild \"ca.example\""},
        FixCase{"IssueForWild", "*.shop.test", "0 issue \";\"", "0 issue \"ca.example\""},
        FixCase{"Account", "shop.test", "0 issue \"ca.example; accounturi=https://x/2\"",
                "0 issue \"ca.example; accounturi=https://ca.example/acct/1\""},
        FixCase{"Method", "shop.test", "0 issue \"ca.example; validationmethods=http-01\"",
                "0 issue \"ca.example; validationmethods=dns-01\""}),
    [](const auto& test) { return test.param.name; });

TEST(JudgeCaaTest, AnUnknownCriticalPropertyIsToBeRemoved) {
  const CaaJudgement judged =
      Judged("shop.test", CaaSeen(Vote::kDisagree, Outcome::kMismatch, {"128 tbs \"x\""},
                                  "the property \"tbs\" is critical, and CAs do not know it"));
  EXPECT_EQ(judged.verdict, CaaVerdict::kForbidden);
  EXPECT_EQ(judged.finding.fix, "");
  EXPECT_THAT(judged.finding.sentence, HasSubstr("remove that property"));
}

TEST(JudgeCaaTest, NameserversThatFailAreARefusalForEveryCa) {
  for (const Outcome outcome : {Outcome::kServfail, Outcome::kTimeout, Outcome::kRefused}) {
    const CaaJudgement judged = Judged("shop.test", CaaSeen(Vote::kCouldNotTell, outcome));
    EXPECT_EQ(judged.verdict, CaaVerdict::kUnanswerable) << observation::OutcomeName(outcome);
    EXPECT_EQ(judged.finding.code, FindingCode::kCaaUnanswerable);
    EXPECT_THAT(judged.finding.sentence, HasSubstr("every CA must take for a refusal"));
    EXPECT_THAT(judged.finding.sentence, HasSubstr(observation::OutcomeName(outcome)));
  }
}

TEST(NamesJudgedTest, AreAllOfThatVerdictAsTheCertificateHasThem) {
  const Observation refusal = CaaSeen(Vote::kDisagree, Outcome::kMismatch);
  Evidence evidence = Answers({"*.shop.test", "www.shop.test"}, refusal);
  const Evidence others = Answers({"good.shop.test"}, CaaSeen(Vote::kAgree, Outcome::kNoData));
  evidence.push_back(others.front());
  const std::vector<RefusedName> forbidden =
      NamesJudged(evidence, kOnePlace, "lab", CaaVerdict::kForbidden);
  ASSERT_EQ(forbidden.size(), 2U);
  EXPECT_EQ(forbidden[0].name, "*.shop.test");
  EXPECT_EQ(forbidden[0].why.code, FindingCode::kCaaForbids);
  EXPECT_EQ(forbidden[1].name, "www.shop.test");
  EXPECT_TRUE(NamesJudged(evidence, kOnePlace, "lab", CaaVerdict::kUnanswerable).empty());
}

TEST(JudgeCaaTest, TroubleOfOursIsNoRefusal) {
  Evidence evidence = Answers({"shop.test"}, CaaSeen(Vote::kAgree, Outcome::kNoData));
  evidence[0].views[0] = {.perspective = "ams", .worker = "", .failure = "no worker is connected"};
  const CaaJudgement judged = JudgeCaa(evidence, kOnePlace, "lab");
  EXPECT_EQ(judged.verdict, CaaVerdict::kUnknown);
  EXPECT_EQ(judged.finding.code, FindingCode::kNoWorkers);
}

TEST(JudgeCaaTest, ACertainRefusalComesBeforeWhatCouldNotBeTold) {
  Evidence evidence = Answers({"a.shop.test"}, CaaSeen(Vote::kCouldNotTell, Outcome::kTimeout));
  Evidence denied = Answers({"b.shop.test"}, CaaSeen(Vote::kDisagree, Outcome::kMismatch));
  evidence.push_back(denied.front());
  EXPECT_EQ(JudgeCaa(evidence, kOnePlace, "lab").verdict, CaaVerdict::kForbidden);
}

}  // namespace
}  // namespace cert
