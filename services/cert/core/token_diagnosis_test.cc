#include "cert/core/token_diagnosis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cert/core/proof.h"
#include "cert/core/testing/evidence_builder.h"

namespace cert {
namespace {

using ::observation::Observation;
using ::observation::Outcome;

const AgreementPolicy kOnePerspective{.perspectives = {{.name = "ams"}}};

Authorization For(const std::string& host, const std::string& token, ValidationMethod method) {
  return {
      .identifier = host,
      .txt_value = token,
      .domain = DomainId("dom_" + host),
      .method = method,
      .delegation_target = method == ValidationMethod::kDelegation ? host + ".id1.dcv.test" : ""};
}

// What the nameserver of each name says, in the order of the questions.
Evidence Answered(const Order& order, const std::vector<Observation>& seen) {
  Evidence evidence;
  const std::vector<Question> questions = TokenQuestions(order);
  for (std::size_t i = 0; i < questions.size(); ++i) {
    evidence.push_back(
        {.question = questions[i],
         .views = {{.perspective = "ams", .worker = "w", .observations = {seen[i]}}}});
    evidence.back().question.scope = observation::Scope::kAuthoritative;
  }
  return evidence;
}

TEST(DiagnoseTokensTest, AsksTheCustomerForTheTxtThatIsStillMissing) {
  const Order order{.authorizations = {For("www.shop.test", "one", ValidationMethod::kTxt),
                                       For("www.shop.test", "two", ValidationMethod::kTxt)}};
  const auto finding = DiagnoseTokens(
      order, Answered(order, {testing::Nameserver("ns1.shop.test", Outcome::kMismatch, {"one"})}),
      kOnePerspective, "dcv.test");
  ASSERT_TRUE(finding.has_value());
  EXPECT_EQ(finding->code, FindingCode::kRecordWrong);
  EXPECT_EQ(finding->record_type, "TXT");
  EXPECT_EQ(finding->expected, "two");
  EXPECT_EQ(finding->fix, "_acme-challenge.www.shop.test. 3600 IN TXT \"two\"");
}

TEST(DiagnoseTokensTest, AsksForTheCnameOfADelegatedNameInTheSameOrder) {
  const Order order{.authorizations = {For("a.test", "one", ValidationMethod::kTxt),
                                       For("b.test", "two", ValidationMethod::kDelegation)}};
  const auto finding = DiagnoseTokens(
      order,
      Answered(order, {testing::Nameserver("ns1.shop.test", Outcome::kMatch, {"one"}),
                       testing::Nameserver("ns1.shop.test", Outcome::kNoSuchName)}),
      kOnePerspective, "dcv.test");
  ASSERT_TRUE(finding.has_value());
  EXPECT_EQ(finding->code, FindingCode::kRecordMissing);
  EXPECT_EQ(finding->record_type, "CNAME");
  EXPECT_EQ(finding->record_name, "_acme-challenge.b.test");
  EXPECT_EQ(finding->expected, "b.test.id1.dcv.test");
}

TEST(DiagnoseTokensTest, NamesWhatIsWrongBeforeWhatCouldNotBeTold) {
  const Order order{.authorizations = {For("a.test", "one", ValidationMethod::kTxt),
                                       For("b.test", "two", ValidationMethod::kTxt)}};
  const auto finding =
      DiagnoseTokens(order,
                     Answered(order, {testing::Nameserver("ns1.shop.test", Outcome::kTimeout),
                                      testing::Nameserver("ns1.shop.test", Outcome::kNoSuchName)}),
                     kOnePerspective, "dcv.test");
  ASSERT_TRUE(finding.has_value());
  EXPECT_EQ(finding->record_name, "_acme-challenge.b.test");
}

TEST(DiagnoseTokensTest, FindsNothingWhereEveryTokenIsSeen) {
  const Order order{.authorizations = {For("a.test", "one", ValidationMethod::kTxt)}};
  EXPECT_EQ(
      DiagnoseTokens(
          order, Answered(order, {testing::Nameserver("ns1.shop.test", Outcome::kMatch, {"one"})}),
          kOnePerspective, "dcv.test"),
      std::nullopt);
}

TEST(NamesUnseenTest, AreThoseOfTheCustomersWhoseRecordsAreGone) {
  Order order{.authorizations = {For("a.test", "one", ValidationMethod::kTxt),
                                 For("b.test", "two", ValidationMethod::kDelegation),
                                 For("b.test", "three", ValidationMethod::kDelegation)}};
  order.authorizations.back().wildcard = true;
  const std::vector<RefusedName> unseen =
      NamesUnseen(order,
                  Answered(order, {testing::Nameserver("ns1.shop.test", Outcome::kMatch, {"one"}),
                                   testing::Nameserver("ns1.shop.test", Outcome::kNoSuchName)}),
                  kOnePerspective, "dcv.test");
  ASSERT_EQ(unseen.size(), 2U);
  EXPECT_EQ(unseen[0].name, "b.test");
  EXPECT_EQ(unseen[0].why.record_type, "CNAME");
  EXPECT_EQ(unseen[1].name, "*.b.test");
}

}  // namespace
}  // namespace cert
