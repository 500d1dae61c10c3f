// The limits of CAs: what is counted and what is not, what is not sent, and that all replicas know
// it together.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cert/reconcile/testing/authorities_fixture.h"

namespace cert {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class LimitsTest : public AuthoritiesTest {
 protected:
  int NewOrdersCounted() {
    return std::stoi(Value("SELECT count(*) FROM padlock.ca_uses WHERE scope = 'ACCOUNT'"));
  }
};

TEST_F(LimitsTest, ARequestBeyondALimitIsNotSent) {
  limits_ = {{LimitScope::kRegisteredDomain, 1, absl::Hours(1)}};
  StartReconciler();
  const Domain first = AddWith("a", "one.example.com", {"fake"});
  ASSERT_TRUE(Reaches(first, CertificateState::kActive));
  const Domain other = AddWith("b", "two.example.com", {"fake"});
  ASSERT_TRUE(EventuallyFinds(other, FindingCode::kCaLimitReached));
  HurryAll();
  const Domain elsewhere = AddWith("b", "shop.example.net", {"fake"});
  ASSERT_TRUE(Reaches(elsewhere, CertificateState::kActive));
  EXPECT_EQ(ca_.Count(AcmeCall::kNewOrder), 2);
  const Finding finding = *CertificateOf(other).finding;
  EXPECT_THAT(finding.sentence, HasSubstr("limit of 1 in 1 h is reached for orders for names in "
                                          "example.com"));
  // The window has passed.
  Execute("UPDATE padlock.ca_uses SET time = time - interval '2 hours'");
  EXPECT_TRUE(EventuallyActive(other));
}

TEST_F(LimitsTest, AtALongLimitTheNextCaIsAsked) {
  limits_ = {{LimitScope::kAccount, 1, absl::Hours(1)}};
  StartReconciler();
  ASSERT_TRUE(Reaches(Add("a", "one.example.com"), CertificateState::kActive));
  const Domain other = Add("b", "two.example.com");
  ASSERT_TRUE(Reaches(other, CertificateState::kActive));
  EXPECT_EQ(IssuedBy(other), "second");
  EXPECT_EQ(ca_.Count(AcmeCall::kNewOrder), 1);
}

TEST_F(LimitsTest, ARequestWithoutAReplyIsCounted) {
  limits_ = {{LimitScope::kAccount, 10, absl::Hours(1)}};
  ca_.LoseReply(AcmeCall::kNewOrder);
  StartReconciler();
  const Domain domain = AddWith("a", "shop.example.com", {"fake"});
  ASSERT_TRUE(EventuallyActive(domain));
  EXPECT_EQ(ca_.Count(AcmeCall::kNewOrder), 1);
  EXPECT_EQ(NewOrdersCounted(), 1);
}

// Or a CA that cannot be reached for an hour could not be asked for some hours more.
TEST_F(LimitsTest, ARequestThatWasNotSentIsNotCounted) {
  limits_ = {{LimitScope::kAccount, 1, absl::Hours(1)},
             {LimitScope::kRegisteredDomain, 1, absl::Hours(1)},
             {LimitScope::kNameSet, 1, absl::Hours(1)}};
  for (int i = 0; i < 2; ++i) ca_.Disconnect(AcmeCall::kNewOrder);
  StartReconciler();
  const Domain domain = AddWith("a", "shop.example.com", {"fake"});
  ASSERT_TRUE(EventuallyActive(domain));
  EXPECT_EQ(ca_.Count(AcmeCall::kNewOrder), 1);
  EXPECT_EQ(NewOrdersCounted(), 1);
}

TEST_F(LimitsTest, AFailedValidationIsCountedForItsName) {
  limits_ = {{LimitScope::kFailedValidations, 1, absl::Hours(1)}};
  ca_.FailValidation("shop.example.com", Problem("unauthorized", 403, "no TXT record found"));
  StartReconciler();
  const Domain domain = AddWith("a", "shop.example.com", {"fake"});
  ASSERT_TRUE(Eventually([&] {
    HurryAll();
    const std::optional<Finding> finding = CertificateOf(domain).finding;
    return finding.has_value() && finding->code == FindingCode::kCaLimitReached;
  }));
  EXPECT_EQ(ca_.Count(AcmeCall::kNewOrder), 1);
}

TEST_F(LimitsTest, WhatTheCaRefusesForAWhileNobodySends) {
  AcmeProblem problem = Problem("rateLimited", 429, "too many new orders from this account");
  problem.retry_after = absl::Hours(1);
  ca_.Refuse(AcmeCall::kNewOrder, problem);
  StartReconciler();
  const Domain domain = AddWith("a", "one.example.com", {"fake"});
  ASSERT_TRUE(EventuallyFinds(domain, FindingCode::kCaLimitReached));
  EXPECT_THAT(CertificateOf(domain).finding->sentence, HasSubstr("too many new orders"));
  const Domain other = AddWith("b", "two.example.net", {"fake"});
  ASSERT_TRUE(EventuallyFinds(other, FindingCode::kCaLimitReached));
  // The CA's words are another tenant's.
  EXPECT_THAT(CertificateOf(other).finding->sentence,
              AllOf(HasSubstr("it refuses orders of our account"), Not(HasSubstr("too many"))));
  HurryAll();
  const Domain free = Add("c", "three.example.org");
  ASSERT_TRUE(EventuallyActive(free));
  EXPECT_EQ(IssuedBy(free), "second");
  EXPECT_EQ(ca_.Count(AcmeCall::kNewOrder), 1);
  Execute("DELETE FROM padlock.ca_waits");
  EXPECT_TRUE(EventuallyActive(domain));
  EXPECT_TRUE(EventuallyActive(other));
}

TEST_F(LimitsTest, TwoReplicasCountTogether) {
  constexpr int kLimit = 3;
  limits_ = {{LimitScope::kAccount, kLimit, absl::Hours(1)}};
  std::vector<Domain> added(8);
  for (std::size_t i = 0; i < added.size(); ++i) {
    added[i] = AddWith("a", absl::StrFormat("shop%d.example.com", i), {"fake"});
  }
  StartReconciler();
  const Reconciler twin(MakeServices(), queue_, {.threads = 2, .lease = kLease});
  ASSERT_TRUE(Eventually([&] {
    int active = 0;
    int waiting = 0;
    for (const Domain& domain : added) {
      const Certificate certificate = CertificateOf(domain);
      active += certificate.progress.state == CertificateState::kActive ? 1 : 0;
      waiting += certificate.finding && certificate.finding->code == FindingCode::kCaLimitReached;
    }
    return active == kLimit && waiting == static_cast<int>(added.size()) - kLimit;
  }));
  EXPECT_EQ(ca_.Count(AcmeCall::kNewOrder), kLimit);
}

}  // namespace
}  // namespace cert
