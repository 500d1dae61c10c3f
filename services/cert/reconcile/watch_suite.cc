// Between renewals: the records of a domain whose certificate is in force, and CAA, are looked at
// daily.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "cert/reconcile/testing/renewal_fixture.h"

namespace cert {
namespace {

using ::observation::RecordType;
using ::testing::HasSubstr;

// What the prober answers by outlives the test: it is asked until the reconciler is gone.
class WatchSuite : public RenewalFixture {
 protected:
  std::atomic<bool> delegated_ = true;
  std::atomic<bool> by_caa_ = false;
};

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

View Silent() {
  View view = testing::Disagrees(observation::Outcome::kTimeout);
  view.observations.front().vote = observation::Vote::kCouldNotTell;
  return view;
}

TEST_F(WatchSuite, AnOwnerIsToldWhenNameserversStayDead) {
  const Domain domain = MakeActive();
  prober_.Answer([](const Question&, const std::string&) { return Silent(); });
  MoveClock(absl::Hours(25));
  ASSERT_TRUE(Eventually([&] { return Get(domain).finding.has_value(); }));
  EXPECT_EQ(Get(domain).finding->code, FindingCode::kNameserversUnreachable);
  const absl::Time first_look = *Get(domain).check_time;
  ASSERT_TRUE(Eventually([&] {
    HurryAll();
    return Get(domain).check_time > first_look;
  }));
  EXPECT_EQ(Get(domain).trouble_time, std::nullopt);  // it may be our network
  MoveClock(absl::Hours(50));
  HurryAll();
  ASSERT_TRUE(Eventually([&] { return Get(domain).trouble_time.has_value(); }));
  EXPECT_EQ(Get(domain).progress.state, DomainState::kActive);
  EXPECT_EQ(MessagesOf(domain, EventType::kDomainTrouble).size(), 1U);
  // Other trouble is told as well.
  prober_.Answer([](const Question& question, const std::string&) {
    return question.type == RecordType::kCname
               ? testing::Disagrees(observation::Outcome::kNoSuchName)
               : testing::Agrees(question);
  });
  MoveClock(absl::Hours(75));
  ASSERT_TRUE(Eventually([&] {
    HurryAll();
    return MessagesOf(domain, EventType::kDomainTrouble).size() == 2U;
  }));
}

TEST_F(WatchSuite, AnOwnerIsToldThatTheClaimIsHeldWithoutItsRecord) {
  const Domain domain = MakeActive();
  prober_.Answer([value = domain.claim_value](const Question& question, const std::string&) {
    const bool claim = std::ranges::count(question.expected_values, value) > 0;
    return claim ? testing::Disagrees(observation::Outcome::kNoSuchName)
                 : testing::Agrees(question);
  });
  MoveClock(absl::Hours(25));
  ASSERT_TRUE(Eventually([&] { return Get(domain).trouble_time.has_value(); }));
  EXPECT_THAT(MessagesOf(domain, EventType::kDomainTrouble).front(),
              HasSubstr("is renewed all the same as long as nobody else claims the name"));
}

// They are the customer's, whose time ends.
TEST_F(WatchSuite, ADomainWhoseNameserversAreDeadFromTheStartEnds) {
  prober_.Answer([](const Question&, const std::string&) { return Silent(); });
  StartReconciler();
  const Domain domain = Add("a", "shop.example.com");
  ASSERT_TRUE(Eventually([&] { return Get(domain).progress.tries > 0; }));
  Execute(
      "UPDATE padlock.work SET tries = 80, start_time = now() - interval '8 days' "
      "WHERE kind = 'domain'");
  ASSERT_TRUE(Eventually([&] {
    HurryAll();
    return Get(domain).progress.state == DomainState::kFailed;
  }));
  EXPECT_EQ(Get(domain).finding->code, FindingCode::kGaveUp);
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

// It holds the claim without the record, and is not renewed without the others.
TEST_F(WatchSuite, WithoutTheClaimsRecordAnOwnerIsToldOfWhatRenewalsNeed) {
  const Domain domain = MakeActive();
  prober_.Answer([this, value = domain.claim_value](const Question& question, const std::string&) {
    const bool claim = std::ranges::count(question.expected_values, value) > 0;
    const bool gone = claim || (!delegated_ && question.type == RecordType::kCname);
    return gone ? testing::Disagrees(observation::Outcome::kNoSuchName) : testing::Agrees(question);
  });
  MoveClock(absl::Hours(25));
  ASSERT_TRUE(Eventually([&] { return Get(domain).trouble_time.has_value(); }));
  EXPECT_EQ(Get(domain).finding->record_type, "TXT");
  delegated_ = false;
  MoveClock(absl::Hours(50));
  ASSERT_TRUE(Eventually([&] {
    HurryAll();
    return MessagesOf(domain, EventType::kDomainTrouble).size() == 2U;
  }));
  EXPECT_EQ(Get(domain).finding->record_type, "CNAME");
  EXPECT_THAT(MessagesOf(domain, EventType::kDomainTrouble).back(),
              HasSubstr("cannot be renewed before this is put right"));
}

TEST_F(WatchSuite, WithoutTheClaimsRecordAnOwnerIsToldOfCaa) {
  const Domain domain = MakeActive();
  prober_.Answer([value = domain.claim_value](const Question& question, const std::string&) {
    const bool claim = std::ranges::count(question.expected_values, value) > 0;
    if (claim) return testing::Disagrees(observation::Outcome::kNoSuchName);
    return question.caa ? testing::Disagrees(observation::Outcome::kMismatch)
                        : testing::Agrees(question);
  });
  MoveClock(absl::Hours(25));
  ASSERT_TRUE(Eventually([&] { return Get(domain).trouble_time.has_value(); }));
  EXPECT_EQ(Get(domain).finding->code, FindingCode::kCaaForbids);
}

// Also one that came while the first was news.
TEST_F(WatchSuite, AnotherCauseIsToldADayLater) {
  const Domain domain = MakeActive();
  prober_.Answer([this](const Question& question, const std::string&) {
    if (question.caa && by_caa_) return testing::Disagrees(observation::Outcome::kMismatch);
    return question.type == RecordType::kCname && !by_caa_
               ? testing::Disagrees(observation::Outcome::kNoSuchName)
               : testing::Agrees(question);
  });
  MoveClock(absl::Hours(25));
  ASSERT_TRUE(Eventually([&] { return Get(domain).trouble_time.has_value(); }));
  by_caa_ = true;
  MoveClock(absl::Hours(29));
  ASSERT_TRUE(Eventually([&] {
    HurryAll();
    return Get(domain).finding && Get(domain).finding->code == FindingCode::kCaaForbids;
  }));
  EXPECT_EQ(MessagesOf(domain, EventType::kDomainTrouble).size(), 1U);
  MoveClock(absl::Hours(51));
  ASSERT_TRUE(Eventually([&] {
    HurryAll();
    return MessagesOf(domain, EventType::kDomainTrouble).size() == 2U;
  }));
}

}  // namespace
}  // namespace cert
