// Several CAs: which one an order goes to, and what CAA lets be sent.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cert/reconcile/testing/authorities_fixture.h"

namespace cert {
namespace {

using ::observation::RecordType;
using ::testing::Contains;
using ::testing::Not;

TEST_F(AuthoritiesTest, ACustomerWhoCreatesTheRecordsIsGivenTokensThatLive) {
  authorization_lifetime_ = absl::Hours(24);
  StartReconciler();
  const Domain by_hand = AddByHand("hand.example.com", {});
  ASSERT_TRUE(Reaches(by_hand, CertificateState::kActive));
  EXPECT_EQ(IssuedBy(by_hand), "second");
  const Domain delegated = AddWith("a", "shop.example.com", {});
  ASSERT_TRUE(Reaches(delegated, CertificateState::kActive));
  EXPECT_EQ(IssuedBy(delegated), "fake");
}

TEST_F(AuthoritiesTest, TokensLiveAsLongAsTheProfileHasIt) {
  profile_lifetimes_["brief"] = absl::Hours(1);
  for (FakeAcmeClient* ca : {&ca_, &second_}) {
    ca->Change([](FakeCaOptions& it) { it.profiles = {{"brief", 90 * absl::Hours(24)}}; });
  }
  StartReconciler();
  const Domain brief = AddByHand("brief.example.com", {.profile = "brief"});
  const Domain long_lived = AddByHand("long.example.com", {});
  ASSERT_TRUE(Reaches(brief, CertificateState::kActive));
  ASSERT_TRUE(Reaches(long_lived, CertificateState::kActive));
  EXPECT_EQ(IssuedBy(brief), "second");
  EXPECT_EQ(IssuedBy(long_lived), "fake");
}

TEST_F(AuthoritiesTest, ACaThatIsDownIsPassedOver) {
  for (int i = 0; i < 50; ++i) ca_.Disconnect(AcmeCall::kNewAccount);
  StartReconciler();
  const Domain domain = Add("a", "shop.example.com");
  ASSERT_TRUE(EventuallyActive(domain));
  EXPECT_EQ(IssuedBy(domain), "second");
  EXPECT_EQ(ca_.Count(AcmeCall::kNewOrder), 0);
  EXPECT_EQ(second_.Count(AcmeCall::kNewOrder), 1);
  EXPECT_THAT(EventsOf(domain), Contains(EventType::kAuthorityChanged));
  EXPECT_THAT(EventsOf(domain), Not(Contains(EventType::kOrderFailed)));
  EXPECT_EQ(CertificateOf(domain).finding, std::nullopt);
}

// What another replica has seen, an hour long.
TEST_F(AuthoritiesTest, ACaThatIsDownForEverybodyIsNotAskedAtAll) {
  Execute(
      "INSERT INTO padlock.ca_states (ca, failures, failure_time) "
      "VALUES ('fake', 3, now() + interval '1 hour')");
  StartReconciler();
  const Domain domain = Add("a", "shop.example.com");
  ASSERT_TRUE(Reaches(domain, CertificateState::kActive));
  EXPECT_EQ(IssuedBy(domain), "second");
  EXPECT_EQ(ca_.Count(AcmeCall::kNewAccount), 0);
}

TEST_F(AuthoritiesTest, ACaThatAnswersIsDownNoMore) {
  Execute(
      "INSERT INTO padlock.ca_states (ca, failures, failure_time) "
      "VALUES ('fake', 7, now() - interval '1 hour')");
  StartReconciler();
  const Domain domain = Add("a", "shop.example.com");
  ASSERT_TRUE(Reaches(domain, CertificateState::kActive));
  EXPECT_EQ(IssuedBy(domain), "fake");
  EXPECT_EQ(Value("SELECT failures FROM padlock.ca_states WHERE ca = 'fake'"), "0");
}

TEST_F(AuthoritiesTest, TheOnlyAllowedCaIsWaitedForWhenItIsDown) {
  for (int i = 0; i < 5; ++i) ca_.Disconnect(AcmeCall::kNewAccount);
  StartReconciler();
  const Domain domain = AddWith("a", "shop.example.com", {"fake"});
  ASSERT_TRUE(EventuallyFinds(domain, FindingCode::kCaUnavailable));
  ASSERT_TRUE(EventuallyActive(domain));
  EXPECT_EQ(IssuedBy(domain), "fake");
  EXPECT_EQ(second_.Count(AcmeCall::kNewAccount), 0);
}

TEST_F(AuthoritiesTest, ACertificateChoosesTheOrder) {
  StartReconciler();
  const Domain domain = AddWith("a", "shop.example.com", {"second", "fake"});
  ASSERT_TRUE(Reaches(domain, CertificateState::kActive));
  EXPECT_EQ(IssuedBy(domain), "second");
}

TEST_F(AuthoritiesTest, ARefusedNameGoesToTheNextCa) {
  ca_.Refuse(AcmeCall::kNewOrder, Problem("rejectedIdentifier", 400, "policy forbids this name"));
  StartReconciler();
  const Domain domain = Add("a", "shop.example.com");
  ASSERT_TRUE(EventuallyActive(domain));
  EXPECT_EQ(IssuedBy(domain), "second");
}

TEST_F(AuthoritiesTest, WhenEveryCaRefusesTheNamesItEndsUntilARecheck) {
  const AcmeProblem refusal = Problem("rejectedIdentifier", 400, "policy forbids this name");
  ca_.Refuse(AcmeCall::kNewOrder, refusal);
  second_.Refuse(AcmeCall::kNewOrder, refusal);
  StartReconciler();
  const Domain domain = Add("a", "shop.example.com");
  ASSERT_TRUE(Eventually([&] {
    HurryAll();
    return CertificateOf(domain).progress.state == CertificateState::kFailed;
  }));
  ASSERT_THAT(domains_.Recheck(Operator("a"), "tenants/a/domains/" + domain.id.text()), IsOk());
  ASSERT_TRUE(EventuallyActive(domain));
  EXPECT_EQ(IssuedBy(domain), "fake");
}

// In the last day the next CA is asked without the pause of a minute after a failed order.
TEST_F(AuthoritiesTest, InTheLastDayAFailedOrderGoesToTheNextCaAtOnce) {
  StartReconciler();
  const Domain domain = Add("a", "shop.example.com");
  ASSERT_TRUE(Reaches(domain, CertificateState::kActive));
  ca_.FailValidation("shop.example.com", Problem("unauthorized", 403, "no TXT record found"));
  // Again and again: a step under way would overwrite it.
  ASSERT_TRUE(Eventually([&] {
    Execute(
        "UPDATE padlock.certificates "
        "SET renew_time = now(), expire_time = now() + interval '23 hours'");
    HurryAll();
    return ca_.Count(AcmeCall::kNewOrder) == 2;
  }));
  EXPECT_TRUE(Eventually([&] { return IssuedBy(domain) == "second"; }));
  EXPECT_EQ(second_.Count(AcmeCall::kNewOrder), 1);
}

TEST_F(AuthoritiesTest, CaaIsAskedAsTheCaAndBeforeTheOrder) {
  looks_at_caa_ = true;
  StartReconciler();
  const Domain domain = Add("a", "shop.example.com");
  ASSERT_TRUE(Reaches(domain, CertificateState::kActive));
  std::vector<Question> asked;
  for (const Inquiry& inquiry : prober_.asked()) {
    for (const Question& question : inquiry.questions) {
      if (question.type == RecordType::kCaa) asked.push_back(question);
    }
  }
  ASSERT_EQ(asked.size(), 2U);  // the host and its wildcard, once
  EXPECT_EQ(asked[0].name, "shop.example.com");
  EXPECT_EQ(asked[1].name, "shop.example.com");
  EXPECT_NE(asked[0].caa->wildcard, asked[1].caa->wildcard);
  EXPECT_EQ(asked[0].caa->issuer_domains, std::vector<std::string>{"first.example"});
  EXPECT_EQ(asked[0].caa->validation_method, "dns-01");
  EXPECT_EQ(asked[0].caa->account_uri,
            Value("SELECT url FROM padlock.acme_accounts WHERE ca = 'fake'"));
}

TEST_F(AuthoritiesTest, ACaThatCaaForbidsIsPassedOverWithoutAnOrder) {
  looks_at_caa_ = true;
  AllowByCaa({"second.example"}, observation::Outcome::kMismatch);
  StartReconciler();
  const Domain domain = Add("a", "shop.example.com");
  ASSERT_TRUE(Reaches(domain, CertificateState::kActive));
  EXPECT_EQ(IssuedBy(domain), "second");
  EXPECT_EQ(ca_.Count(AcmeCall::kNewOrder), 0);
  EXPECT_THAT(EventsOf(domain), Contains(EventType::kAuthorityChanged));
}

TEST_F(AuthoritiesTest, WhatCaaForbidsIsToldAndLookedAtAgain) {
  looks_at_caa_ = true;
  AllowByCaa({}, observation::Outcome::kMismatch);
  StartReconciler();
  const Domain domain = AddWith("a", "shop.example.com", {"fake"});
  ASSERT_TRUE(EventuallyFinds(domain, FindingCode::kCaaForbids));
  EXPECT_EQ(ca_.Count(AcmeCall::kNewOrder), 0);
  AllowByCaa(kIdentities, observation::Outcome::kMismatch);
  ASSERT_TRUE(EventuallyActive(domain));
  EXPECT_EQ(ca_.Count(AcmeCall::kNewOrder), 1);
  EXPECT_EQ(CertificateOf(domain).finding, std::nullopt);
}

TEST_F(AuthoritiesTest, WhenCaaForbidsAllTheFirstThatItAllowsAgainIsAsked) {
  looks_at_caa_ = true;
  AllowByCaa({}, observation::Outcome::kMismatch);
  StartReconciler();
  const Domain domain = Add("a", "shop.example.com");
  ASSERT_TRUE(EventuallyFinds(domain, FindingCode::kCaaForbids));
  AllowByCaa({"first.example"}, observation::Outcome::kMismatch);
  // As if the pauses of all had passed.
  ASSERT_TRUE(Eventually([&] {
    Execute("UPDATE padlock.certificates SET ca_failures = '[]'");
    HurryAll();
    return CertificateOf(domain).progress.state == CertificateState::kActive;
  }));
  EXPECT_EQ(IssuedBy(domain), "fake");
  EXPECT_EQ(second_.Count(AcmeCall::kNewOrder), 0);
}

TEST_F(AuthoritiesTest, NameserversThatFailForCaaKeepTheOrderBackAtEveryCa) {
  looks_at_caa_ = true;
  AllowByCaa({}, observation::Outcome::kServfail);
  StartReconciler();
  const Domain domain = Add("a", "shop.example.com");
  ASSERT_TRUE(EventuallyFinds(domain, FindingCode::kCaaUnanswerable));
  EXPECT_EQ(ca_.Count(AcmeCall::kNewOrder), 0);
  EXPECT_EQ(second_.Count(AcmeCall::kNewAccount), 0);
}

TEST_F(AuthoritiesTest, WithoutAnAllowedCaTheOwnerIsTold) {
  const Domain domain = AddWith("a", "shop.example.com", {"second"});
  Execute(R"(UPDATE padlock.certificates SET settings = '{"authorities": ["gone"]}')");
  StartReconciler();
  EXPECT_TRUE(EventuallyFinds(domain, FindingCode::kNoAuthority));
}

// It would meet all orders alike, and every customer would have to ask for a recheck afterwards.
TEST_F(AuthoritiesTest, ACaThatWaitsForOurOperatorsIsPassedOverAndAskedAgain) {
  limits_ = {{LimitScope::kNameSet, 1, absl::Hours(168)}};  // what it refuses does not count
  for (int i = 0; i < 5; ++i) {
    ca_.Refuse(AcmeCall::kNewOrder, Problem("userActionRequired", 403, "agree to the new terms"));
  }
  StartReconciler();
  const Domain alone = AddWith("a", "alone.example.com", {"fake"});
  ASSERT_TRUE(EventuallyFinds(alone, FindingCode::kCaWantsAction));
  const Domain domain = Add("a", "shop.example.com");
  ASSERT_TRUE(EventuallyActive(domain));
  EXPECT_EQ(IssuedBy(domain), "second");
  ASSERT_TRUE(Eventually([&] {  // they have agreed
    Execute("DELETE FROM padlock.ca_states");
    HurryAll();
    return IssuedBy(alone) == "fake";
  }));
}

}  // namespace
}  // namespace cert
