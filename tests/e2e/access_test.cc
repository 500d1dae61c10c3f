// Who gets in, and what one tenant sees of another, at a running padlock-cert.

#include <gmock/gmock.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <gtest/gtest.h>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/strings.h"
#include "base/testing/status_matchers.h"
#include "e2e/fixture.h"
#include "lab/process.h"
#include "padlock/cert/v1/domain_service.grpc.pb.h"
#include "transport/connection.h"
#include "transport/to_grpc_status.h"

namespace e2e {
namespace {

using ::base::testing::IsOk;
using ::base::testing::IsOkAndHolds;
using ::base::testing::StatusIs;
using ::lab::kCertServerName;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

auto IsNotFound() { return StatusIs(absl::StatusCode::kNotFound); }
auto IsDenied() { return StatusIs(absl::StatusCode::kPermissionDenied); }

class AccessTest : public LabTest {
 protected:
  static void SetUpTestSuite() { StartLab(QuickCa()); }

  void SetUp() override {
    LabTest::SetUp();
    absl::StatusOr<std::unique_ptr<Tenant>> rival = Tenant::Connect(lab(), "rival");
    ASSERT_THAT(rival, IsOk());
    rival_ = *std::move(rival);
  }

  Tenant& rival() { return *rival_; }

  pb::Domain Issued(const std::string& zone) {
    const auto domain = acme().AddWithRecords(zone);
    EXPECT_THAT(domain, IsOk());
    EXPECT_THAT(acme().Await(*domain, pb::Event::TYPE_CERTIFICATE_ISSUED), IsOk());
    return *domain;
  }

  // Somebody with rival's certificate who asks for acme's things.
  static std::unique_ptr<cli::Client> Intruder() {
    const auto tls = lab().MintCaller("rival", "admin");
    EXPECT_THAT(tls, IsOk());
    auto client = cli::Client::Create({.server = lab().grpc_address(),
                                       .tls_server_name = kCertServerName,
                                       .tls = {.ca_file = tls->ca_file,
                                               .certificate_file = tls->certificate_file,
                                               .private_key_file = tls->private_key_file},
                                       .tenant = "acme"});
    EXPECT_THAT(client, IsOk());
    return *std::move(client);
  }

  // One handshake of openssl(1) with acme's certificate and this option.
  static absl::Status Handshake(const std::string& option) {
    const auto tls = lab().MintCaller("acme", "reader");
    EXPECT_THAT(tls, IsOk());
    return lab::RunCommand({"openssl", "s_client", option, "-connect", lab().grpc_address(),
                            "-CAfile", tls->ca_file, "-cert", tls->certificate_file, "-key",
                            tls->private_key_file, "-alpn", "h2", "-verify_return_error"})
        .status();
  }

  // A call over a new connection with these credentials.
  static absl::Status ListAs(const std::shared_ptr<grpc::ChannelCredentials>& credentials) {
    grpc::ChannelArguments arguments;
    transport::Configure(kCertServerName, arguments);
    const auto stub = pb::DomainService::NewStub(
        grpc::CreateCustomChannel(lab().grpc_address(), credentials, arguments));
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
    pb::ListDomainsRequest request;
    request.set_parent("tenants/acme");
    pb::ListDomainsResponse response;
    return transport::FromGrpcStatus(stub->ListDomains(&context, request, &response));
  }

  static std::string Read(const std::string& path) { return base::ReadFile(path).value_or(""); }

 private:
  std::unique_ptr<Tenant> rival_;
};

TEST_F(AccessTest, AHostnameThatATenantHoldsIsRefusedToOthers) {
  Issued("shop.test");
  const auto refused = rival().api().CreateDomain({.hostname = "shop.test"});
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(std::string(refused.status().message()), StartsWith("domain.hostname: "));
  EXPECT_THAT(std::string(refused.status().message()), Not(HasSubstr("acme")));
}

TEST_F(AccessTest, NothingOfAnotherTenantIsSeen) {
  const pb::Domain domain = Issued("bakery.test");
  cli::Client& api = rival().api();
  EXPECT_THAT(api.GetDomain(domain.name()), IsNotFound());
  EXPECT_THAT(api.RecheckDomain(domain.name()), IsNotFound());
  EXPECT_THAT(api.DeleteDomain(domain.name()), IsNotFound());
  EXPECT_THAT(api.GetCertificate(domain.certificate()), IsNotFound());
  EXPECT_THAT(api.FetchIssuance(domain.certificate(), /*with_key=*/true), IsNotFound());
  EXPECT_THAT(api.FindDomain("bakery.test"), IsNotFound());
  EXPECT_THAT(api.ListCertificates(pb::Certificate::STATE_UNSPECIFIED), IsOkAndHolds(IsEmpty()));
}

TEST_F(AccessTest, NobodyActsForAnotherTenant) {
  const std::unique_ptr<cli::Client> intruder = Intruder();
  EXPECT_THAT(intruder->ListDomains(), IsDenied());
  EXPECT_THAT(intruder->CreateDomain({.hostname = "cinema.test"}), IsDenied());
  const auto ignore = [](const pb::WatchEventsResponse&) { return false; };
  EXPECT_THAT(intruder->WatchEvents({.cursor = "oldest"}, ignore), IsDenied());
}

TEST_F(AccessTest, AWatchShowsOnlyTheTenantsOwnEvents) {
  Issued("harbor.test");
  const auto own = rival().api().CreateDomain({.hostname = "florist.test"});
  ASSERT_THAT(own, IsOk());
  const auto events = rival().Await(*own, pb::Event::TYPE_DOMAIN_CREATED);
  ASSERT_THAT(events, IsOk());
  std::vector<pb::Event> seen;
  const auto until_own = [&](const pb::WatchEventsResponse& message) {
    seen.insert(seen.end(), message.events().begin(), message.events().end());
    return seen.empty() || seen.back().cursor() != events->back().cursor();
  };
  ASSERT_THAT(rival().api().WatchEvents({.cursor = "oldest"}, until_own), IsOk());
  for (const pb::Event& event : seen) {
    EXPECT_THAT(event.domain(), StartsWith("tenants/rival/")) << event.ShortDebugString();
  }
}

// The rival may have asked first, and the zone's owner may even create its records later: whoever
// proved first holds the hostname.
TEST_F(AccessTest, AClaimThatIsPendingWhenAnotherProvesNeverGetsAnOrder) {
  const auto pending = rival().api().CreateDomain({.hostname = "garden.test"});
  ASSERT_THAT(pending, IsOk());
  const pb::Domain held = Issued("garden.test");
  const int orders = lab().acme().Accepted(lab::AcmeCall::kNewOrder);

  lab::Customer customer = lab().customer("garden.test");
  ASSERT_THAT(customer.Clear("_acme-challenge.garden.test"), IsOk());
  ASSERT_THAT(rival().CreateRecords(*pending), IsOk());
  ASSERT_THAT(rival().api().RecheckDomain(pending->name()), IsOk());
  const auto refused = rival().AwaitFinding(*pending, pb::Finding::CODE_CLAIM_HELD);
  ASSERT_THAT(refused, IsOk());
  EXPECT_EQ(refused->state(), pb::Domain::STATE_PENDING);
  EXPECT_THAT(refused->finding().sentence(), Not(HasSubstr("acme")));
  EXPECT_EQ(lab().acme().Accepted(lab::AcmeCall::kNewOrder), orders);
  EXPECT_EQ(Query("SELECT count(*) FROM padlock.orders WHERE tenant = 'rival'"), "0");
}

TEST_F(AccessTest, AReaderCannotCreate) {
  const auto reader = Tenant::Connect(lab(), "acme", "reader");
  ASSERT_THAT(reader, IsOk());
  EXPECT_THAT((*reader)->api().ListDomains(), IsOk());
  EXPECT_THAT((*reader)->api().CreateDomain({.hostname = "tailor.test"}), IsDenied());
}

TEST_F(AccessTest, AKeyIsForThoseWhoMayReadKeys) {
  const pb::Domain domain = Issued("museum.test");
  const auto member = Tenant::Connect(lab(), "acme", "operator");
  ASSERT_THAT(member, IsOk());
  EXPECT_THAT((*member)->api().FetchIssuance(domain.certificate(), /*with_key=*/false), IsOk());
  EXPECT_THAT((*member)->api().FetchIssuance(domain.certificate(), /*with_key=*/true), IsDenied());
}

TEST_F(AccessTest, AClientWithoutACertificateIsRefused) {
  grpc::SslCredentialsOptions options{.pem_root_certs = Read(lab().authority().root_file())};
  EXPECT_THAT(ListAs(grpc::SslCredentials(options)), StatusIs(absl::StatusCode::kUnavailable));
  const auto tls = lab().MintCaller("acme", "reader");
  ASSERT_THAT(tls, IsOk());
  options.pem_cert_chain = Read(tls->certificate_file);
  options.pem_private_key = Read(tls->private_key_file);
  EXPECT_THAT(ListAs(grpc::SslCredentials(options)), IsOk());
}

TEST_F(AccessTest, TlsBefore13IsRefused) {
  EXPECT_THAT(Handshake("-tls1_2"), Not(IsOk()));
  EXPECT_THAT(Handshake("-tls1_3"), IsOk());
}

}  // namespace
}  // namespace e2e
