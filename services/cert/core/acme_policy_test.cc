#include "cert/core/acme_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace cert {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kAcme = "urn:ietf:params:acme:error:";

AcmeProblem Problem(const std::string& type, int http_status) {
  return {.type = type,
          .detail = "the CA's own words",
          .http_status = http_status,
          .identifier = "www.shop.test"};
}

struct PolicyCase {
  const char* name;
  std::string type;
  int http_status;
  Disposition disposition;
  FindingCode code;
};

class AcmePolicyTest : public ::testing::TestWithParam<PolicyCase> {};

TEST_P(AcmePolicyTest, SaysWhatFollowsAndWhy) {
  const AcmeProblem problem = Problem(GetParam().type, GetParam().http_status);
  EXPECT_EQ(Judge(problem), GetParam().disposition);
  EXPECT_EQ(FindingOf(problem, "Pebble").code, GetParam().code);
}

TEST_P(AcmePolicyTest, SentenceNamesTheCaItsWordsAndWhatToDo) {
  const Finding finding = FindingOf(Problem(GetParam().type, GetParam().http_status), "Pebble");
  EXPECT_THAT(finding.sentence, AllOf(HasSubstr("The CA Pebble "),
                                      HasSubstr("\"the CA's own words\""), EndsWith(".")));
  EXPECT_THAT(finding.sentence,
              ::testing::AnyOf(HasSubstr("nothing is to be done"), HasSubstr("by itself"),
                               HasSubstr("ask for a recheck")));
}

PolicyCase Retried(const char* type) {
  return {type, kAcme + type, 400, Disposition::kRetryStep, FindingCode::kCaUnavailable};
}
PolicyCase Invalid(const char* type) {
  return {type, kAcme + type, 403, Disposition::kNewOrder, FindingCode::kCaValidationFailed};
}
PolicyCase Refused(const char* type) {
  return {type, kAcme + type, 400, Disposition::kNewOrder, FindingCode::kCaRefused};
}
// Until Padlock's operators have acted, and then by itself.
PolicyCase ForOperators(const char* type, FindingCode code = FindingCode::kCaWantsAction) {
  return {type, kAcme + type, 403, Disposition::kRetryStep, code};
}
PolicyCase ForGood(const char* type, FindingCode code = FindingCode::kCaRefused) {
  return {type, kAcme + type, 403, Disposition::kGiveUp, code};
}

// RFC 8555 6.7, table 1, in its order.
INSTANTIATE_TEST_SUITE_P(
    Rfc8555, AcmePolicyTest,
    ::testing::Values(Retried("accountDoesNotExist"), Refused("alreadyRevoked"), Refused("badCSR"),
                      Retried("badNonce"), Refused("badPublicKey"), Refused("badRevocationReason"),
                      Refused("badSignatureAlgorithm"), Refused("caa"), Refused("compound"),
                      Invalid("connection"), Invalid("dns"),
                      ForOperators("externalAccountRequired", FindingCode::kCaWantsExternalAccount),
                      Invalid("incorrectResponse"), ForOperators("invalidContact"),
                      Refused("malformed"), Retried("orderNotReady"),
                      PolicyCase{"rateLimited", kAcme + "rateLimited", 429, Disposition::kRetryStep,
                                 FindingCode::kCaRateLimited},
                      ForGood("rejectedIdentifier", FindingCode::kNameBlocked),
                      Retried("serverInternal"), Invalid("tls"),
                      PolicyCase{"unauthorized", kAcme + "unauthorized", 403,
                                 Disposition::kNewOrder, FindingCode::kCaAccountRefused},
                      ForOperators("unsupportedContact"), ForGood("unsupportedIdentifier"),
                      ForOperators("userActionRequired")),
    [](const auto& tested) { return std::string(tested.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Unknown, AcmePolicyTest,
    ::testing::Values(PolicyCase{"TypeWith400", kAcme + "novel", 400, Disposition::kNewOrder,
                                 FindingCode::kCaRefused},
                      PolicyCase{"TypeWith429", kAcme + "novel", 429, Disposition::kRetryStep,
                                 FindingCode::kCaRateLimited},
                      PolicyCase{"TypeWith500", kAcme + "novel", 500, Disposition::kRetryStep,
                                 FindingCode::kCaUnavailable},
                      PolicyCase{"NoTypeWith503", "about:blank", 503, Disposition::kRetryStep,
                                 FindingCode::kCaUnavailable},
                      PolicyCase{"NoTypeWith404", "about:blank", 404, Disposition::kNewOrder,
                                 FindingCode::kCaRefused},
                      PolicyCase{"KnownNameWithoutItsPrefix", "rejectedIdentifier", 400,
                                 Disposition::kNewOrder, FindingCode::kCaRefused},
                      PolicyCase{"Nothing", "", 0, Disposition::kNewOrder,
                                 FindingCode::kCaRefused}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST(FindingOfTest, NamesTheHostThatTheCaNames) {
  EXPECT_THAT(FindingOf(Problem(kAcme + "dns", 400), "Pebble").sentence,
              HasSubstr("for www.shop.test"));
}

TEST(FindingOfTest, UnauthorizedMeansWhatWasAskedOfTheCa) {
  const AcmeProblem problem = Problem(kAcme + "unauthorized", 403);
  EXPECT_EQ(FindingOf(problem, "Pebble", AcmeStage::kRegistration).code,
            FindingCode::kCaRefusesExternalAccount);
  EXPECT_EQ(FindingOf(problem, "Pebble", AcmeStage::kRequest).code, FindingCode::kCaAccountRefused);
  EXPECT_EQ(FindingOf(problem, "Pebble", AcmeStage::kDnsValidation).code,
            FindingCode::kCaValidationFailed);
}

TEST(FindingOfTest, AFailedValidationSaysWhatTheCaLookedAt) {
  for (const char* type : {"connection", "dns", "incorrectResponse", "tls", "unauthorized"}) {
    const AcmeProblem problem = Problem(kAcme + type, 403);
    const Finding dns = FindingOf(problem, "Pebble", AcmeStage::kDnsValidation);
    EXPECT_EQ(dns.sentence,
              "The CA Pebble could not validate the DNS records for www.shop.test: \"the CA's own "
              "words\"; compare the records with what is required; a new order follows by itself.");
    const Finding http = FindingOf(problem, "Pebble", AcmeStage::kHttpValidation);
    EXPECT_EQ(http.code, FindingCode::kCaValidationFailed);
    EXPECT_EQ(
        http.sentence,
        "The CA Pebble did not get the token over HTTP for www.shop.test: \"the CA's own "
        "words\"; it comes to port 80 of every address of the host: let each lead to Padlock's "
        "edge, or forward the path /.well-known/acme-challenge/ to it; a new order follows by "
        "itself.");
  }
}

TEST(FindingOfTest, QuotesTheCaAsItIs) {
  AcmeProblem problem = Problem(kAcme + "dns", 400);
  problem.detail = "$0 and $9 and %s";
  EXPECT_THAT(FindingOf(problem, "Pebble").sentence, HasSubstr("\"$0 and $9 and %s\""));
}

TEST(FindingOfTest, PointsToTheCaaRecords) {
  EXPECT_THAT(FindingOf(Problem(kAcme + "caa", 403), "Pebble").sentence,
              HasSubstr("allow this CA in the CAA records"));
}

TEST(FindingOfTest, BoundsWhatTheCaCallsIt) {
  const Finding finding = FindingOf(Problem(std::string(5000, 'x'), 400), "Pebble");
  EXPECT_LT(finding.sentence.size(), 400U);
  EXPECT_THAT(finding.sentence, Not(HasSubstr(std::string(101, 'x'))));
}

}  // namespace
}  // namespace cert
