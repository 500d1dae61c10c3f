#include "cert/core/clue_diagnosis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cert/core/testing/evidence_builder.h"

namespace cert {
namespace {

using namespace ::cert::testing;  // NOLINT(google-build-using-namespace): the tests' vocabulary
using ::observation::Clue;
using ::observation::Observation;
using ::observation::Outcome;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Observation With(Clue clue, Observation seen) {
  seen.clues = {clue};
  return seen;
}

Observation WithSerial(std::uint32_t serial, Observation seen) {
  seen.soa_serial = serial;
  return seen;
}

// What is told of the claim's record, seen from one perspective.
Finding FindingOf(std::vector<Observation> observations) {
  const Answer answer{.question = ClaimQuestion(), .views = {Seen("p0", std::move(observations))}};
  const std::optional<Finding> finding = Diagnose({answer}, PolicyOf(1), Context());
  EXPECT_TRUE(finding.has_value());
  return finding.value_or(Finding{});
}

TEST(ClueDiagnosisTest, StaleSecondary) {
  const Finding finding = FindingOf({Nameserver("ns1", Outcome::kMatch, {kClaimValue}),
                                     WithSerial(41, Nameserver("ns2", Outcome::kStale))});
  EXPECT_EQ(finding.code, FindingCode::kNameserverStale);
  EXPECT_EQ(finding.sentence,
            "The nameserver ns2 serves an older version of the zone than the others (serial 41), "
            "without the TXT record at _padlock.www.shop.test: wait until your DNS host has copied "
            "it there, or mend the zone transfer.");
  EXPECT_THAT(finding.where, ElementsAre("ns2 (192.0.2.1/ns2) from p0"));
}

TEST(ClueDiagnosisTest, SplitView) {
  const Finding finding =
      FindingOf({Nameserver("ns1", Outcome::kMatch, {kClaimValue}),
                 With(Clue::kSplitView, WithSerial(42, Nameserver("ns2", Outcome::kNoData)))});
  EXPECT_EQ(finding.code, FindingCode::kSplitView);
  EXPECT_THAT(finding.sentence,
              AllOf(HasSubstr("ns2 serves the same version of the zone as the others (serial 42)"),
                    HasSubstr("every view of the zone")));
}

TEST(ClueDiagnosisTest, NothingKnownOfTheCopies) {
  const Finding finding = FindingOf(
      {Nameserver("ns1", Outcome::kMatch, {kClaimValue}), Nameserver("ns2", Outcome::kNoData)});
  EXPECT_EQ(finding.code, FindingCode::kRecordOnSomeServers);
}

TEST(ClueDiagnosisTest, Wildcard) {
  const Finding finding =
      FindingOf({Nameserver("ns1", Outcome::kWildcardSynthesis, {"v=spf1 -all"})});
  EXPECT_EQ(finding.code, FindingCode::kWildcardAnswers);
  EXPECT_EQ(finding.sentence,
            "What _padlock.www.shop.test shows on ns1 comes from a wildcard record: create a TXT "
            "record with \"padlock-verify=abc\" at exactly this name, which takes precedence over "
            "the wildcard.");
}

TEST(ClueDiagnosisTest, ZoneAppended) {
  const Finding finding =
      FindingOf({With(Clue::kZoneAppended, Nameserver("ns1", Outcome::kNoSuchName))});
  EXPECT_EQ(finding.code, FindingCode::kZoneAppended);
  EXPECT_EQ(finding.sentence,
            "The TXT record is at _padlock.www.shop.test.shop.test instead of "
            "_padlock.www.shop.test, as seen on ns1, because your DNS host appends the zone to "
            "what is entered: enter \"_padlock.www\" as its name.");
}

struct Changed {
  Clue clue;
  std::string value;
  std::string how;
};

class ValueChangedTest : public ::testing::TestWithParam<Changed> {};

TEST_P(ValueChangedTest, IsToldHow) {
  const Finding finding =
      FindingOf({With(GetParam().clue, Nameserver("ns1", Outcome::kMismatch, {GetParam().value}))});
  EXPECT_EQ(finding.code, FindingCode::kValueChanged);
  EXPECT_THAT(finding.sentence, AllOf(HasSubstr(GetParam().how), HasSubstr(kClaimValue)));
  EXPECT_THAT(finding.seen, ElementsAre(GetParam().value));
}

INSTANTIATE_TEST_SUITE_P(
    Clues, ValueChangedTest,
    ::testing::Values(Changed{Clue::kValueQuoted, "\"padlock-verify=abc\"", "quotation marks"},
                      Changed{Clue::kValueSpaced, "padlock-verify= abc", "white space"},
                      Changed{Clue::kValueCase, "PADLOCK-VERIFY=ABC", "letter case"},
                      Changed{Clue::kValueCut, "padlock-verify=a", "only a part"}));

}  // namespace
}  // namespace cert
