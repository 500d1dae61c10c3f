#include "cert/core/proof.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cert/core/agreement.h"

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

TEST(ProofQuestionsTest, AskForTheClaimAloneWithoutADelegation) {
  for (const ValidationMethod method : {ValidationMethod::kTxt, ValidationMethod::kHttp}) {
    Domain domain = kDomain;
    domain.method = method;
    ASSERT_EQ(ProofQuestions(domain).size(), 1U);
    EXPECT_EQ(ProofQuestions(domain).front().name, "_padlock.shop.test");
    ASSERT_EQ(RequiredRecords(domain).size(), 1U);
    EXPECT_EQ(RequiredRecords(domain).front().purpose, RecordPurpose::kClaim);
  }
}

Authorization Dns(const std::string& identifier, const std::string& token,
                  ValidationMethod method = ValidationMethod::kDelegation) {
  return {.identifier = identifier,
          .txt_value = token,
          .domain = DomainId("dom_" + identifier),
          .method = method};
}

TEST(TokenQuestionsTest, WantEveryTokenOfANameThatIsStillToBeAnswered) {
  Authorization done = Dns("shop.test", "done");
  done.valid = true;
  const Order order{.authorizations = {Dns("shop.test", "one"), done, Dns("shop.test", "two")}};
  EXPECT_THAT(TokenQuestions(order),
              ElementsAre(Question{.name = "_acme-challenge.shop.test",
                                   .type = RecordType::kTxt,
                                   .scope = Scope::kAuthoritativeThenRecursive,
                                   .expected_values = {"one", "two"}}));
}

TEST(TokenQuestionsTest, LookForEachNameWhereItsTokenStands) {
  const Order order{.authorizations = {Dns("a.test", "one"),
                                       Dns("b.test", "two", ValidationMethod::kTxt),
                                       {.identifier = "c.test",
                                        .method = ValidationMethod::kHttp,
                                        .key_authorization = "token.thumbprint"}}};
  EXPECT_THAT(TokenQuestions(order),
              ElementsAre(Question{.name = "_acme-challenge.a.test",
                                   .scope = Scope::kAuthoritativeThenRecursive,
                                   .expected_values = {"one"}},
                          Question{.name = "_acme-challenge.b.test",
                                   .scope = Scope::kAuthoritativeThenRecursive,
                                   .expected_values = {"two"}},
                          Question{.name = "c.test",
                                   .type = RecordType::kHttp,
                                   .scope = Scope::kAuthoritativeThenRecursive,
                                   .expected_values = {"token.thumbprint"}}));
}

TEST(TokenRecordsTest, AreThoseOfTheDomainThatItsCustomerHandles) {
  Order order{.authorizations = {Dns("shop.test", "host", ValidationMethod::kTxt),
                                 Dns("shop.test", "wildcard", ValidationMethod::kTxt),
                                 Dns("other.test", "theirs", ValidationMethod::kTxt),
                                 Dns("shop.test", "ours")}};
  order.progress.state = OrderState::kPropagating;
  std::vector<std::string> values;
  for (const RequiredRecord& record : TokenRecords(order, DomainId("dom_shop.test"))) {
    EXPECT_EQ(record.purpose, RecordPurpose::kAcmeToken);
    EXPECT_EQ(record.name, "_acme-challenge.shop.test");
    EXPECT_EQ(record.type, "TXT");
    values.push_back(record.value);
  }
  EXPECT_THAT(values, ElementsAre("host", "wildcard"));
}

TEST(OnlyForTest, TellsTheTokenThatIsThereFromTheOneThatIsNot) {
  const AgreementPolicy policy{.perspectives = {{.name = "ams"}}};
  const Answer answer{
      .question = {.name = "_acme-challenge.shop.test", .expected_values = {"one", "two"}},
      .views = {{.perspective = "ams",
                 .observations = {{.server = "ns1.shop.test",
                                   .zone = "shop.test",
                                   .outcome = observation::Outcome::kMismatch,
                                   .vote = observation::Vote::kDisagree,
                                   .values = {"one"}}}}}};
  EXPECT_EQ(Judge(OnlyFor(answer, "one"), policy).decision, Decision::kAgreed);
  EXPECT_EQ(Judge(OnlyFor(answer, "two"), policy).decision, Decision::kDisagreed);
}

TEST(TokenRecordsTest, MayGoOnceTheCaHasSeenThem) {
  Order order{.authorizations = {Dns("shop.test", "host", ValidationMethod::kTxt)}};
  for (const OrderState state : {OrderState::kIntended, OrderState::kFinalizing,
                                 OrderState::kWithdrawing, OrderState::kClosing}) {
    order.progress.state = state;
    EXPECT_TRUE(TokenRecords(order, DomainId("dom_shop.test")).empty()) << StateName(state);
  }
}

}  // namespace
}  // namespace cert
