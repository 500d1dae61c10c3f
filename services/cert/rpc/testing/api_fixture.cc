#include "cert/rpc/testing/api_fixture.h"

#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <unistd.h>

#include <filesystem>

#include "absl/strings/str_format.h"
#include "base/random.h"
#include "cert/rpc/certificate_service.h"
#include "cert/rpc/domain_service.h"
#include "cert/rpc/event_service.h"
#include "transport/connection.h"

namespace cert::testing {
namespace {

namespace pb = ::padlock::cert::v1;

const AgreementPolicy kPolicy{.perspectives = {{.name = "ams", .region = ""}}};

transport::TlsFiles FilesOf(const lab::Credentials& credentials) {
  return {.ca_file = credentials.ca_file,
          .certificate_file = credentials.certificate_file,
          .private_key_file = credentials.private_key_file};
}

}  // namespace

ApiFixture::ApiFixture() = default;

ApiFixture::~ApiFixture() {
  if (hub_ != nullptr) hub_->Stop();
  clients_.clear();
  if (server_ != nullptr) server_->Shutdown(absl::Seconds(10));
}

void ApiFixture::SetUp() {
  PostgresFixture::SetUp();
  authority_ = *lab::CertificateAuthority::Create(directory_.path());
  sealer_ =
      std::make_unique<Sealer>(*Sealer::Create({{.id = "k1", .octets = std::string(32, 'k')}}));
  workers_ = std::make_unique<base::WorkerPool>(base::WorkerPool::Options{.threads = 4});
  hub_ = std::make_unique<WatchHub>(*events_, WatchHub::Options{});
  domains_ = std::make_unique<Domains>(*store_, base::SystemRandom(),
                                       Domains::Options{.delegation_zone = kDelegationZone,
                                                        .reserved_zones = {kReservedZone},
                                                        .authorities = {"first", "second"},
                                                        .answers_http = true,
                                                        .policy = kPolicy});
  diagnoses_ = std::make_unique<Diagnoses>(
      *store_, prober_, Diagnoses::Options{.policy = kPolicy, .delegation_zone = kDelegationZone});
  certificates_ = std::make_unique<Certificates>(*store_, *sealer_);
  shared_certificates_ = std::make_unique<SharedCertificates>(
      *store_, base::SystemRandom(),
      SharedCertificates::Options{.delegation_zone = kDelegationZone,
                                  .reserved_zones = {kReservedZone},
                                  .authorities = {"first", "second"},
                                  .answers_http = true,
                                  .max_names = 5});
  runner_ = std::make_unique<CallRunner>(
      CallRunner::Environment{*workers_, metrics_, base::SystemRandom()},
      transport::IdentityRules{});
  services_ = {MakeDomainService(*domains_, *diagnoses_, *runner_, kPolicy),
               MakeCertificateService(*certificates_, *shared_certificates_, *runner_, kPolicy),
               MakeEventService(*events_, *hub_, *runner_)};
  const auto tls = authority_->Mint({.name = "server", .dns_names = {"padlock-cert"}});
  ASSERT_TRUE(tls.ok()) << tls.status();
  std::vector<grpc::Service*> services;
  for (const auto& service : services_) services.push_back(service.get());
  auto server =
      RpcServer::Start({.address = "127.0.0.1", .port = 0, .tls = FilesOf(*tls)}, services);
  ASSERT_TRUE(server.ok()) << server.status();
  server_ = *std::move(server);
}

lab::Credentials ApiFixture::Mint(const lab::CertificateAuthority& authority,
                                  const std::string& uri) {
  const auto credentials = authority.Mint({.name = base::SystemRandom().Token(), .uris = {uri}});
  EXPECT_TRUE(credentials.ok()) << credentials.status();
  return *credentials;
}

ApiClient ApiFixture::Connect(const lab::Credentials& credentials) {
  const auto channel_credentials = transport::MakeChannelCredentials(FilesOf(credentials));
  EXPECT_TRUE(channel_credentials.ok()) << channel_credentials.status();
  grpc::ChannelArguments arguments;
  transport::Configure("padlock-cert", arguments);
  const auto channel = grpc::CreateCustomChannel(absl::StrFormat("127.0.0.1:%d", server_->port()),
                                                 *channel_credentials, arguments);
  return {.channel = channel,
          .domains = pb::DomainService::NewStub(channel),
          .certificates = pb::CertificateService::NewStub(channel),
          .events = pb::EventService::NewStub(channel)};
}

ApiClient& ApiFixture::As(const std::string& tenant, const std::string& role) {
  const std::string uri = absl::StrFormat("spiffe://padlock/tenant/%s/%s", tenant, role);
  const auto known = clients_.find(uri);
  if (known != clients_.end()) return known->second;
  return clients_[uri] = Connect(Mint(*authority_, uri));
}

std::string ApiFixture::CountRows() {
  return Query(
      "SELECT (SELECT count(*) FROM padlock.domains) || ' ' || (SELECT count(*) FROM "
      "padlock.certificates) || ' ' || (SELECT count(*) FROM padlock.work) || ' ' || (SELECT "
      "count(*) FROM padlock.events) || ' ' || (SELECT count(*) FROM padlock.tenants) || ' ' || "
      "(SELECT count(*) FROM padlock.claims)");
}

pb::Domain ApiFixture::Create(const std::string& hostname) {
  pb::CreateDomainRequest request;
  request.set_parent("tenants/acme");
  request.mutable_domain()->set_hostname(hostname);
  pb::Domain domain;
  const grpc::Status status = Call(*As("acme", "operator").domains,
                                   &pb::DomainService::Stub::CreateDomain, request, domain);
  EXPECT_TRUE(status.ok()) << status.error_message();
  return domain;
}

}  // namespace cert::testing
