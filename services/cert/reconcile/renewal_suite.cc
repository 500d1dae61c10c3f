// Renewals: by the CA's window, over the end of the certificate, and what is told meanwhile. The
// database's clock is moved, not waited for.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "cert/core/renewal.h"
#include "cert/keys/keys.h"
#include "cert/reconcile/testing/reconcile_fixture.h"

namespace cert {
namespace {

using ::observation::RecordType;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

// The database keeps microseconds.
bool AreEqual(absl::Time a, absl::Time b) {
  return absl::AbsDuration(a - b) < absl::Milliseconds(1);
}

class RenewalSuite : public ReconcileTest {
 protected:
  // By the database's clock, from now on.
  void MoveClock(absl::Duration ahead) {
    Execute(absl::StrFormat("UPDATE padlock.clock SET time_offset = '%d seconds'",
                            absl::ToInt64Seconds(ahead)));
    if (reconciler_ != nullptr) reconciler_->Wake();
  }

  Domain MakeActive() {
    StartReconciler();
    Domain domain = Add("a", "shop.example.com");
    EXPECT_TRUE(Reaches(domain, CertificateState::kActive));
    return domain;
  }

  Renewal RenewalOf(const Domain& domain) {
    const std::optional<Renewal> renewal = Read(domain.tenant, [&](Transaction& it) {
      return it.GetRenewal(*CertificateOf(domain).issuance);
    });
    EXPECT_TRUE(renewal.has_value());
    return renewal.value_or(Renewal{});
  }

  ::testing::AssertionResult HasIssued(std::size_t count) {
    return Eventually([&] { return ca_.IssuedCertificates() >= count; });
  }

  std::vector<std::string> MessagesOf(const Domain& domain, EventType type) {
    std::vector<std::string> messages;
    const auto events = log_.ReadEvents(domain.tenant, {}, 1000);
    EXPECT_THAT(events, IsOk());
    for (const Event& event : *events) {
      if (event.type == type) messages.push_back(event.message);
    }
    return messages;
  }
};

TEST_F(RenewalSuite, AMovedWindowMovesTheRenewal) {
  ca_.Change([](FakeCaOptions& ca) {
    ca.offers_renewal_info = true;
    ca.explanation_url = "https://ca.test/why";
  });
  const Domain domain = MakeActive();
  const absl::Time planned = *CertificateOf(domain).renew_time;
  MoveClock(absl::Hours(7));
  ASSERT_TRUE(Eventually([&] { return RenewalOf(domain).window.has_value(); }));
  const Renewal told = RenewalOf(domain);
  EXPECT_EQ(told.explanation_url, "https://ca.test/why");
  EXPECT_TRUE(AreEqual(*CertificateOf(domain).renew_time, RenewTime(told)));
  EXPECT_NE(*CertificateOf(domain).renew_time, planned);

  const RenewalWindow earlier{.start = told.window->start - absl::Hours(48),
                              .end = told.window->end - absl::Hours(48)};
  ca_.Change([&](FakeCaOptions& ca) { ca.renewal_window = earlier; });
  MoveClock(absl::Hours(15));
  ASSERT_TRUE(Eventually([&] { return RenewalOf(domain).window == earlier; }));
  EXPECT_EQ(RenewalOf(domain).draw, told.draw);
  EXPECT_TRUE(AreEqual(*CertificateOf(domain).renew_time, RenewTime(told) - absl::Hours(48)));
}

TEST_F(RenewalSuite, ACaThatAsksForItGetsASuccessorAtOnceAndIsToldWhatItReplaces) {
  ca_.Change([](FakeCaOptions& ca) { ca.offers_renewal_info = true; });
  const Domain domain = MakeActive();
  const Renewal first = RenewalOf(domain);
  const absl::Time now = base::SystemClock().TimeNow();
  ca_.Change([&](FakeCaOptions& ca) {
    ca.renewal_window = {.start = now - absl::Hours(2), .end = now - absl::Hours(1)};
  });
  MoveClock(absl::Hours(7));
  ASSERT_TRUE(HasIssued(2));
  const std::vector<AcmeOrderRequest> requests = ca_.OrderRequests();
  EXPECT_EQ(requests.at(0).replaces, "");
  EXPECT_EQ(requests.at(1).replaces, first.renewal_id);
  EXPECT_FALSE(first.renewal_id.empty());
}

// Somebody else's order, or one of ours that is lost, replaces the certificate already.
TEST_F(RenewalSuite, WhatIsReplacedAlreadyIsRenewedWithoutSayingSo) {
  ca_.Change([](FakeCaOptions& ca) { ca.offers_renewal_info = true; });
  const Domain domain = MakeActive();
  MoveClock(absl::Hours(7));
  ASSERT_TRUE(Eventually([&] { return RenewalOf(domain).window.has_value(); }));
  ca_.Refuse(AcmeCall::kNewOrder, {.type = "urn:ietf:params:acme:error:alreadyReplaced",
                                   .detail = "replaced",
                                   .http_status = 409});
  Execute("UPDATE padlock.certificates SET renew_time = now()");
  ASSERT_TRUE(Eventually([&] {
    HurryAll();
    return ca_.IssuedCertificates() == 2;
  }));
  EXPECT_EQ(ca_.OrderRequests().at(1).replaces, "");
  EXPECT_THAT(EventsOf(domain), Not(Contains(EventType::kOrderFailed)));
}

TEST_F(RenewalSuite, WithoutAnAnswerThePlanStays) {
  ca_.Change([](FakeCaOptions& ca) { ca.offers_renewal_info = true; });
  const Domain domain = MakeActive();
  const Renewal planned = RenewalOf(domain);
  ca_.Disconnect(AcmeCall::kRenewalInfo);
  MoveClock(absl::Hours(7));
  ASSERT_TRUE(Eventually([&] { return RenewalOf(domain).refresh_time > planned.refresh_time; }));
  EXPECT_EQ(RenewalOf(domain).window, std::nullopt);
  EXPECT_TRUE(AreEqual(*CertificateOf(domain).renew_time, RenewTime(planned)));
}

TEST_F(RenewalSuite, AnEndedCertificateIsToldOnceAndRenewedAllTheSame) {
  const Domain domain = MakeActive();
  for (int i = 0; i < 1000; ++i) ca_.Disconnect(AcmeCall::kNewOrder);
  MoveClock(absl::Hours(24 * 91));
  ASSERT_TRUE(Eventually([&] {
    const std::optional<Finding> finding = CertificateOf(domain).finding;
    return finding && finding->code == FindingCode::kCertificateExpired &&
           finding->sentence.find("scripted") != std::string::npos;
  }));
  EXPECT_THAT(CertificateOf(domain).finding->sentence, HasSubstr("expired at"));
  EXPECT_EQ(MessagesOf(domain, EventType::kCertificateExpired).size(), 1U);
  EXPECT_TRUE(CertificateOf(domain).issuance.has_value());
}

TEST_F(RenewalSuite, AnOwnerIsToldWhenRecordsGoAndWhenTheyAreBack) {
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

TEST_F(RenewalSuite, AnOrderIsMadeByTheProfileThatTheCaOffersOnly) {
  ca_.Change([](FakeCaOptions& ca) { ca.profiles = {{"short", absl::Hours(144)}}; });
  Services services = MakeServices();
  services.authorities.front().profile = "shrot";
  StartReconcilerWith(services);
  const Domain domain = Add("a", "shop.example.com");
  ASSERT_TRUE(Eventually([&] { return CertificateOf(domain).finding.has_value(); }));
  EXPECT_EQ(CertificateOf(domain).finding->code, FindingCode::kProfileNotOffered);
  EXPECT_THAT(CertificateOf(domain).finding->sentence, HasSubstr("it offers: short"));
  EXPECT_EQ(ca_.Count(AcmeCall::kNewOrder), 0);
}

TEST_F(RenewalSuite, ThePreferredChainIsServed) {
  ca_.Change([](FakeCaOptions& ca) { ca.alternate_chains = 2; });
  Services services = MakeServices();
  services.authorities.front().preferred_chain = "Fake root 2";
  services.authorities.front().issuer_roots_file.clear();
  StartReconcilerWith(services);
  const Domain domain = Add("a", "shop.example.com");
  ASSERT_TRUE(Reaches(domain, CertificateState::kActive));
  const Issuance issuance = Read(domain.tenant, [&](Transaction& it) {
    return it.GetIssuance(*CertificateOf(domain).issuance);
  });
  EXPECT_EQ(*TopIssuerName(issuance.chain_pem), "Fake root 2");
}

// Its root is none of those that are trusted.
TEST_F(RenewalSuite, APreferredChainThatDoesNotVerifyGivesWayToTheFirst) {
  ca_.Change([](FakeCaOptions& ca) { ca.alternate_chains = 1; });
  Services services = MakeServices();
  services.authorities.front().preferred_chain = "Fake root 1";
  StartReconcilerWith(services);
  const Domain domain = Add("a", "shop.example.com");
  ASSERT_TRUE(Reaches(domain, CertificateState::kActive));
  const Issuance issuance = Read(domain.tenant, [&](Transaction& it) {
    return it.GetIssuance(*CertificateOf(domain).issuance);
  });
  EXPECT_EQ(*TopIssuerName(issuance.chain_pem), "Fake root");
}

}  // namespace
}  // namespace cert
