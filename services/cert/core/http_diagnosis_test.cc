#include "cert/core/http_diagnosis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cert/core/testing/evidence_builder.h"

namespace cert {
namespace {

using ::observation::Observation;
using ::observation::Outcome;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const AgreementPolicy kPolicy{.perspectives = {{.name = "ams"}}};

Observation At(const std::string& address, Outcome outcome, const std::string& note) {
  return {.server = "shop.test",
          .address = address,
          .zone = "shop.test",
          .outcome = outcome,
          .vote = testing::VoteOn(outcome),
          .note = note};
}

std::optional<Finding> Found(std::vector<Observation> observations) {
  return Diagnose(
      {{.question = {.name = "shop.test",
                     .type = observation::RecordType::kHttp,
                     .expected_values = {"token.thumbprint"}},
        .views = {{.perspective = "ams", .worker = "w", .observations = std::move(observations)}}}},
      kPolicy, {});
}

TEST(DiagnoseHttpTest, FindsNothingWhereEveryAddressHasTheToken) {
  EXPECT_EQ(Found({At("192.0.2.1", Outcome::kMatch, "status 200")}), std::nullopt);
}

TEST(DiagnoseHttpTest, NamesTheAddressOfAnotherServer) {
  const auto finding = Found({At("192.0.2.1", Outcome::kMatch, "status 200"),
                              At("2001:db8::1", Outcome::kNoData, "status 404")});
  ASSERT_TRUE(finding.has_value());
  EXPECT_EQ(finding->code, FindingCode::kHttpTokenMissing);
  EXPECT_EQ(finding->record_type, "HTTP");
  EXPECT_EQ(finding->record_name, "shop.test");
  EXPECT_THAT(finding->where, ElementsAre("shop.test (2001:db8::1) from ams"));
  EXPECT_THAT(finding->sentence,
              HasSubstr("http://shop.test/.well-known/acme-challenge/token at 2001:db8::1 and has "
                        "nothing there (status 404)"));
}

TEST(DiagnoseHttpTest, SaysWhatIsAnsweredInsteadOfTheToken) {
  const auto finding =
      Found({At("192.0.2.1", Outcome::kMismatch, "status 200, but not the key authorization"),
             At("192.0.2.2", Outcome::kNoData, "status 404")});
  ASSERT_TRUE(finding.has_value());
  EXPECT_EQ(finding->code, FindingCode::kHttpOtherAnswer);
  EXPECT_THAT(finding->where, ElementsAre("shop.test (192.0.2.1) from ams"));
  EXPECT_THAT(finding->sentence, HasSubstr("Padlock's token at 192.0.2.1 (status 200, but not"));
}

TEST(DiagnoseHttpTest, TellsAHostThatNothingAnswersAt) {
  const auto silent = Found({At("2001:db8::5", Outcome::kUnreachable, "connection refused"),
                             At("192.0.2.1", Outcome::kTimeout, "")});
  ASSERT_TRUE(silent.has_value());
  EXPECT_EQ(silent->code, FindingCode::kHttpUnreachable);
  EXPECT_THAT(silent->sentence,
              HasSubstr("cannot be fetched at 2001:db8::5 and 192.0.2.1 (connection refused)"));
  const auto nowhere = Found({At("", Outcome::kNoData, "\"shop.test\": it has no address")});
  ASSERT_TRUE(nowhere.has_value());
  EXPECT_EQ(nowhere->code, FindingCode::kHttpUnreachable);
  EXPECT_THAT(nowhere->sentence, HasSubstr("cannot be fetched (\"shop.test\": it has no address)"));
}

Observation AtNameserver(Outcome outcome, const std::string& note) {
  Observation seen = At("192.0.2.53", outcome, note);
  seen.server = "ns2.shop.test";
  seen.owner = "shop.test";
  return seen;
}

TEST(DiagnoseHttpTest, NamesTheNameserverThatDoesNotHaveTheAddresses) {
  const auto finding = Found({At("192.0.2.1", Outcome::kMatch, "status 200"),
                              AtNameserver(Outcome::kNoSuchName, "this server has no address")});
  ASSERT_TRUE(finding.has_value());
  EXPECT_EQ(finding->code, FindingCode::kRecordOnSomeServers);
  EXPECT_THAT(finding->where, ElementsAre("ns2.shop.test (192.0.2.53) from ams"));
  EXPECT_THAT(finding->sentence,
              HasSubstr("The nameservers of shop.test do not agree about its addresses, as "
                        "ns2.shop.test shows (this server has no address)"));
}

TEST(DiagnoseHttpTest, NamesThePageThatIsWrongFirst) {
  const auto finding = Found({At("192.0.2.1", Outcome::kNoData, "status 404"),
                              AtNameserver(Outcome::kNoSuchName, "this server has no address")});
  ASSERT_TRUE(finding.has_value());
  EXPECT_EQ(finding->code, FindingCode::kHttpTokenMissing);
}

TEST(DiagnoseHttpTest, NamesTheNameserverThatDoesNotTellTheAddresses) {
  const auto failing =
      Found({At("192.0.2.1", Outcome::kMatch, "status 200"), At("192.0.2.2", Outcome::kTimeout, ""),
             AtNameserver(Outcome::kRefused, "")});
  ASSERT_TRUE(failing.has_value());
  EXPECT_EQ(failing->code, FindingCode::kNameserverLame);
  EXPECT_THAT(failing->where, ElementsAre("ns2.shop.test (192.0.2.53) from ams"));
  const auto silent = Found({At("", Outcome::kTimeout, "no nameserver told its A records"),
                             AtNameserver(Outcome::kTimeout, "")});
  ASSERT_TRUE(silent.has_value());
  EXPECT_EQ(silent->code, FindingCode::kNameserversUnreachable);
}

std::optional<Finding> FoundByResolver(Outcome outcome) {
  Evidence evidence = {
      {.question = {.name = "shop.test",
                    .type = observation::RecordType::kHttp,
                    .scope = observation::Scope::kAuthoritativeThenRecursive,
                    .expected_values = {"token.thumbprint"}},
       .views = {testing::Seen("ams", {At("192.0.2.1", Outcome::kMatch, "status 200"),
                                       testing::Resolver("quad9", outcome)})}}};
  return Diagnose(evidence, kPolicy, {});
}

TEST(DiagnoseHttpTest, NamesTheResolverThatTheAddressesDoNotConvince) {
  const auto bogus = FoundByResolver(Outcome::kBogus);
  ASSERT_TRUE(bogus.has_value());
  EXPECT_EQ(bogus->code, FindingCode::kDnssecBogus);
  EXPECT_THAT(bogus->sentence, HasSubstr("DNSSEC validation of shop.test fails at quad9"));
  const auto behind = FoundByResolver(Outcome::kNoSuchName);
  ASSERT_TRUE(behind.has_value());
  EXPECT_EQ(behind->code, FindingCode::kResolversBehind);
  EXPECT_THAT(behind->sentence,
              HasSubstr("The nameservers have the A or AAAA record at shop.test, but quad9"));
  EXPECT_EQ(behind->expected, "");
}

}  // namespace
}  // namespace cert
