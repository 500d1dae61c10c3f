// What every call shares: who may connect, health, reflection, overload, metrics.

#include <gmock/gmock.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/byte_buffer.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/random.h"
#include "cert/rpc/domain_service.h"
#include "cert/rpc/testing/api_fixture.h"

namespace cert {
namespace {

namespace pb = ::padlock::cert::v1;
using ::cert::testing::ApiClient;
using ::cert::testing::Call;
using ::grpc::StatusCode;
using ::testing::HasSubstr;
using ::testing::internal::CaptureStderr;
using ::testing::internal::GetCapturedStderr;

class ServerSuite : public testing::ApiFixture {
 protected:
  static grpc::Status List(ApiClient& client) {
    pb::ListDomainsRequest request;
    request.set_parent("tenants/acme");
    pb::ListDomainsResponse response;
    return Call(*client.domains, &pb::DomainService::Stub::ListDomains, request, response);
  }

  // Sends one message, without knowing its type, and returns the octets of the first reply.
  std::string Exchange(const std::string& method, const std::string& request) {
    grpc::GenericStub stub(As("acme", "reader").channel);
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
    grpc::CompletionQueue queue;
    const auto call = stub.PrepareCall(&context, method, &queue);
    const auto await = [&queue] {
      void* tag = nullptr;
      bool ok = false;
      return queue.Next(&tag, &ok) && ok;
    };
    call->StartCall(nullptr);
    EXPECT_TRUE(await());
    const grpc::Slice slice(request);
    call->WriteLast(grpc::ByteBuffer(&slice, 1), {}, nullptr);
    EXPECT_TRUE(await());
    grpc::ByteBuffer reply;
    call->Read(&reply, nullptr);
    EXPECT_TRUE(await());
    grpc::Status status;
    call->Finish(&status, nullptr);
    EXPECT_TRUE(await());
    EXPECT_TRUE(status.ok()) << status.error_message();
    grpc::Slice whole;
    EXPECT_TRUE(reply.DumpToSingleSlice(&whole).ok());
    return {reinterpret_cast<const char*>(whole.begin()), whole.size()};
  }
};

TEST_F(ServerSuite, ACertificateFromAnotherCaDoesNotConnect) {
  const std::string directory = directory_.path() + "other";
  std::filesystem::create_directories(directory);
  const auto other = lab::CertificateAuthority::Create(directory);
  ASSERT_TRUE(other.ok()) << other.status();
  lab::Credentials credentials = Mint(**other, "spiffe://padlock/tenant/acme/admin");
  credentials.ca_file = authority_->root_file();
  ApiClient stranger = Connect(credentials);
  EXPECT_EQ(List(stranger).error_code(), StatusCode::UNAVAILABLE);
}

TEST_F(ServerSuite, ANameThatIsUnknownOrAProbesIsRefused) {
  for (const char* uri : {"spiffe://elsewhere/tenant/acme/admin", "spiffe://padlock/probe/ams"}) {
    ApiClient client = Connect(Mint(*authority_, uri));
    EXPECT_EQ(List(client).error_code(), StatusCode::PERMISSION_DENIED) << uri;
  }
}

// Whoever is refused is in the log, by what his certificate says, so that he can be found.
TEST_F(ServerSuite, ARefusedCallIsLoggedWithItsCaller) {
  ApiClient stranger = Connect(Mint(*authority_, "spiffe://elsewhere/tenant/acme/admin"));
  CaptureStderr();
  EXPECT_EQ(List(stranger).error_code(), StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(List(As("umbrella", "reader")).error_code(), StatusCode::PERMISSION_DENIED);
  const std::string log = GetCapturedStderr();
  EXPECT_THAT(log, HasSubstr(R"("caller":"spiffe://elsewhere/tenant/acme/admin")"));
  EXPECT_THAT(log, HasSubstr(R"("caller":"spiffe://padlock/tenant/umbrella/reader")"));
  EXPECT_THAT(log, HasSubstr(R"("peer":"ipv4:127.0.0.1:)"));
}

TEST_F(ServerSuite, SaysWhetherItServes) {
  // grpc.health.v1.HealthCheckResponse{status: SERVING = 1, NOT_SERVING = 2}
  EXPECT_EQ(Exchange("/grpc.health.v1.Health/Check", ""), "\x08\x01");
  server_->SetServing(false);
  EXPECT_EQ(Exchange("/grpc.health.v1.Health/Check", ""), "\x08\x02");
}

TEST_F(ServerSuite, DescribesItsServices) {
  // grpc.reflection.v1alpha.ServerReflectionRequest{list_services: ""}
  const std::string reply = Exchange(
      "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", std::string("\x3a\x00", 2));
  for (const char* service : {"padlock.cert.v1.DomainService", "padlock.cert.v1.EventService",
                              "padlock.cert.v1.CertificateService", "grpc.health.v1.Health"}) {
    EXPECT_THAT(reply, HasSubstr(service));
  }
}

TEST_F(ServerSuite, CountsEachCallByMethodAndCode) {
  EXPECT_TRUE(List(As("acme", "reader")).ok());
  EXPECT_EQ(List(As("umbrella", "reader")).error_code(), StatusCode::PERMISSION_DENIED);
  const std::string metrics = metrics_.Render();
  EXPECT_THAT(metrics, HasSubstr("padlock_cert_rpc_duration_seconds_count{code=\"OK\","
                                 "method=\"ListDomains\"} 1"));
  EXPECT_THAT(metrics, HasSubstr("padlock_cert_rpc_duration_seconds_count{code=\"PERMISSION_"
                                 "DENIED\",method=\"ListDomains\"} 1"));
}

// The workers have no room for what comes.
class OverloadedSuite : public ServerSuite {
 protected:
  void Overload(const base::WorkerPool::Options& options) {
    full_ = std::make_unique<base::WorkerPool>(options);
    busy_ = std::make_unique<CallRunner>(
        CallRunner::Environment{*full_, metrics_, base::SystemRandom()},
        transport::IdentityRules{});
    service_ = MakeDomainService(*domains_, *diagnoses_, *busy_, {});
    const auto tls = authority_->Mint({.name = "second", .dns_names = {"padlock-cert"}});
    ASSERT_TRUE(tls.ok()) << tls.status();
    server_ = *RpcServer::Start({.address = "127.0.0.1",
                                 .port = 0,
                                 .tls = {.ca_file = tls->ca_file,
                                         .certificate_file = tls->certificate_file,
                                         .private_key_file = tls->private_key_file}},
                                {service_.get()});
  }
  void TearDown() override {
    clients_.clear();
    server_ = nullptr;
    ServerSuite::TearDown();
  }

  std::unique_ptr<base::WorkerPool> full_;
  std::unique_ptr<CallRunner> busy_;
  std::shared_ptr<grpc::Service> service_;
};

TEST_F(OverloadedSuite, TooManyCallsAtOnceAreTurnedAway) {
  Overload({.threads = 1, .queue_limit = 0});
  EXPECT_EQ(List(As("acme", "reader")).error_code(), StatusCode::RESOURCE_EXHAUSTED);
}

TEST_F(OverloadedSuite, ACallWhoseRequestHoldsMoreThanIsLeftIsTurnedAway) {
  Overload({.threads = 1, .memory_limit_bytes = 4096});
  EXPECT_TRUE(List(As("acme", "reader")).ok());
  pb::CreateDomainRequest request;
  request.set_parent(std::string(4096, 'x'));
  pb::Domain response;
  EXPECT_EQ(Call(*As("acme", "operator").domains, &pb::DomainService::Stub::CreateDomain, request,
                 response)
                .error_code(),
            StatusCode::RESOURCE_EXHAUSTED);
}

TEST_F(ServerSuite, AsManyNamesAsAMessageHoldsAreRefusedByTheField) {
  pb::CreateCertificateRequest request;
  request.set_parent("tenants/acme");
  for (int i = 0; i < 130'000; ++i) request.add_names();  // as many as a message may hold
  pb::Certificate response;
  const grpc::Status refused =
      Call(*As("acme", "operator").certificates, &pb::CertificateService::Stub::CreateCertificate,
           request, response);
  EXPECT_EQ(refused.error_code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(refused.error_message(), "names: are more than 1000");
}

}  // namespace
}  // namespace cert
