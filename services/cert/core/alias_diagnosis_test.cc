// What is found of CNAMEs: that lead elsewhere, in circles, or stand where TXT belongs.

#include "cert/core/alias_diagnosis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <tuple>
#include <utility>

#include "absl/strings/str_format.h"
#include "cert/core/testing/evidence_builder.h"

namespace cert {
namespace {

using namespace ::cert::testing;  // NOLINT(google-build-using-namespace): the tests' vocabulary
using ::observation::Observation;
using ::observation::Outcome;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kClaimLine = kClaimName + ". 3600 IN TXT \"" + kClaimValue + "\"";
const std::string kCnameLine = kChallengeName + ". 3600 IN CNAME " + kTarget + ".";

Answer CnameSeen(const Question& question, std::vector<Observation> observations) {
  return {.question = question, .views = {Seen("p0", std::move(observations))}};
}

// The finding of one perspective; fails the test when there is none.
Finding CnameFinding(const Evidence& evidence) {
  const std::optional<Finding> finding = Diagnose(evidence, PolicyOf(1), Context());
  EXPECT_TRUE(finding.has_value());
  return finding.value_or(Finding{});
}

std::string PlaceOf(const std::string& server) {
  return server + " (192.0.2.1/" + server + ") from p0";
}

TEST(AliasDiagnosisTest, CnameToElsewhere) {
  const Finding finding = CnameFinding(
      {CnameSeen(CnameQuestion(), {Nameserver("ns1", Outcome::kMismatch, {"old.other.test"})})});
  EXPECT_EQ(finding.code, FindingCode::kCnameElsewhere);
  EXPECT_EQ(finding.sentence,
            "The CNAME record at _acme-challenge.www.shop.test points elsewhere, as seen on ns1: "
            "its target is \"old.other.test\" and must be \"www.shop.test.id1.dcv.test\"; change "
            "it.");
  EXPECT_THAT(finding.seen, ElementsAre("old.other.test"));
  EXPECT_THAT(finding.where, ElementsAre(PlaceOf("ns1")));
  EXPECT_EQ(finding.fix, kCnameLine);
}

TEST(AliasDiagnosisTest, CnameWithATargetToWhichTheZoneWasAppended) {
  const std::string appended = kTarget + ".shop.test";
  const Finding finding = CnameFinding(
      {CnameSeen(CnameQuestion(), {Nameserver("ns1", Outcome::kMismatch, {appended})})});
  EXPECT_EQ(finding.code, FindingCode::kCnameElsewhere);
  EXPECT_EQ(finding.sentence,
            "The CNAME record at _acme-challenge.www.shop.test points to "
            "\"www.shop.test.id1.dcv.test.shop.test\", as seen on ns1, because your DNS host "
            "appended the zone \"shop.test\" to its target: end the target with a dot, as "
            "\"www.shop.test.id1.dcv.test.\", or enter it as your DNS host wants whole names.");
  EXPECT_EQ(finding.expected, kTarget);
  EXPECT_THAT(finding.seen, ElementsAre(appended));
  EXPECT_EQ(finding.fix, kCnameLine);

  const Finding followed = CnameFinding(
      {CnameSeen(TokensQuestion(), {Behind({appended}, "shop.test", Outcome::kNoSuchName)})});
  EXPECT_EQ(followed.code, FindingCode::kCnameElsewhere);
  EXPECT_THAT(followed.sentence, HasSubstr("shop.test\", because your DNS host appended the zone"));
}

TEST(AliasDiagnosisTest, NoZoneOfAnotherNameWasAppended) {
  const Finding finding = CnameFinding({CnameSeen(
      CnameQuestion(), {Nameserver("ns1", Outcome::kMismatch, {kTarget + ".other.test"})})});
  EXPECT_THAT(finding.sentence, HasSubstr("points elsewhere, as seen on ns1"));
}

// Also where the wrong target lies in our own zone: that is not ours to mend.
TEST(AliasDiagnosisTest, CnameToElsewhereDuringAnOrder) {
  for (const auto& [target, zone, code] :
       {std::tuple{std::string("parked.other.test"), "other", FindingCode::kCnameElsewhere},
        {"shop.test.id1.dcv.test", "dcv.test", FindingCode::kCnameElsewhere},
        {"www.shop.test.id0.dcv.test", "dcv.test", FindingCode::kCnameAtOtherTenant}}) {
    const Finding finding =
        CnameFinding({CnameSeen(TokensQuestion(), {Behind({target}, zone, Outcome::kNoSuchName)})});
    EXPECT_EQ(finding.code, code) << target;
    EXPECT_THAT(finding.seen, ElementsAre(target));
    EXPECT_THAT(finding.sentence, Not(HasSubstr("ns1")));
    EXPECT_THAT(finding.where, ElementsAre("nameservers of " + kChallengeName + " from p0"));
    EXPECT_EQ(finding.record_name, kChallengeName);
    EXPECT_EQ(finding.fix, kCnameLine);
    EXPECT_EQ(finding.fix_relative_name, "_acme-challenge.www");
  }
}

TEST(AliasDiagnosisTest, CnameToElsewhereOnOneOfTwoServersDuringAnOrder) {
  const Finding finding = CnameFinding(
      {CnameSeen(TokensQuestion(), {Nameserver("ns1", Outcome::kCnameInTheWay, {kTarget}),
                                    Nameserver("ns2", Outcome::kCnameInTheWay, {"old.test"})})});
  EXPECT_EQ(finding.code, FindingCode::kRecordOnSomeServers);
  EXPECT_THAT(finding.sentence, HasSubstr("is on ns1 but not on ns2"));
}

TEST(AliasDiagnosisTest, TokensInPlaceOfTheCnameOnOneOfTwoServersDuringAnOrder) {
  const Finding finding = CnameFinding(
      {CnameSeen(TokensQuestion(), {Nameserver("ns1", Outcome::kCnameInTheWay, {kTarget}),
                                    Nameserver("ns2", Outcome::kMatch, {"token1", "token2"})})});
  EXPECT_EQ(finding.code, FindingCode::kRecordOnSomeServers);
  EXPECT_THAT(finding.sentence, HasSubstr("is on ns1 but not on ns2"));
  EXPECT_THAT(finding.where, ElementsAre(PlaceOf("ns2")));
}

TEST(AliasDiagnosisTest, CnamesInACircle) {
  const Finding finding = CnameFinding(
      {CnameSeen(TokensQuestion(), {Nameserver("ns1", Outcome::kCnameLoop, {"a.shop.test"})})});
  EXPECT_EQ(finding.code, FindingCode::kCnameLoop);
  EXPECT_THAT(finding.sentence, HasSubstr("lead in a circle"));
  EXPECT_EQ(finding.fix, kCnameLine);
}

TEST(AliasDiagnosisTest, CnameWhereTheClaimBelongs) {
  const Finding finding = CnameFinding({CnameSeen(
      ClaimQuestion(), {Nameserver("ns1", Outcome::kCnameInTheWay, {"parked.other.test"}),
                        Nameserver("ns2", Outcome::kNoData)})});
  EXPECT_EQ(finding.code, FindingCode::kCnameWhereTxtBelongs);
  EXPECT_EQ(finding.sentence,
            "There is a CNAME record at _padlock.www.shop.test on ns1 where a TXT record belongs: "
            "remove it and create the TXT record with \"padlock-verify=abc\".");
  EXPECT_THAT(finding.seen, ElementsAre("parked.other.test"));
  EXPECT_EQ(finding.fix, kClaimLine);
}

// The servers that it led to do not have it.
TEST(AliasDiagnosisTest, CnameWhereTheClaimBelongsThatWasFollowed) {
  const Finding finding = CnameFinding({CnameSeen(
      ClaimQuestion(), {Behind({"parked.other.test"}, "other.test", Outcome::kNoData)})});
  EXPECT_EQ(finding.code, FindingCode::kCnameWhereTxtBelongs);
  EXPECT_EQ(
      finding.sentence,
      "There is a CNAME record at _padlock.www.shop.test, which leads to "
      "\"parked.other.test\", where a TXT record belongs: remove it and create the TXT record "
      "with \"padlock-verify=abc\".");
  EXPECT_EQ(finding.record_name, kClaimName);
  EXPECT_THAT(finding.seen, ElementsAre("parked.other.test"));
  EXPECT_THAT(finding.where, ElementsAre("nameservers of _padlock.www.shop.test from p0"));
  EXPECT_EQ(finding.fix, kClaimLine);
  EXPECT_EQ(finding.fix_relative_name, "_padlock.www");
}

// Whatever it is that the wildcard's CNAME leads to.
TEST(AliasDiagnosisTest, WildcardCnameThatWasFollowed) {
  for (const auto& [target, zone] :
       {std::pair{"shop.test", "shop.test"}, {"parked.other.test", "other.test"}}) {
    const Finding finding = CnameFinding(
        {CnameSeen(ClaimQuestion(), {Behind({target}, zone, Outcome::kNoData),
                                     Behind({target}, zone, Outcome::kWildcardSynthesis)})});
    EXPECT_EQ(finding.code, FindingCode::kWildcardAnswers);
    EXPECT_EQ(finding.sentence,
              absl::StrFormat("The CNAME record that _padlock.www.shop.test shows, which leads to "
                              "\"%s\", comes from a wildcard record: create a TXT record with "
                              "\"padlock-verify=abc\" at exactly this name, which takes precedence "
                              "over the wildcard.",
                              target));
    EXPECT_THAT(finding.seen, ElementsAre(target));
    EXPECT_THAT(finding.where, ElementsAre("nameservers of _padlock.www.shop.test from p0"));
    EXPECT_EQ(finding.fix, kClaimLine);
    EXPECT_EQ(finding.fix_relative_name, "_padlock.www");
  }
}

TEST(AliasDiagnosisTest, WildcardCnameInPlaceOfOurs) {
  const Finding finding = CnameFinding({CnameSeen(
      TokensQuestion(), {Behind({"shop.test"}, "shop.test", Outcome::kWildcardSynthesis)})});
  EXPECT_EQ(finding.code, FindingCode::kWildcardAnswers);
  EXPECT_THAT(finding.sentence, HasSubstr("create a CNAME record with \"" + kTarget + "\""));
  EXPECT_EQ(finding.fix, kCnameLine);
}

}  // namespace
}  // namespace cert
