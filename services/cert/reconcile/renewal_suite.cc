// Renewals: by the CA's window, over the end of the certificate, and what is told meanwhile. The
// database's clock is moved, not waited for.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "cert/core/edge.h"
#include "cert/core/renewal.h"
#include "cert/keys/keys.h"
#include "cert/reconcile/testing/renewal_fixture.h"

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

class RenewalSuite : public RenewalFixture {
 protected:
  // Once its window is known. The CA refuses to have it replaced, since something else has been.
  ::testing::AssertionResult IsRenewedThoughReplaced(const Domain& domain) {
    MoveClock(absl::Hours(7));
    const auto has_window = Eventually([&] { return RenewalOf(domain).window.has_value(); });
    if (!has_window) return has_window;
    ca_.Refuse(AcmeCall::kNewOrder, {.type = "urn:ietf:params:acme:error:alreadyReplaced",
                                     .detail = "replaced",
                                     .http_status = 409});
    Execute("UPDATE padlock.certificates SET renew_time = now()");
    return Eventually([&] {
      HurryAll();
      return ca_.IssuedCertificates() == 2;
    });
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

// The CA is asked about both; its word about one moves that one alone.
TEST_F(RenewalSuite, EachTwinHasAWindowOfItsOwn) {
  ca_.Change([](FakeCaOptions& ca) { ca.offers_renewal_info = true; });
  StartReconciler();
  const Domain domain = domains_
                            .Create(Operator("a"), {.parent = "tenants/a",
                                                    .hostname = "shop.example.com",
                                                    .settings = {.keys = KeyChoice::kDual}})
                            ->domain;
  ASSERT_TRUE(Eventually([&] {
    const Certificate certificate = CertificateOf(domain);
    return certificate.second_issuance && certificate.progress.state == CertificateState::kActive;
  }));
  const Certificate before = CertificateOf(domain);
  const auto renewal_of = [&](const IssuanceId& id) {
    return *Read(domain.tenant, [&](Transaction& it) { return it.GetRenewal(id); });
  };
  MoveClock(absl::Hours(7));
  ASSERT_TRUE(Eventually([&] {
    return renewal_of(*before.issuance).window && renewal_of(*before.second_issuance).window;
  }));
  const Renewal twin = renewal_of(*before.second_issuance);
  EXPECT_TRUE(AreEqual(*CertificateOf(domain).second_renew_time, RenewTime(twin)));
  const absl::Time planned = *CertificateOf(domain).renew_time;

  Execute(
      absl::StrFormat("UPDATE padlock.renewals SET refresh_time = refresh_time + "
                      "interval '30 days' WHERE issuance = '%s'",
                      before.issuance->text()));
  const absl::Time now = base::SystemClock().TimeNow();
  ca_.Change([&](FakeCaOptions& ca) {
    ca.renewal_window = {.start = now - absl::Hours(2), .end = now - absl::Hours(1)};
  });
  MoveClock(absl::Hours(14));
  ASSERT_TRUE(
      Eventually([&] { return CertificateOf(domain).second_issuance != before.second_issuance; }));
  EXPECT_EQ(CertificateOf(domain).issuance, before.issuance);
  EXPECT_TRUE(AreEqual(*CertificateOf(domain).renew_time, planned));
  EXPECT_EQ(ca_.OrderRequests().back().replaces, twin.renewal_id);
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
  ASSERT_TRUE(IsRenewedThoughReplaced(domain));
  EXPECT_EQ(ca_.OrderRequests().at(1).replaces, "");
  EXPECT_THAT(EventsOf(domain), Not(Contains(EventType::kOrderFailed)));
}

// What the CA refused counts for nothing: else the last place of a limit would be used up each
// time.
TEST_F(RenewalSuite, WhatIsReplacedAlreadyTakesOnePlaceOfALimit) {
  ca_.Change([](FakeCaOptions& ca) { ca.offers_renewal_info = true; });
  Services services = MakeServices();
  services.authorities.front().limits = {{LimitScope::kNameSet, 2, absl::Hours(168)}};
  StartReconcilerWith(services);
  const Domain domain = Add("a", "shop.example.com");
  ASSERT_TRUE(Reaches(domain, CertificateState::kActive));
  ASSERT_TRUE(IsRenewedThoughReplaced(domain));
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

// An order's records may still be there when the next renewal begins.
TEST_F(RenewalSuite, WhatStopsTheNextOrderIsTakenBackByNoEarlierOne) {
  prober_.Answer([this](const Question& question, const std::string&) {
    const bool is_token = question.type == RecordType::kTxt &&
                          question.name == "_acme-challenge.shop.example.com" &&
                          question.scope == observation::Scope::kAuthoritativeThenRecursive;
    if (is_token) publisher_.FailNext({absl::UnavailableError("away")});  // the withdrawal
    return testing::Agrees(question);
  });
  const Domain domain = MakeActive();
  prober_.Answer([](const Question&, const std::string&) {
    return testing::Disagrees(observation::Outcome::kNoSuchName);
  });
  Execute(
      "DELETE FROM padlock.claims; UPDATE padlock.certificates "
      "SET renew_time = now() - interval '1 minute'; "
      "UPDATE padlock.work SET due_time = now() WHERE kind = 'certificate'");
  reconciler_->Wake();
  const auto is_stopped = [&] {
    const std::optional<Finding> finding = CertificateOf(domain).finding;
    return finding && finding->code == FindingCode::kClaimToProve;
  };
  ASSERT_TRUE(Eventually(is_stopped));
  ASSERT_TRUE(Eventually([&] {
    Execute(
        "UPDATE padlock.work SET due_time = now() WHERE kind = 'order' AND due_time IS NOT NULL");
    reconciler_->Wake();
    return CertificateOf(domain).order == std::nullopt;
  }));
  EXPECT_TRUE(is_stopped());
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
  services.authorities.front().issuer_roots = IssuerRoots();
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

class HttpFirstSuite : public RenewalSuite {
 protected:
  Services MakeServices() override {
    Services services = RenewalSuite::MakeServices();
    services.options.edge_addresses = {"192.0.2.80"};
    return services;
  }

  // The hosts are at `address`, and our tokens are seen there if `answered`.
  void LeadTo(const std::string& address, bool answered) {
    prober_.Answer([=](const Question& question, const std::string&) {
      if (question.type != RecordType::kHttp) return testing::Agrees(question);
      if (answered && !IsEdgeLook({{.question = question}})) return testing::Agrees(question);
      View view = testing::Disagrees(observation::Outcome::kNoData);
      view.observations.front().address = address;
      return view;
    });
  }

  Domain MakeShop(bool wildcard = false) {
    StartReconciler();
    const auto made = domains_.Create(
        Operator("a"),
        {.parent = "tenants/a", .hostname = "shop.example.com", .wildcard = wildcard});
    EXPECT_THAT(made, IsOk());
    EXPECT_TRUE(Reaches(made->domain, CertificateState::kActive));
    return made->domain;
  }

  // Returns how many tokens of the renewal were asked for over HTTP, and how many in DNS.
  std::pair<int, int> Renew(const Domain& domain) {
    const IssuanceId before = *CertificateOf(domain).issuance;
    const std::size_t asked_before = prober_.asked().size();
    Execute("UPDATE padlock.certificates SET renew_time = now()");
    EXPECT_TRUE(Eventually([&] {
      HurryAll();
      const Certificate now = CertificateOf(domain);
      return now.issuance != before && now.progress.state == CertificateState::kActive;
    }));
    int http = 0;
    int dns = 0;
    const std::vector<Inquiry> asked = prober_.asked();
    for (std::size_t i = asked_before; i < asked.size(); ++i) {
      for (const Question& question : asked[i].questions) {
        if (testing::IsAboutTokens(question)) ++dns;
        if (question.type == RecordType::kHttp && !IsEdgeLook({{.question = question}})) ++http;
      }
    }
    return {http, dns};
  }
};

TEST_F(HttpFirstSuite, HostsAtOurEdgeAreRenewedThere) {
  LeadTo("192.0.2.80", /*answered=*/true);
  const Domain domain = MakeShop();
  const auto [http, dns] = Renew(domain);
  EXPECT_GE(http, 1);
  EXPECT_EQ(dns, 0);
}

TEST_F(HttpFirstSuite, HostsElsewhereAreRenewedByTheirMethod) {
  LeadTo("198.51.100.1", /*answered=*/true);
  const Domain domain = MakeShop();
  const auto [http, dns] = Renew(domain);
  EXPECT_EQ(http, 0);
  EXPECT_GE(dns, 1);
}

TEST_F(HttpFirstSuite, AWildcardIsRenewedByItsMethod) {
  LeadTo("192.0.2.80", /*answered=*/true);
  const Domain domain = MakeShop(/*wildcard=*/true);
  const auto [http, dns] = Renew(domain);
  EXPECT_EQ(http, 0);
  EXPECT_GE(dns, 1);
}

TEST_F(HttpFirstSuite, TheMethodFollowsWhereTheTokenIsNotSeenAtTheEdge) {
  LeadTo("192.0.2.80", /*answered=*/false);
  const Domain domain = MakeShop();
  const auto [http, dns] = Renew(domain);
  EXPECT_GE(http, 1);
  EXPECT_EQ(ca_.Count(AcmeCall::kNewOrder), 3);  // the first, by HTTP, by the method
  EXPECT_GE(dns, 1);
  EXPECT_FALSE(CertificateOf(domain).avoids_http);  // the next one may
}

TEST_F(HttpFirstSuite, TheMethodFollowsWhereTheCaDoesNotSeeTheToken) {
  LeadTo("192.0.2.80", /*answered=*/true);
  const Domain domain = MakeShop();
  ca_.FailValidation("shop.example.com", {.type = "urn:ietf:params:acme:error:unauthorized",
                                          .detail = "Invalid response: 404",
                                          .http_status = 403});
  const auto [http, dns] = Renew(domain);
  EXPECT_GE(http, 1);
  EXPECT_GE(dns, 1);
}

}  // namespace
}  // namespace cert
