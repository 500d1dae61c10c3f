#include "cert/core/proof.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cert {
namespace {

using ::observation::RecordType;
using ::observation::Scope;
using ::testing::ElementsAre;

const Domain kDomain{.hostname = "shop.test",
                     .claim_value = "padlock-verify=abc",
                     .delegation_target = "shop.test.id1.dcv.test",
                     .canary_value = "padlock-canary=xyz"};

TEST(ZoneFileLineTest, QuotesTextAndEndsNamesWithADot) {
  EXPECT_EQ(ZoneFileLine("a.test", "TXT", "v"), "a.test. 3600 IN TXT \"v\"");
  EXPECT_EQ(ZoneFileLine("a.test", "CNAME", "b.test"), "a.test. 3600 IN CNAME b.test.");
}

TEST(RequiredRecordsTest, AreTheClaimAndTheDelegation) {
  EXPECT_THAT(
      RequiredRecords(kDomain),
      ElementsAre(RequiredRecord{.purpose = RecordPurpose::kClaim,
                                 .type = "TXT",
                                 .name = "_padlock.shop.test",
                                 .value = "padlock-verify=abc",
                                 .zone_file_line =
                                     "_padlock.shop.test. 3600 IN TXT \"padlock-verify=abc\""},
                  RequiredRecord{.purpose = RecordPurpose::kDelegation,
                                 .type = "CNAME",
                                 .name = "_acme-challenge.shop.test",
                                 .value = "shop.test.id1.dcv.test",
                                 .zone_file_line = "_acme-challenge.shop.test. 3600 IN CNAME "
                                                   "shop.test.id1.dcv.test."}));
}

// A resolver that has cached the canary alone would hide the tokens beside it.
TEST(ProofQuestionsTest, AskNoResolverForTheCanary) {
  EXPECT_THAT(ProofQuestions(kDomain),
              ElementsAre(Question{.name = "_padlock.shop.test",
                                   .type = RecordType::kTxt,
                                   .scope = Scope::kAuthoritativeThenRecursive,
                                   .expected_values = {"padlock-verify=abc"}},
                          Question{.name = "_acme-challenge.shop.test",
                                   .type = RecordType::kCname,
                                   .scope = Scope::kAuthoritativeThenRecursive,
                                   .expected_values = {"shop.test.id1.dcv.test"}},
                          Question{.name = "_acme-challenge.shop.test",
                                   .type = RecordType::kTxt,
                                   .scope = Scope::kAuthoritative,
                                   .expected_values = {"padlock-canary=xyz"}}));
}

TEST(TokenQuestionTest, WantsEveryTokenThatIsStillToBeAnswered) {
  const Order order{.authorizations = {{.txt_value = "one"},
                                       {.txt_value = "done", .valid = true},
                                       {.txt_value = "two"}}};
  EXPECT_EQ(TokenQuestion(kDomain, order), (Question{.name = "_acme-challenge.shop.test",
                                                     .type = RecordType::kTxt,
                                                     .scope = Scope::kAuthoritativeThenRecursive,
                                                     .expected_values = {"one", "two"}}));
}

}  // namespace
}  // namespace cert
