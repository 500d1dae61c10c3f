#include "cert/core/challenge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cert {
namespace {

AcmeAuthorization Offered() {
  return {.identifier = "shop.test",
          .challenge_url = "https://ca.test/dns",
          .txt_value = "digest",
          .error = AcmeProblem{.type = "urn:dns"},
          .http = AcmeHttpChallenge{.url = "https://ca.test/http",
                                    .status = AcmeChallengeStatus::kProcessing,
                                    .key_authorization = "token.thumbprint"}};
}

Domain By(ValidationMethod method) {
  return {.id = DomainId("dom_1"),
          .hostname = "shop.test",
          .method = method,
          .delegation_target = "shop.test.id.dcv.test"};
}

TEST(TakeChallengeTest, PutsADelegatedTokenAtTheDomainsTarget) {
  Authorization taken;
  ASSERT_TRUE(TakeChallenge(Offered(), By(ValidationMethod::kDelegation), taken));
  EXPECT_EQ(taken.domain, DomainId("dom_1"));
  EXPECT_EQ(taken.challenge_url, "https://ca.test/dns");
  EXPECT_EQ(taken.txt_value, "digest");
  EXPECT_EQ(taken.delegation_target, "shop.test.id.dcv.test");
  EXPECT_EQ(taken.key_authorization, "");
}

TEST(TakeChallengeTest, PublishesNothingThatTheCustomerHandles) {
  Authorization taken;
  ASSERT_TRUE(TakeChallenge(Offered(), By(ValidationMethod::kTxt), taken));
  EXPECT_EQ(taken.txt_value, "digest");
  EXPECT_EQ(taken.delegation_target, "");
}

TEST(TakeChallengeTest, AnswersHttpWithTheKeyAuthorization) {
  Authorization taken;
  ASSERT_TRUE(TakeChallenge(Offered(), By(ValidationMethod::kHttp), taken));
  EXPECT_EQ(taken.challenge_url, "https://ca.test/http");
  EXPECT_EQ(taken.key_authorization, "token.thumbprint");
  EXPECT_EQ(taken.txt_value, "");
  EXPECT_EQ(taken.delegation_target, "");
}

TEST(TakeChallengeTest, FailsWhereTheCaOffersNoneOfTheMethod) {
  AcmeAuthorization offered = Offered();
  offered.http.reset();
  Authorization taken;
  EXPECT_FALSE(TakeChallenge(offered, By(ValidationMethod::kHttp), taken));
  EXPECT_TRUE(TakeChallenge(offered, By(ValidationMethod::kTxt), taken));
  offered.challenge_url.clear();
  EXPECT_FALSE(TakeChallenge(offered, By(ValidationMethod::kTxt), taken));
}

TEST(StateOfTest, IsThatOfTheChallengeWhichTheMethodAnswers) {
  EXPECT_EQ(StateOf(Offered(), ValidationMethod::kTxt).status, AcmeChallengeStatus::kPending);
  EXPECT_TRUE(StateOf(Offered(), ValidationMethod::kTxt).error.has_value());
  EXPECT_EQ(StateOf(Offered(), ValidationMethod::kHttp).status, AcmeChallengeStatus::kProcessing);
  EXPECT_FALSE(StateOf(Offered(), ValidationMethod::kHttp).error.has_value());
}

TEST(NeedsCustomerTest, OnlyForTokensThatAreStillWanted) {
  Order order{.authorizations = {{.txt_value = "t", .method = ValidationMethod::kTxt}}};
  EXPECT_TRUE(NeedsCustomer(order));
  order.authorizations.front().valid = true;
  EXPECT_FALSE(NeedsCustomer(order));
  order.authorizations = {{.txt_value = "t"}};
  EXPECT_FALSE(NeedsCustomer(order));
}

TEST(TokenOfTest, IsWhatStandsBeforeTheThumbprint) {
  EXPECT_EQ(TokenOf("token.thumbprint"), "token");
}

TEST(TokenExpiryNoteTest, TellsTheCustomerWhenTimeIsShort) {
  const absl::Time noon = absl::FromUnixSeconds(1'800'000'000);
  Order order{.authorizations = {{.txt_value = "token", .method = ValidationMethod::kTxt}},
              .expire_time = noon + absl::Hours(71),
              .intent_time = noon};
  EXPECT_THAT(TokenExpiryNote(order), ::testing::HasSubstr("2027-01-18 07:00:00 UTC"));
  order.expire_time = noon + absl::Hours(72);
  EXPECT_EQ(TokenExpiryNote(order), "");
  order.expire_time = noon + absl::Hours(1);
  order.authorizations.front().method = ValidationMethod::kDelegation;
  EXPECT_EQ(TokenExpiryNote(order), "");
}

TEST(ValidationStageTest, IsOverHttpOnlyWhereAllThatIsMeantIs) {
  Order order;
  EXPECT_EQ(ValidationStage(order, ""), AcmeStage::kDnsValidation);
  order.authorizations = {{.identifier = "web.test", .method = ValidationMethod::kHttp}};
  EXPECT_EQ(ValidationStage(order, ""), AcmeStage::kHttpValidation);
  order.authorizations.push_back({.identifier = "shop.test", .wildcard = true});
  EXPECT_EQ(ValidationStage(order, ""), AcmeStage::kDnsValidation);
  EXPECT_EQ(ValidationStage(order, "another.test"), AcmeStage::kDnsValidation);
  EXPECT_EQ(ValidationStage(order, "web.test"), AcmeStage::kHttpValidation);
  EXPECT_EQ(ValidationStage(order, "*.shop.test"), AcmeStage::kDnsValidation);
}

}  // namespace
}  // namespace cert
