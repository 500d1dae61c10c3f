#include "cert/core/findings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cert {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

TEST(FindingsTest, SayWhatHappenedAndWhoMendsIt) {
  EXPECT_EQ(ClaimHeldFinding("shop.test").code, FindingCode::kClaimHeld);
  EXPECT_THAT(ClaimHeldFinding("shop.test").sentence, HasSubstr("holds shop.test: it must be"));
  EXPECT_EQ(PublicationFinding("REFUSED").code, FindingCode::kPublicationFailed);
  EXPECT_THAT(PublicationFinding("REFUSED").sentence, HasSubstr("(REFUSED); this is ours to mend"));
  EXPECT_EQ(CaUnavailableFinding("Pebble", "timeout").code, FindingCode::kCaUnavailable);
  EXPECT_THAT(CaUnavailableFinding("Pebble", "timeout").sentence,
              HasSubstr("The CA Pebble does not answer as it should (timeout)"));
  EXPECT_EQ(IssuanceRejectedFinding("Pebble", "a name is missing").code,
            FindingCode::kIssuanceRejected);
  EXPECT_THAT(IssuanceRejectedFinding("Pebble", "a name is missing").sentence,
              HasSubstr("was not accepted: a name is missing; a new order follows"));
  EXPECT_THAT(NotYetValidFinding("Pebble", "it begins at noon").sentence,
              HasSubstr("cannot be used yet: it begins at noon, so a clock is wrong"));
  EXPECT_EQ(NotYetValidFinding("Pebble", "it begins at noon").code, FindingCode::kClockSkew);
  EXPECT_EQ(PublicationFinding("BADTIME: the clocks differ").code, FindingCode::kClockSkew);
  EXPECT_THAT(KeyMismatchFinding("Pebble").sentence, HasSubstr("another key than the ordered one"));
  EXPECT_EQ(ServiceTroubleFinding("INTERNAL").code, FindingCode::kServiceTrouble);
  EXPECT_THAT(ServiceTroubleFinding("INTERNAL").sentence,
              HasSubstr("reason of its own (INTERNAL)"));
  EXPECT_EQ(ParkedFinding(6).code, FindingCode::kParked);
  EXPECT_THAT(ParkedFinding(6).sentence, HasSubstr("6 times in a row"));
}

TEST(GaveUpFindingTest, KeepsTheLastFindingsRecord) {
  const Finding last{.code = FindingCode::kRecordMissing,
                     .sentence = "There is none.",
                     .record_type = "TXT",
                     .record_name = "_padlock.shop.test",
                     .expected = "padlock-verify=abc",
                     .where = {"ns1 from p0"},
                     .fix = "paste me"};
  Finding expected = last;
  expected.code = FindingCode::kGaveUp;
  expected.sentence =
      "Checking has ended after 7 days; correct the records and ask for a recheck. The last "
      "finding was: There is none.";
  EXPECT_EQ(GaveUpFinding(last), expected);
}

TEST(GaveUpFindingTest, OfValidationNamesItsOwnTime) {
  const Finding last{.code = FindingCode::kCaValidationFailed, .sentence = "It saw nothing."};
  EXPECT_EQ(ValidationGaveUpFinding(last).code, FindingCode::kGaveUp);
  EXPECT_THAT(ValidationGaveUpFinding(last).sentence, HasSubstr("14.5 days"));
}

TEST(GaveUpFindingTest, NeedsNoLastFinding) {
  EXPECT_EQ(GaveUpFinding(std::nullopt).sentence,
            "Checking has ended after 7 days; correct the records and ask for a recheck.");
}

TEST(KeyCompromisedFindingTest, TellsWhatIsToBeDeleted) {
  EXPECT_THAT(
      KeyCompromisedFinding({.id = CertificateId("crt_1"), .domain = DomainId("dom_1")}).sentence,
      EndsWith("; delete the domain and add it again with a request of a new key."));
  EXPECT_THAT(KeyCompromisedFinding({.id = CertificateId("crt_1")}).sentence,
              EndsWith("; delete the certificate crt_1 and create another one with a request of a "
                       "new key."));
}

}  // namespace
}  // namespace cert
