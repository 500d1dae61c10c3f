#include "e2e/findings_fixture.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/testing/status_matchers.h"

namespace e2e {
namespace {

using ::base::testing::IsOk;
using ::base::testing::IsOkAndHolds;
using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

}  // namespace

void FindingsFixture::SetUp() {
  LabTest::SetUp();
  orders_before_ = Orders();
  accepted_before_ = lab().acme().Accepted(lab::AcmeCall::kNewOrder);
}

pb::Domain FindingsFixture::AddWith(const std::string& zone, pb::RequiredRecord::Purpose right) {
  const absl::StatusOr<pb::Domain> domain = acme().api().CreateDomain({.hostname = zone});
  EXPECT_THAT(domain, IsOk());
  if (!domain.ok()) return {};
  customer_ = std::make_unique<lab::Customer>(lab().customer(zone));
  EXPECT_THAT(customer_->Add(WantedRecord(*domain, right)), IsOk());
  return *domain;
}

std::string FindingsFixture::ShowWith(const pb::Domain& domain, pb::Finding::Code code) {
  EXPECT_THAT(acme().api().RecheckDomain(domain.name()), IsOk());
  EXPECT_THAT(acme().AwaitFinding(domain, code), IsOk());
  const auto json = acme().Padlock({"--json", "show", domain.hostname()});
  const auto text = acme().Padlock({"show", domain.hostname()});
  EXPECT_THAT(json, IsOk());
  EXPECT_THAT(text, IsOk());
  if (!json.ok() || !text.ok()) return "";
  const auto shown = nlohmann::json::parse(json->substr(0, json->find('\n')));
  EXPECT_EQ(shown["finding"]["code"], pb::Finding::Code_Name(code));
  ExpectNothingOrdered();
  return *text;
}

void FindingsFixture::ExpectNothingOrdered() { EXPECT_EQ(Orders(), orders_before_); }

void FindingsFixture::ExpectIssued(const pb::Domain& domain) {
  EXPECT_THAT(acme().api().RecheckDomain(domain.name()), IsOk());
  EXPECT_THAT(acme().Await(domain, pb::Event::TYPE_CERTIFICATE_ISSUED), IsOk());
  EXPECT_EQ(lab().acme().Accepted(lab::AcmeCall::kNewOrder), accepted_before_ + 1);
  EXPECT_THAT(acme().Padlock({"show", domain.hostname()}),
              IsOkAndHolds(Not(HasSubstr("Problem:"))));
}

::testing::Matcher<std::string> FindingsFixture::Names(const std::string& server) {
  return AllOf(ContainsRegex("\n  where +ns[12][.][a-z.]+ [(]" + server + "[)] from ams\n"),
               ContainsRegex("\n  where +ns[12][.][a-z.]+ [(]" + server + "[)] from nyc\n"));
}

std::ptrdiff_t FindingsFixture::Orders() {
  const std::vector<lab::AcmeExchange> history = lab().acme().History();
  return std::ranges::count(history, lab::AcmeCall::kNewOrder, &lab::AcmeExchange::call);
}

}  // namespace e2e
