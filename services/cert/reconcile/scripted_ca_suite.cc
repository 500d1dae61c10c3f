// The service against a CA that does what no real one shows on demand, over HTTPS: refusals with a
// date, errors of a box in front, issuance that takes for ever, certificates that are not right, a
// renewal that is wanted now, connections that stay half open. What it has issued in the end is
// right, and it was asked no more often than it had to be.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/algorithm/container.h"
#include "base/testing/temp_directory.h"
#include "cert/acme/acme_client.h"
#include "cert/acme/bounded_transport.h"
#include "cert/acme/curl_transport.h"
#include "cert/acme/testing/acme_server.h"
#include "cert/reconcile/testing/renewal_fixture.h"

namespace cert {
namespace {

using ::testing::HasSubstr;

// A request that is not answered costs nine tenths of it.
constexpr absl::Duration kShortLease = absl::Seconds(5);

class ScriptedCaSuite : public RenewalFixture {
 protected:
  // Orders `shop.example.com`.
  Domain Order() { return OrderAt({}); }
  Domain OrderAt(const std::vector<CaLimit>& limits) {
    Services services = MakeServices();
    services.authorities = {{.name = "scripted",
                             .client = &client_,
                             .issuer_roots = IssuerRoots(roots_file_),
                             .limits = limits}};
    services.options.check_timeout = kShortLease / 2;
    services.options.commit_margin = kShortLease / 10;
    reconciler_ = std::make_unique<Reconciler>(
        services, queue_,
        Reconciler::Options{
            .threads = 2, .lease = kShortLease, .poll_interval = absl::Milliseconds(50)});
    return Add("a", "shop.example.com");
  }

  ::testing::AssertionResult IsIssued(const Domain& domain) {
    return Eventually([&] {
      HurryAll();
      return CertificateOf(domain).progress.state == CertificateState::kActive;
    });
  }
  ::testing::AssertionResult Finds(const Domain& domain, FindingCode code) {
    return Eventually([&] {
      const std::optional<Finding> finding = CertificateOf(domain).finding;
      return finding && finding->code == code;
    });
  }

  const base::testing::TempDirectory files_;
  const std::unique_ptr<AcmeServer> server_ = *AcmeServer::Start({});
  const std::string roots_file_ = files_.Write("roots.pem", server_->RootPem());
  CurlTransport transport_{{.tls_ca_file = files_.Write("tls.pem", server_->TlsRootPem())}};
  HttpAcmeClient client_{
      {.directory_url = server_->DirectoryUrl()}, transport_, base::SystemClock()};
};

TEST_F(ScriptedCaSuite, ARefusalWithADateIsWaitedOut) {
  const absl::Time end = base::SystemClock().TimeNow() + absl::Hours(2);
  server_->Next(AcmeCall::kNewOrder,
                AcmeFault::Problem("rateLimited", 429, "too many orders", HttpDate(end)));
  const Domain domain = Order();
  ASSERT_TRUE(Finds(domain, FindingCode::kCaLimitReached));
  HurryAll();
  MoveClock(absl::Minutes(110));
  HurryAll();
  EXPECT_EQ(server_->Count(AcmeCall::kNewOrder), 1);
  EXPECT_THAT(CertificateOf(domain).finding->sentence, HasSubstr("too many orders"));
  MoveClock(absl::Minutes(125));
  ASSERT_TRUE(IsIssued(domain));
  EXPECT_EQ(server_->Count(AcmeCall::kNewOrder), 2);
  EXPECT_EQ(server_->Orders().size(), 1U);
}

TEST_F(ScriptedCaSuite, ErrorsOfABoxInFrontAreRepeatedForOneOrder) {
  for (const AcmeCall call :
       {AcmeCall::kDirectory, AcmeCall::kNewAccount, AcmeCall::kNewOrder,
        AcmeCall::kGetAuthorization, AcmeCall::kAnswerChallenge, AcmeCall::kGetOrder,
        AcmeCall::kFinalize, AcmeCall::kDownloadCertificate}) {
    server_->Next(call, AcmeFault::Gateway(502), 2);
  }
  const Domain domain = Order();
  ASSERT_TRUE(IsIssued(domain));
  EXPECT_EQ(server_->Orders().size(), 1U);
}

TEST_F(ScriptedCaSuite, AnOrderThatIsProcessedForEverIsFollowedByAnother) {
  server_->Change([](FakeCaOptions& ca) { ca.issuance_polls = FakeCaOptions::kForEver; });
  const Domain domain = Order();
  ASSERT_TRUE(Eventually([&] { return server_->Count(AcmeCall::kFinalize) == 1; }));
  const int looks = server_->Count(AcmeCall::kGetOrder);
  ASSERT_TRUE(Eventually([&] {
    HurryAll();
    return server_->Count(AcmeCall::kGetOrder) >= looks + 3;
  }));
  EXPECT_EQ(CertificateOf(domain).progress.state, CertificateState::kOrdering);
  EXPECT_EQ(server_->Orders().size(), 1U);
  EXPECT_EQ(server_->Count(AcmeCall::kFinalize), 1);
  MoveClock(absl::Minutes(15));
  HurryAll();
  ASSERT_TRUE(Finds(domain, FindingCode::kCaUnavailable));
  EXPECT_THAT(CertificateOf(domain).finding->sentence, HasSubstr("has been at the order since"));
  server_->Change([](FakeCaOptions& ca) { ca.issuance_polls = 0; });
  MoveClock(absl::Hours(24 * 8));  // the order's life is over
  HurryAll();
  ASSERT_TRUE(Finds(domain, FindingCode::kOrderExpired));
  MoveClock(absl::ZeroDuration());  // that of the CA has stayed there
  ASSERT_TRUE(IsIssued(domain));
  EXPECT_EQ(server_->Count(AcmeCall::kFinalize), 2);
}

TEST_F(ScriptedCaSuite, AWindowThatIsOverMeansNow) {
  const absl::Time now = base::SystemClock().TimeNow();
  server_->Change([&](FakeCaOptions& ca) {
    ca.offers_renewal_info = true;
    ca.renewal_window = {.start = now - absl::Hours(2), .end = now - absl::Hours(1)};
  });
  const Domain domain = Order();
  ASSERT_TRUE(IsIssued(domain));
  MoveClock(absl::Hours(7));  // beyond the next look at the window
  ASSERT_TRUE(Eventually([&] {
    HurryAll();
    return server_->OrderRequests().size() >= 2;
  }));
  EXPECT_TRUE(server_->OrderRequests()[0].replaces.empty());
  EXPECT_FALSE(server_->OrderRequests()[1].replaces.empty());
  EXPECT_TRUE(CertificateOf(domain).issuance.has_value());
}

TEST_F(ScriptedCaSuite, WhatIsNotValidYetIsLookedAtAgain) {
  server_->Change([](FakeCaOptions& ca) { ca.issuance = FakeIssuance::kNotYetValid; });
  const Domain domain = Order();
  ASSERT_TRUE(Finds(domain, FindingCode::kClockSkew));
  EXPECT_EQ(CertificateOf(domain).issuance, std::nullopt);
  MoveClock(absl::Hours(2));
  ASSERT_TRUE(IsIssued(domain));
  EXPECT_EQ(server_->Orders().size(), 1U);
}

struct NotRight {
  const char* name;
  FakeIssuance issuance;
  FindingCode code;
};

class NotRightTest : public ScriptedCaSuite, public ::testing::WithParamInterface<NotRight> {};

TEST_P(NotRightTest, IsNeverServedAndAnotherOrderFollows) {
  server_->Change([](FakeCaOptions& ca) { ca.issuance = GetParam().issuance; });
  const Domain domain = Order();
  ASSERT_TRUE(Finds(domain, GetParam().code));
  EXPECT_EQ(CertificateOf(domain).issuance, std::nullopt);
  EXPECT_GE(CertificateOf(domain).failed_orders, 1);
  server_->Change([](FakeCaOptions& ca) { ca.issuance = FakeIssuance::kRight; });
  ASSERT_TRUE(IsIssued(domain));
  EXPECT_EQ(Issued(domain.certificate),
            (std::vector<std::string>{"*.shop.example.com", "shop.example.com"}));
}

INSTANTIATE_TEST_SUITE_P(
    Certificates, NotRightTest,
    ::testing::Values(
        NotRight{"AnotherKey", FakeIssuance::kWrongKey, FindingCode::kKeyMismatch},
        NotRight{"AnotherName", FakeIssuance::kWrongName, FindingCode::kIssuanceRejected},
        NotRight{"Expired", FakeIssuance::kExpired, FindingCode::kIssuanceRejected},
        NotRight{"AnotherChain", FakeIssuance::kWrongChain, FindingCode::kIssuanceRejected},
        NotRight{"ABrokenSignature", FakeIssuance::kBrokenSignature,
                 FindingCode::kIssuanceRejected}),
    [](const auto& test) { return std::string(test.param.name); });

struct HalfOpen {
  const char* name;
  AcmeCall call;
  AcmeFault fault;
};

class HalfOpenTest : public ScriptedCaSuite, public ::testing::WithParamInterface<HalfOpen> {};

TEST_P(HalfOpenTest, HoldsTheSameOrderUpForALeaseAtMost) {
  server_->Next(GetParam().call, GetParam().fault);
  const Domain domain = Order();
  ASSERT_TRUE(IsIssued(domain));
  EXPECT_EQ(server_->Orders().size(), 1U);
}

INSTANTIATE_TEST_SUITE_P(
    Connections, HalfOpenTest,
    ::testing::Values(
        HalfOpen{"NewOrderThatTookEffect", AcmeCall::kNewOrder, AcmeFault::StallReply()},
        HalfOpen{"NewOrderWithoutEffect", AcmeCall::kNewOrder, AcmeFault::Stall()},
        HalfOpen{"HalfOfTheAnswerToFinalize", AcmeCall::kFinalize, AcmeFault::HalfReply()},
        HalfOpen{"HalfOfTheCertificate", AcmeCall::kDownloadCertificate, AcmeFault::HalfReply()}),
    [](const auto& test) { return std::string(test.param.name); });

TEST_F(ScriptedCaSuite, WhatWasNotSentForWantOfANonceIsNotCounted) {
  server_->Next(AcmeCall::kNewNonce, AcmeFault::Gateway(503), 3);
  const Domain domain = OrderAt({{LimitScope::kAccount, 1, absl::Hours(1)}});
  ASSERT_TRUE(IsIssued(domain));
}

// One CA that answers nothing, another one that does, and twice as many orders at the first as
// there are threads.
class SilentCaSuite : public ScriptedCaSuite {
 protected:
  static constexpr int kThreads = 4;
  static constexpr int kPlaces = 3;
  static constexpr int kOrders = 2 * kThreads;
  // One newOrder each, and those without a reply.
  static constexpr int kLimit = kOrders + kPlaces;
  // Nothing that is waited for here ends by itself.
  static constexpr absl::Duration kLongLease = absl::Minutes(10);

  void SetUp() override {
    ScriptedCaSuite::SetUp();
    server_->Next(AcmeCall::kNewOrder, AcmeFault::Stall(), 1000);
    Services services = MakeServices();
    services.authorities.insert(services.authorities.begin(),
                                {.name = "scripted",
                                 .client = &bounded_client_,
                                 .issuer_roots = IssuerRoots(roots_file_),
                                 .limits = {{LimitScope::kAccount, kLimit, absl::Hours(1)}}});
    reconciler_ = std::make_unique<Reconciler>(
        services, queue_,
        Reconciler::Options{
            .threads = kThreads, .lease = kLongLease, .poll_interval = absl::Milliseconds(50)});
    for (int i = 0; i < kOrders; ++i) {
      waiting_.push_back(AddAt("scripted", absl::StrFormat("shop-%d.example.com", i)));
    }
  }
  void TearDown() override {
    server_->Release();  // what is stalled, or nothing would end before its deadline
    ScriptedCaSuite::TearDown();
  }

  Domain AddAt(const std::string& ca, const std::string& hostname) {
    absl::StatusOr<DomainDetails> made = all_domains_.Create(
        Operator("b"),
        {.parent = "tenants/b", .hostname = hostname, .settings = {.authorities = {ca}}});
    EXPECT_THAT(made, IsOk());
    return made->domain;
  }

  ::testing::AssertionResult AllPlacesAreTaken() {
    return Eventually([&] {
      return absl::c_count_if(waiting_, [&](const Domain& domain) {
               const std::optional<OrderId> order = CertificateOf(domain).order;
               return order && Read(domain.tenant, [&](Transaction& it) {
                                 return it.GetOrder(*order);
                               }).new_order_sent;
             }) >= kPlaces;
    });
  }

  // Tries of orders for which there was no place.
  int Refusals() {
    pqxx::connection connection(database_->ConnectionString("postgres"));
    return pqxx::nontransaction(connection)
        .exec1("SELECT coalesce(sum(tries), 0) FROM padlock.work WHERE kind = 'order'")[0]
        .as<int>();
  }

  BoundedTransport bounded_{std::make_unique<CurlTransport>(CurlTransport::Options{
                                .tls_ca_file = files_.Write("tls2.pem", server_->TlsRootPem())}),
                            {.places = kPlaces, .slow = absl::Milliseconds(100)}};
  HttpAcmeClient bounded_client_{
      {.directory_url = server_->DirectoryUrl()}, bounded_, base::SystemClock()};
  Domains all_domains_{store_,
                       base::SystemRandom(),
                       {.delegation_zone = kZone, .authorities = {"scripted", "fake"}}};
  std::vector<Domain> waiting_;
};

TEST_F(SilentCaSuite, HoldsNoOtherCaUp) {
  ASSERT_TRUE(AllPlacesAreTaken());
  const Domain other = AddAt("fake", "other.example.com");
  EXPECT_TRUE(Reaches(other, CertificateState::kActive));
}

TEST_F(SilentCaSuite, IssuesWhatItWasAskedForOnceItAnswers) {
  ASSERT_TRUE(AllPlacesAreTaken());
  ASSERT_TRUE(Eventually([&] {
    HurryAll();
    return Refusals() >= 2 * kLimit;
  }));
  server_->Release();
  for (const Domain& domain : waiting_) EXPECT_TRUE(IsIssued(domain));
  EXPECT_EQ(server_->Orders().size(), kOrders);
}

}  // namespace
}  // namespace cert
