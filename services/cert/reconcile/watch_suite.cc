// Between renewals: the records of a domain whose certificate is in force, and CAA, are looked at
// daily.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cert/reconcile/testing/renewal_fixture.h"

namespace cert {
namespace {

using ::observation::RecordType;
using ::testing::HasSubstr;

class WatchSuite : public RenewalFixture {};

TEST_F(WatchSuite, AnOwnerIsToldWhenRecordsGoAndWhenTheyAreBack) {
  const Domain domain = MakeActive();
  prober_.Answer([](const Question& question, const std::string&) {
    return question.type == RecordType::kCname
               ? testing::Disagrees(observation::Outcome::kNoSuchName)
               : testing::Agrees(question);
  });
  MoveClock(absl::Hours(25));
  ASSERT_TRUE(Eventually([&] { return Get(domain).trouble_time.has_value(); }));
  EXPECT_EQ(Get(domain).finding->code, FindingCode::kRecordMissing);
  EXPECT_EQ(Get(domain).progress.state, DomainState::kActive);
  EXPECT_EQ(CertificateOf(domain).progress.state, CertificateState::kActive);

  prober_.Answer(
      [](const Question& question, const std::string&) { return testing::Agrees(question); });
  MoveClock(absl::Hours(50));
  ASSERT_TRUE(Eventually([&] { return !Get(domain).trouble_time.has_value(); }));
  const std::vector<std::string> troubles = MessagesOf(domain, EventType::kDomainTrouble);
  ASSERT_EQ(troubles.size(), 1U);
  EXPECT_THAT(troubles[0], HasSubstr("valid for another 88 days"));
  EXPECT_EQ(MessagesOf(domain, EventType::kDomainWell).size(), 1U);
}

TEST_F(WatchSuite, AnOwnerIsToldWhenCaaWouldForbidTheRenewal) {
  const Domain domain = MakeActive();
  const absl::Time proved = *Get(domain).prove_time;
  prober_.Answer([](const Question& question, const std::string&) {
    return question.caa ? testing::Disagrees(observation::Outcome::kMismatch)
                        : testing::Agrees(question);
  });
  MoveClock(absl::Hours(25));
  ASSERT_TRUE(Eventually([&] { return Get(domain).trouble_time.has_value(); }));
  EXPECT_EQ(Get(domain).finding->code, FindingCode::kCaaForbids);
  EXPECT_EQ(Get(domain).progress.state, DomainState::kActive);
  EXPECT_GT(*Get(domain).prove_time, proved);  // it is proved all the same
  const std::vector<std::string> troubles = MessagesOf(domain, EventType::kDomainTrouble);
  ASSERT_EQ(troubles.size(), 1U);
  EXPECT_THAT(troubles[0], HasSubstr("do not let the CA fake (ca.test) issue"));
  EXPECT_THAT(troubles[0], HasSubstr("valid for another 88 days"));

  prober_.Answer(
      [](const Question& question, const std::string&) { return testing::Agrees(question); });
  MoveClock(absl::Hours(50));
  ASSERT_TRUE(Eventually([&] { return !Get(domain).trouble_time.has_value(); }));
  EXPECT_EQ(Get(domain).finding, std::nullopt);
  EXPECT_EQ(MessagesOf(domain, EventType::kDomainWell).size(), 1U);
}

// The renewal goes to a CA that the records let issue.
TEST_F(WatchSuite, WhatCaaForbidsOneOfTwoCasIsNoTrouble) {
  FakeAcmeClient second{{.base_url = "https://second.test"}, base::SystemClock()};
  Services services = MakeServices();
  services.authorities.front().caa_identities = {"first.example"};
  services.authorities.push_back(
      {.name = "second", .client = &second, .caa_identities = {"second.example"}});
  StartReconcilerWith(services);
  const Domain domain = Add("a", "shop.example.com");
  ASSERT_TRUE(Reaches(domain, CertificateState::kActive));
  prober_.Answer([](const Question& question, const std::string&) {
    return question.caa && question.caa->issuer_domains.front() == "first.example"
               ? testing::Disagrees(observation::Outcome::kMismatch)
               : testing::Agrees(question);
  });
  const absl::Time proved = *Get(domain).prove_time;
  MoveClock(absl::Hours(25));
  ASSERT_TRUE(Eventually([&] { return *Get(domain).prove_time > proved; }));
  EXPECT_EQ(Get(domain).finding, std::nullopt);
  EXPECT_EQ(Get(domain).trouble_time, std::nullopt);
  reconciler_.reset();  // before the CA that it may ask
}

}  // namespace
}  // namespace cert
