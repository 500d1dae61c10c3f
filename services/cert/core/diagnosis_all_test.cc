// All that is wrong at once, and what only several questions or looks together tell.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cert/core/diagnosis.h"
#include "cert/core/testing/evidence_builder.h"

namespace cert {
namespace {

using namespace ::cert::testing;  // NOLINT(google-build-using-namespace): the tests' vocabulary
using ::observation::Observation;
using ::observation::Outcome;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Answer Asked(const Question& question, std::vector<Observation> observations) {
  return {.question = question, .views = {Seen("p0", std::move(observations))}};
}

// That of one perspective; fails the test when there is none.
Finding FirstOf(const Evidence& evidence) {
  const std::optional<Finding> finding = Diagnose(evidence, PolicyOf(1), Context());
  EXPECT_TRUE(finding.has_value());
  return finding.value_or(Finding{});
}

// A question for the CNAME itself follows none.
TEST(DiagnoseAllTest, CnamesInACircleBeforeAnOrder) {
  EXPECT_EQ(
      FirstOf(
          {Asked(CnameQuestion(), {Nameserver("ns1", Outcome::kMismatch, {"a.shop.test"})}),
           Asked(CanaryQuestion(), {Behind({"a.shop.test"}, "shop.test", Outcome::kCnameLoop)})})
          .code,
      FindingCode::kCnameLoop);
}

TEST(DiagnoseAllTest, CnameToAProviderThatWeKnow) {
  const Finding finding = FirstOf(
      {Asked(CnameQuestion(),
             {Nameserver("ns1", Outcome::kMismatch, {"a.authorize.certificatemanager.goog"})})});
  EXPECT_EQ(finding.code, FindingCode::kCnameAtOtherProvider);
  EXPECT_THAT(finding.sentence, HasSubstr("points to Google Cloud Certificate Manager"));
  EXPECT_THAT(finding.fix, HasSubstr("IN CNAME " + kTarget));
}

TEST(DiagnoseAllTest, AValueAtTheNameOfTheOtherRecord) {
  const Evidence evidence{
      Asked(ClaimQuestion(), {Nameserver("ns1", Outcome::kNoSuchName)}),
      Asked(CnameQuestion(), {Nameserver("ns1", Outcome::kNoData)}),
      Asked(CanaryQuestion(), {Nameserver("ns1", Outcome::kMismatch, {kClaimValue})})};
  const Finding finding = FirstOf(evidence);
  EXPECT_EQ(finding.code, FindingCode::kRecordAtOtherName);
  EXPECT_EQ(finding.record_name, kClaimName);
  EXPECT_THAT(finding.sentence, HasSubstr("stands at " + kChallengeName + " instead"));
  EXPECT_THAT(finding.fix, HasSubstr(kClaimValue));
}

TEST(DiagnoseAllTest, ACnameAtTheNameOfTheClaim) {
  const Evidence evidence{
      Asked(ClaimQuestion(), {OurNameserver(Outcome::kMismatch, {kCanaryValue})}),
      Asked(CnameQuestion(), {Nameserver("ns1", Outcome::kNoSuchName)})};
  const std::vector<Finding> findings = DiagnoseAll(evidence, PolicyOf(1), Context());
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(findings[1].code, FindingCode::kRecordAtOtherName);
  EXPECT_THAT(findings[1].sentence, HasSubstr("stands at " + kClaimName + " instead: create"));
  EXPECT_THAT(findings[1].where, ElementsAre("nameservers of " + kClaimName + " from p0"));
}

TEST(DiagnoseAllTest, TellsEachRecordOnceWithWhatIsCertainFirst) {
  const Evidence evidence{Asked(ClaimQuestion(), {Nameserver("ns1", Outcome::kServfail)}),
                          Asked(CnameQuestion(), {Nameserver("ns1", Outcome::kNoSuchName)}),
                          Asked(CanaryQuestion(), {Nameserver("ns1", Outcome::kNoSuchName)})};
  const std::vector<Finding> findings = DiagnoseAll(evidence, PolicyOf(1), Context());
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(findings[0].code, FindingCode::kRecordMissing);
  EXPECT_EQ(findings[0].record_name, kChallengeName);
  EXPECT_EQ(findings[0].fix_relative_name, "_acme-challenge.www");
  EXPECT_EQ(findings[1].code, FindingCode::kNameserversUnreachable);
  EXPECT_EQ(Diagnose(evidence, PolicyOf(1), Context()), findings[0]);
}

Observation At6(Observation seen) {
  seen.address = "2001:db8::53:" + seen.server.substr(2);
  return seen;
}

Observation WithParentDiffering(Observation seen) {
  seen.clues = {observation::Clue::kParentDiffers};
  seen.note = "the parent names other nameservers (ns1) than the zone (ns2)";
  return seen;
}

TEST(DiagnoseAllTest, TellsWhatIsWrongWithoutBeingInTheWay) {
  const Evidence evidence{
      Asked(ClaimQuestion(),
            {WithParentDiffering(Nameserver("ns1", Outcome::kMatch)),
             WithParentDiffering(At6(Nameserver("ns2", Outcome::kMatch))),
             At6(Nameserver("ns1", Outcome::kTimeout)), Resolver("r", Outcome::kMatch)})};
  EXPECT_EQ(Diagnose(evidence, PolicyOf(1), Context()), std::nullopt);
  const std::vector<Finding> findings = DiagnoseAll(evidence, PolicyOf(1), Context());
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(findings[0].code, FindingCode::kIpv6Fault);
  EXPECT_THAT(findings[0].where, ElementsAre("ns1 (2001:db8::53:1) from p0"));
  EXPECT_EQ(findings[1].code, FindingCode::kNameserversMismatch);
  EXPECT_EQ(findings[1].record_name, "shop.test");
  EXPECT_THAT(findings[1].sentence, HasSubstr("nothing waits for it"));
  EXPECT_THAT(findings[1].seen, ElementsAre(HasSubstr("the parent names other nameservers")));
}

// It may be we who have no IPv6.
TEST(DiagnoseAllTest, BlamesNoIpv6AddressWhereNoneAnswers) {
  const Evidence evidence{Asked(ClaimQuestion(), {Nameserver("ns1", Outcome::kMatch),
                                                  At6(Nameserver("ns1", Outcome::kUnreachable)),
                                                  Resolver("r", Outcome::kMatch)})};
  EXPECT_THAT(DiagnoseAll(evidence, PolicyOf(1), Context()), IsEmpty());
}

TEST(DiagnoseAllTest, ARecordThatOnlyTheIpv6AddressLacks) {
  const Finding finding =
      FirstOf({Asked(ClaimQuestion(), {Nameserver("ns1", Outcome::kMatch),
                                       At6(Nameserver("ns1", Outcome::kNoData))})});
  EXPECT_EQ(finding.code, FindingCode::kIpv6Fault);
  EXPECT_THAT(finding.sentence, HasSubstr("ns1 is right for _padlock.www.shop.test over IPv4"));
}

class StuckResolverTest : public ::testing::Test {
 protected:
  static Observation Denying(absl::Duration expiry) {
    Observation seen = Resolver("quad9", Outcome::kNoData);
    seen.cache_expire_time = kSeenTime + expiry;
    return seen;
  }

  static FindingCode CodeAfter(Evidence earlier) {
    DiagnosisContext context = Context();
    context.earlier = &earlier;
    const Evidence now{
        Asked(ClaimQuestion(), {Nameserver("ns1", Outcome::kMatch), Denying(absl::Minutes(9))})};
    return Diagnose(now, PolicyOf(1), context).value_or(Finding{}).code;
  }
};

TEST_F(StuckResolverTest, HadNamedAnEarlierMoment) {
  EXPECT_EQ(CodeAfter({Asked(ClaimQuestion(),
                             {Nameserver("ns1", Outcome::kMatch), Denying(-absl::Minutes(1))})}),
            FindingCode::kResolverStuck);
}

TEST_F(StuckResolverTest, IsNotOneWhoseMomentIsStillToCome) {
  EXPECT_EQ(CodeAfter({Asked(ClaimQuestion(),
                             {Nameserver("ns1", Outcome::kMatch), Denying(absl::Minutes(1))})}),
            FindingCode::kResolversBehind);
}

// Then it has only learnt again what was true.
TEST_F(StuckResolverTest, IsNotOneThatWasRightTheTimeBefore) {
  EXPECT_EQ(CodeAfter({Asked(ClaimQuestion(),
                             {Nameserver("ns1", Outcome::kNoData), Denying(-absl::Minutes(1))})}),
            FindingCode::kResolversBehind);
}

TEST(DiagnoseAllTest, TheZoneItselfIsTheAtSign) {
  Question question = ClaimQuestion();
  question.name = "shop.test";
  EXPECT_EQ(FirstOf({Asked(question, {Nameserver("ns1", Outcome::kNoData)})}).fix_relative_name,
            "@");
}

}  // namespace
}  // namespace cert
