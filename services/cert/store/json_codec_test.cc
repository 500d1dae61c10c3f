#include "cert/store/json_codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/status_matchers.h"
#include "cert/store/testing/samples.h"

namespace cert {
namespace {

using ::base::testing::IsOk;
using ::base::testing::IsOkAndHolds;
using ::base::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(JsonCodecTest, FindingComesBackAsItWas) {
  const Finding finding = testing::SampleFinding();
  EXPECT_THAT(FindingFromJson(FindingToJson(finding)), IsOkAndHolds(finding));
}

TEST(JsonCodecTest, EveryFindingCodeComesBackAsItWas) {
  for (int code = 1; code <= static_cast<int>(FindingCode::kValueChanged); ++code) {
    Finding finding;
    finding.code = static_cast<FindingCode>(code);
    EXPECT_THAT(FindingFromJson(FindingToJson(finding)), IsOkAndHolds(finding));
  }
}

TEST(JsonCodecTest, UnknownFindingKeepsItsSentence) {
  EXPECT_THAT(FindingFromJson(R"({"code": "OF_A_NEWER_VERSION", "sentence": "Mend it."})"),
              IsOkAndHolds(Finding{.code = FindingCode::kServiceTrouble, .sentence = "Mend it."}));
}

TEST(JsonCodecTest, CluesAndCacheTimeComeBackAsTheyWere) {
  Evidence evidence = testing::SampleEvidence();
  observation::Observation& seen = evidence.front().views.front().observations.front();
  seen.clues = {observation::Clue::kValueQuoted, observation::Clue::kSplitView};
  seen.cache_expire_time = absl::FromUnixSeconds(1'800'000'300);
  EXPECT_THAT(EvidenceFromJson(EvidenceToJson(evidence)), IsOkAndHolds(evidence));
}

TEST(JsonCodecTest, EvidenceComesBackAsItWas) {
  const Evidence evidence = testing::SampleEvidence();
  EXPECT_THAT(EvidenceFromJson(EvidenceToJson(evidence)), IsOkAndHolds(evidence));
}

TEST(JsonCodecTest, AQuestionForCaaComesBackAsItWas) {
  Evidence evidence = testing::SampleEvidence();
  evidence.front().question.caa = CaaExpectation{.issuer_domains = {"ca.example"},
                                                 .account_uri = "https://ca.example/1",
                                                 .validation_method = "dns-01",
                                                 .wildcard = true};
  EXPECT_THAT(EvidenceFromJson(EvidenceToJson(evidence)), IsOkAndHolds(evidence));
}

TEST(JsonCodecTest, EveryOutcomeAndVoteComesBackAsItWas) {
  using observation::Outcome;
  using observation::Vote;
  for (int outcome = 1; outcome <= static_cast<int>(Outcome::kNotAsked); ++outcome) {
    Evidence evidence = testing::SampleEvidence();
    evidence[0].views[0].observations[0].outcome = static_cast<Outcome>(outcome);
    evidence[0].views[0].observations[0].vote = static_cast<Vote>(outcome % 3 + 1);
    EXPECT_THAT(EvidenceFromJson(EvidenceToJson(evidence)), IsOkAndHolds(evidence));
  }
}

TEST(JsonCodecTest, TextsComeBackInTheirOrder) {
  EXPECT_THAT(TextsFromJson(TextsToJson({"b", "", "a"})), IsOkAndHolds(ElementsAre("b", "", "a")));
}

TEST(JsonCodecTest, AMissingMemberReadsAsItsDefault) {
  EXPECT_THAT(FindingFromJson(R"({"code": "NO_WORKERS"})"),
              IsOkAndHolds(Finding{.code = FindingCode::kNoWorkers}));
}

// jsonb refuses both; a stranger's DNS answer or CA must not be able to stop a row.
TEST(JsonCodecTest, WritesTextThatPostgresqlTakes) {
  Finding finding;
  finding.sentence = std::string("a\0b\xff", 4);
  const std::string json = FindingToJson(finding);
  EXPECT_THAT(json, Not(HasSubstr("\\u0000")));
  const absl::StatusOr<Finding> read = FindingFromJson(json);
  ASSERT_THAT(read, IsOk());
  EXPECT_EQ(read->sentence,
            "a\xEF\xBF\xBD"
            "b\xEF\xBF\xBD");
}

class BadJsonTest : public ::testing::TestWithParam<const char*> {};

TEST_P(BadJsonTest, IsInternalAndNothingElse) {
  EXPECT_THAT(FindingFromJson(GetParam()), StatusIs(absl::StatusCode::kInternal));
  EXPECT_THAT(EvidenceFromJson(GetParam()), StatusIs(absl::StatusCode::kInternal));
  EXPECT_THAT(TextsFromJson(GetParam()), StatusIs(absl::StatusCode::kInternal));
}

INSTANTIATE_TEST_SUITE_P(Texts, BadJsonTest,
                         ::testing::Values("", "{", "null", "7", "{}", "[7]", "[null]",
                                           R"({"code": 7})", R"([{"name": "a", "type": "MX"}])"));

}  // namespace
}  // namespace cert
