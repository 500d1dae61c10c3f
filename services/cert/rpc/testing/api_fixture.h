// A fixture with the API served over mutual TLS on a real PostgreSQL, as main.cc wires it.

#pragma once

#include <grpcpp/channel.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "base/testing/temp_directory.h"
#include "base/worker_pool.h"
#include "cert/app/certificates.h"
#include "cert/app/diagnoses.h"
#include "cert/app/domains.h"
#include "cert/app/shared_certificates.h"
#include "cert/dispatch/testing/fake_prober.h"
#include "cert/keys/sealer.h"
#include "cert/rpc/call_runner.h"
#include "cert/rpc/server.h"
#include "cert/rpc/watch_hub.h"
#include "cert/store/testing/postgres_fixture.h"
#include "lab/certificate_authority.h"
#include "padlock/cert/v1/certificate_service.grpc.pb.h"
#include "padlock/cert/v1/domain_service.grpc.pb.h"
#include "padlock/cert/v1/event_service.grpc.pb.h"

namespace cert::testing {

inline constexpr char kDelegationZone[] = "dcv.padlock.example";
inline constexpr char kReservedZone[] = "edge.padlock.example";

// A caller with its own certificate and connection.
struct ApiClient {
  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<padlock::cert::v1::DomainService::Stub> domains;
  std::unique_ptr<padlock::cert::v1::CertificateService::Stub> certificates;
  std::unique_ptr<padlock::cert::v1::EventService::Stub> events;
};

class ApiFixture : public PostgresFixture {
 protected:
  ApiFixture();
  ~ApiFixture() override;
  void SetUp() override;

  // "spiffe://padlock/tenant/<tenant>/<role>"; one connection each, kept.
  ApiClient& As(const std::string& tenant, const std::string& role);
  // A caller with any names, from any CA.
  ApiClient Connect(const lab::Credentials& credentials);
  lab::Credentials Mint(const lab::CertificateAuthority& authority, const std::string& uri);

  // The number of rows of every table that a call could write to.
  std::string CountRows();

  // As acme's operator; fails the test unless it works.
  padlock::cert::v1::Domain Create(const std::string& hostname);

  const base::testing::TempDirectory directory_;
  std::unique_ptr<lab::CertificateAuthority> authority_;
  std::unique_ptr<Sealer> sealer_;
  base::Metrics metrics_;
  std::unique_ptr<base::WorkerPool> workers_;
  std::unique_ptr<WatchHub> hub_;
  std::unique_ptr<Domains> domains_;
  FakeProber prober_{{"ams"}};
  std::unique_ptr<Diagnoses> diagnoses_;
  std::unique_ptr<Certificates> certificates_;
  std::unique_ptr<SharedCertificates> shared_certificates_;
  std::unique_ptr<CallRunner> runner_;
  std::vector<std::shared_ptr<grpc::Service>> services_;
  std::unique_ptr<RpcServer> server_;
  std::map<std::string, ApiClient> clients_;
};

// One unary call with a deadline.
template <typename Stub, typename Request, typename Response>
grpc::Status Call(Stub& stub,
                  grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                  const Request& request, Response& response) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
  return (stub.*method)(&context, request, &response);
}

}  // namespace cert::testing
