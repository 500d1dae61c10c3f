#include "cert/rpc/api.h"

#include <utility>

#include "base/status_macros.h"
#include "base/worker_pool.h"
#include "cert/app/certificates.h"
#include "cert/app/diagnoses.h"
#include "cert/app/domains.h"
#include "cert/app/shared_certificates.h"
#include "cert/rpc/call_runner.h"
#include "cert/rpc/certificate_service.h"
#include "cert/rpc/domain_service.h"
#include "cert/rpc/event_service.h"
#include "cert/rpc/probe_session.h"
#include "cert/rpc/server.h"
#include "cert/rpc/watch_hub.h"

namespace cert {

struct Api::Parts {
  Parts(const Options& options, const Environment& environment)
      : pool({.threads = options.threads, .part = "calls"}),
        runner({.pool = pool, .metrics = environment.metrics, .random = environment.random},
               options.identities),
        domains(environment.store, environment.random,
                {.delegation_zone = options.delegation_zone,
                 .reserved_zones = options.reserved_zones,
                 .authorities = options.authorities,
                 .answers_http = options.answers_http,
                 .policy = options.policy}),
        shared(environment.store, environment.random,
               {.delegation_zone = options.delegation_zone,
                .reserved_zones = options.reserved_zones,
                .authorities = options.authorities,
                .answers_http = options.answers_http,
                .max_names = options.max_names}),
        diagnoses(environment.store, environment.dispatcher,
                  {.policy = options.policy, .delegation_zone = options.delegation_zone}),
        certificates(environment.store, environment.sealer),
        hub(environment.events, {}),
        coordinator({.identities = options.identities}, environment.dispatcher),
        domain_service(MakeDomainService(domains, diagnoses, runner, options.policy)),
        certificate_service(MakeCertificateService(certificates, shared, runner, options.policy)),
        event_service(MakeEventService(environment.events, hub, runner)) {}

  base::WorkerPool pool;
  CallRunner runner;
  Domains domains;
  SharedCertificates shared;
  Diagnoses diagnoses;
  Certificates certificates;
  WatchHub hub;
  CoordinatorService coordinator;
  std::shared_ptr<grpc::Service> domain_service;
  std::shared_ptr<grpc::Service> certificate_service;
  std::shared_ptr<grpc::Service> event_service;
  std::unique_ptr<RpcServer> server;  // last: it uses all of the above
};

Api::Api(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Api::~Api() { Shutdown(absl::ZeroDuration()); }

absl::StatusOr<std::unique_ptr<Api>> Api::Start(const Options& options,
                                                const Environment& environment) {
  auto parts = std::make_unique<Parts>(options, environment);
  ASSIGN_OR_RETURN(
      parts->server,
      RpcServer::Start({.address = options.address, .port = options.port, .tls = options.tls},
                       {parts->domain_service.get(), parts->certificate_service.get(),
                        parts->event_service.get(), &parts->coordinator.service()}));
  return std::unique_ptr<Api>(new Api(std::move(parts)));
}

base::PulsePtr Api::pulse() const { return parts_->pool.pulse(); }

void Api::Notify(const TenantId& tenant) { parts_->hub.Notify(tenant); }

void Api::StopServing() { parts_->server->SetServing(false); }

void Api::Shutdown(absl::Duration grace) {
  parts_->coordinator.Drain();
  parts_->hub.Stop();
  parts_->server->Shutdown(grace);
}

}  // namespace cert
