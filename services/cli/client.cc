#include "cli/client.h"

#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/support/channel_arguments.h>

#include <chrono>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "padlock/cert/v1/certificate_service.grpc.pb.h"
#include "padlock/cert/v1/domain_service.grpc.pb.h"
#include "padlock/cert/v1/event_service.grpc.pb.h"
#include "transport/connection.h"
#include "transport/to_grpc_status.h"

namespace cli {
namespace {

namespace pb = ::padlock::cert::v1;

constexpr std::chrono::seconds kCallTimeout(15);
// Of a call that finds no connection. Without it the first attempt that fails would be the call's
// end, as when a replica is just being replaced, or when gRPC 1.51 takes an attempt in progress for
// a failed one (grpc/grpc#35064).
constexpr std::chrono::seconds kConnectTimeout(2);
constexpr int kFirstReconnectMilliseconds = 100;
constexpr int kPageSize = 500;

absl::StatusOr<pb::Domain::Method> ParseMethod(const std::string& word) {
  if (word.empty()) return pb::Domain::METHOD_UNSPECIFIED;
  pb::Domain::Method method{};
  if (pb::Domain::Method_Parse("METHOD_" + absl::AsciiStrToUpper(word), &method)) return method;
  return absl::InvalidArgumentError("--method: is not delegation, txt or http");
}

bool IsWanted(const pb::Domain& domain, const Client::DomainFilter& filter) {
  const bool any_state = filter.state == pb::Domain::STATE_UNSPECIFIED;
  return (any_state || domain.state() == filter.state) &&
         (filter.hostname.empty() || domain.hostname() == filter.hostname);
}

// One unary call: Call(channel, stub, &Stub::Method, request).
template <typename Response, typename Stub, typename Request>
absl::StatusOr<Response> Call(grpc::Channel& channel, Stub& stub,
                              grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                                           Response*),
                              const Request& request) {
  // In vain: the call says why.
  channel.WaitForConnected(std::chrono::system_clock::now() + kConnectTimeout);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kCallTimeout);
  Response response;
  const grpc::Status status = (stub.*method)(&context, request, &response);
  if (status.ok()) return response;
  // We cancel none: gRPC says so of a call that meets a server as it shuts down.
  if (status.error_code() == grpc::StatusCode::CANCELLED) {
    return absl::UnavailableError("the replica went away; try again");
  }
  return transport::FromGrpcStatus(status);
}

}  // namespace

struct Client::Stubs {
  explicit Stubs(const std::shared_ptr<grpc::Channel>& shared)
      : channel(shared), domains(shared), certificates(shared), events(shared) {}

  std::shared_ptr<grpc::Channel> channel;
  pb::DomainService::Stub domains;
  pb::CertificateService::Stub certificates;
  pb::EventService::Stub events;
};

Client::Client(std::string parent, std::unique_ptr<Stubs> stubs)
    : parent_(std::move(parent)), stubs_(std::move(stubs)) {}

Client::~Client() = default;

absl::StatusOr<std::unique_ptr<Client>> Client::Create(const Settings& settings) {
  ASSIGN_OR_RETURN(const auto credentials, transport::MakeChannelCredentials(settings.tls));
  grpc::ChannelArguments arguments;
  transport::Configure(settings.tls_server_name, arguments);
  arguments.SetLoadBalancingPolicyName("round_robin");  // passes over a replica that is down
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kFirstReconnectMilliseconds);
  // A page of domains with all they need is larger than gRPC's 4 MiB only for very long names.
  arguments.SetMaxReceiveMessageSize(16 << 20);
  auto stubs =
      std::make_unique<Stubs>(grpc::CreateCustomChannel(settings.server, credentials, arguments));
  return std::unique_ptr<Client>(new Client("tenants/" + settings.tenant, std::move(stubs)));
}

absl::StatusOr<pb::Domain> Client::CreateDomain(const NewDomain& domain) {
  pb::CreateDomainRequest request;
  request.set_parent(parent_);
  request.mutable_domain()->set_hostname(domain.hostname);
  request.mutable_domain()->set_wildcard(domain.wildcard);
  ASSIGN_OR_RETURN(const pb::Domain::Method method, ParseMethod(domain.method));
  request.mutable_domain()->set_method(method);
  request.set_request_id(domain.request_id);
  request.set_challenge(domain.challenge);
  request.mutable_certificate_settings()->mutable_certificate_authorities()->Assign(
      domain.authorities.begin(), domain.authorities.end());
  request.mutable_certificate_settings()->set_key_type(domain.key_type);
  request.mutable_certificate_settings()->set_certificate_signing_request(domain.csr_pem);
  request.mutable_certificate_settings()->set_backup(domain.backup);
  return Call(*stubs_->channel, stubs_->domains, &pb::DomainService::Stub::CreateDomain, request);
}

absl::StatusOr<std::string> Client::FindDomain(const std::string& word) {
  if (word.starts_with("tenants/")) return word;
  if (word.starts_with("dom_")) return parent_ + "/domains/" + word;
  std::string host = absl::AsciiStrToLower(word);
  if (host.ends_with('.')) host.pop_back();
  ASSIGN_OR_RETURN(const std::vector<pb::Domain> domains, ListDomains({.hostname = host}));
  if (domains.empty()) return absl::NotFoundError(absl::StrFormat("there is no domain %s", host));
  return domains.front().name();
}

absl::StatusOr<pb::Domain> Client::GetDomain(const std::string& name) {
  pb::GetDomainRequest request;
  request.set_name(name);
  request.set_view(pb::DOMAIN_VIEW_FULL);
  return Call(*stubs_->channel, stubs_->domains, &pb::DomainService::Stub::GetDomain, request);
}

absl::StatusOr<std::vector<pb::Domain>> Client::ListDomains(const DomainFilter& filter) {
  std::vector<pb::Domain> domains;
  pb::ListDomainsRequest request;
  request.set_parent(parent_);
  request.set_hostname(filter.hostname);
  request.set_state(filter.state);
  request.set_page_size(kPageSize);
  do {
    ASSIGN_OR_RETURN(
        pb::ListDomainsResponse response,
        Call(*stubs_->channel, stubs_->domains, &pb::DomainService::Stub::ListDomains, request));
    // A server of the version before tells of all.
    for (pb::Domain& domain : *response.mutable_domains()) {
      if (IsWanted(domain, filter)) domains.push_back(std::move(domain));
    }
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  return domains;
}

absl::StatusOr<pb::DiagnoseDomainResponse> Client::DiagnoseDomain(const std::string& name,
                                                                  bool fresh) {
  pb::DiagnoseDomainRequest request;
  request.set_name(name);
  request.set_fresh(fresh);
  return Call(*stubs_->channel, stubs_->domains, &pb::DomainService::Stub::DiagnoseDomain, request);
}

absl::StatusOr<pb::Domain> Client::RecheckDomain(const std::string& name) {
  pb::RecheckDomainRequest request;
  request.set_name(name);
  return Call(*stubs_->channel, stubs_->domains, &pb::DomainService::Stub::RecheckDomain, request);
}

absl::StatusOr<pb::Domain> Client::ChangeDomainMethod(const std::string& name,
                                                      const std::string& method) {
  pb::ChangeDomainMethodRequest request;
  request.set_name(name);
  ASSIGN_OR_RETURN(const pb::Domain::Method parsed, ParseMethod(method));
  request.set_method(parsed);
  return Call(*stubs_->channel, stubs_->domains, &pb::DomainService::Stub::ChangeDomainMethod,
              request);
}

absl::StatusOr<pb::Certificate> Client::CreateCertificate(const NewCertificate& certificate) {
  pb::CreateCertificateRequest request;
  request.set_parent(parent_);
  for (const std::string& name : certificate.names) request.add_names(name);
  ASSIGN_OR_RETURN(const pb::Domain::Method method, ParseMethod(certificate.method));
  request.set_method(method);
  request.mutable_certificate_settings()->set_partial(certificate.partial);
  request.mutable_certificate_settings()->set_backup(certificate.backup);
  for (const std::string& ca : certificate.authorities) {
    request.mutable_certificate_settings()->add_certificate_authorities(ca);
  }
  request.set_request_id(certificate.request_id);
  return Call(*stubs_->channel, stubs_->certificates,
              &pb::CertificateService::Stub::CreateCertificate, request);
}

absl::Status Client::DeleteCertificate(const std::string& name, bool revoke) {
  pb::DeleteCertificateRequest request;
  request.set_name(name);
  request.set_revoke(revoke);
  return Call(*stubs_->channel, stubs_->certificates,
              &pb::CertificateService::Stub::DeleteCertificate, request)
      .status();
}

absl::StatusOr<std::string> Client::FindCertificate(const std::string& word) {
  if (word.starts_with("crt_")) return parent_ + "/certificates/" + word;
  if (word.starts_with(parent_ + "/certificates/")) return word;
  ASSIGN_OR_RETURN(const std::string name, FindDomain(word));
  ASSIGN_OR_RETURN(const pb::Domain domain, GetDomain(name));
  if (!domain.certificate().empty()) return domain.certificate();
  return absl::FailedPreconditionError(
      absl::StrFormat("%s has no certificate of its own, only names of others", domain.hostname()));
}

absl::Status Client::DeleteDomain(const std::string& name, bool revoke) {
  pb::DeleteDomainRequest request;
  request.set_name(name);
  request.set_revoke(revoke);
  return Call(*stubs_->channel, stubs_->domains, &pb::DomainService::Stub::DeleteDomain, request)
      .status();
}

absl::StatusOr<pb::Certificate> Client::GetCertificate(const std::string& name) {
  pb::GetCertificateRequest request;
  request.set_name(name);
  request.set_view(pb::CERTIFICATE_VIEW_FULL);
  return Call(*stubs_->channel, stubs_->certificates, &pb::CertificateService::Stub::GetCertificate,
              request);
}

absl::StatusOr<std::vector<pb::Certificate>> Client::ListCertificates(
    pb::Certificate::State state) {
  std::vector<pb::Certificate> certificates;
  pb::ListCertificatesRequest request;
  request.set_parent(parent_);
  request.set_state(state);
  request.set_page_size(kPageSize);
  do {
    ASSIGN_OR_RETURN(pb::ListCertificatesResponse response,
                     Call(*stubs_->channel, stubs_->certificates,
                          &pb::CertificateService::Stub::ListCertificates, request));
    for (pb::Certificate& certificate : *response.mutable_certificates()) {
      certificates.push_back(std::move(certificate));
    }
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  return certificates;
}

absl::StatusOr<pb::FetchIssuanceResponse> Client::FetchIssuance(const std::string& name,
                                                                bool with_key, pb::KeyType type) {
  pb::FetchIssuanceRequest request;
  request.set_name(name);
  request.set_include_private_key(with_key);
  request.set_key_type(type);
  return Call(*stubs_->channel, stubs_->certificates, &pb::CertificateService::Stub::FetchIssuance,
              request);
}

absl::StatusOr<pb::Certificate> Client::RevokeCertificate(const Revocation& revocation) {
  pb::RevokeCertificateRequest request;
  request.set_name(revocation.certificate);
  request.set_reason(revocation.reason);
  request.set_key_compromise_proof(revocation.proof_pem);
  return Call(*stubs_->channel, stubs_->certificates,
              &pb::CertificateService::Stub::RevokeCertificate, request);
}

absl::StatusOr<pb::Certificate> Client::ConfirmDeployment(const std::string& name,
                                                          const std::string& serial) {
  pb::ConfirmDeploymentRequest request;
  request.set_name(name);
  request.set_serial_number(serial);
  return Call(*stubs_->channel, stubs_->certificates,
              &pb::CertificateService::Stub::ConfirmDeployment, request);
}

absl::Status Client::WatchEvents(const Watch& watch, OnEvents on_events) {
  grpc::ClientContext context;
  if (watch.end_time != absl::InfiniteFuture()) {
    context.set_deadline(absl::ToChronoTime(watch.end_time));
  }
  pb::WatchEventsRequest request;
  request.set_parent(parent_);
  request.set_cursor(watch.cursor);
  request.set_domain(watch.domain);
  const auto reader = stubs_->events.WatchEvents(&context, request);
  pb::WatchEventsResponse response;
  while (reader->Read(&response)) {
    if (on_events(response)) continue;
    context.TryCancel();
    reader->Finish();
    return absl::OkStatus();
  }
  return transport::FromGrpcStatus(reader->Finish());
}

}  // namespace cli
