#include "lab/configuration.h"

#include <google/protobuf/text_format.h>

#include "lab/stack.h"
#include "padlock/config/v1/config.pb.h"

namespace lab {
namespace {

namespace config = padlock::config::v1;

constexpr int kServersTolerate = 10'000;  // questions a second

void Fill(const Credentials& credentials, config::Tls& tls) {
  tls.set_ca_file(credentials.ca_file);
  tls.set_certificate_file(credentials.certificate_file);
  tls.set_private_key_file(credentials.private_key_file);
}

void Fill(const std::string& address, int port, config::Endpoint& endpoint) {
  endpoint.set_address(address);
  endpoint.set_port(static_cast<std::uint32_t>(port));
}

std::string Print(const google::protobuf::Message& message) {
  std::string text;
  google::protobuf::TextFormat::PrintToString(message, &text);
  return text;
}

void Fill(const CertSettings& settings, config::Database& database) {
  database.set_connection_string(settings.cert_database);
  database.set_claim_connection_string(settings.claim_database);
  database.set_listen_connection_string(settings.listen_database);
  database.set_owner_connection_string(settings.owner_database);
}

void FillDelegation(const CertSettings& settings, config::DelegationZone& zone) {
  zone.set_zone(settings.delegation_zone);
  for (const std::string& server : settings.delegation_servers) {
    Fill(server, kDnsPort, *zone.add_servers());
  }
  zone.mutable_tsig_key()->set_name(settings.tsig_key_name);
  zone.mutable_tsig_key()->set_secret_file(settings.tsig_secret_file);
}

config::CertificateAuthority& AddAuthority(const CertSettings& settings, const std::string& name,
                                           config::CertConfig& config) {
  config::CertificateAuthority& authority = *config.add_certificate_authorities();
  authority.set_name(name);
  authority.set_tls_ca_file(settings.tls.ca_file);
  authority.set_issuer_roots_file(settings.issuer_roots_file);
  authority.add_contacts("mailto:certificates@padlock.test");
  if (!settings.second_directory_url.empty()) authority.add_caa_identities(name + ".test");
  if (settings.order_limit > 0) {
    config::CaLimit& limit = *authority.add_limits();
    limit.set_scope(config::CaLimit::SCOPE_ACCOUNT);
    limit.set_count(settings.order_limit);
    limit.mutable_window()->set_seconds(absl::ToInt64Seconds(settings.order_limit_window));
  }
  return authority;
}

void FillAuthorities(const CertSettings& settings, config::CertConfig& config) {
  AddAuthority(settings, "pebble", config).set_directory_url(settings.acme_directory_url);
  if (settings.second_directory_url.empty()) return;
  AddAuthority(settings, settings.second_name, config)
      .set_directory_url(settings.second_directory_url);
}

}  // namespace

std::string CertConfigText(const CertSettings& settings) {
  config::CertConfig config;
  Fill(settings.address, kCertGrpcPort, *config.mutable_grpc());
  Fill(settings.address, kCertAdminPort, *config.mutable_admin());
  Fill(settings.address, kCertHttpPort, *config.mutable_http());
  Fill(settings.tls, *config.mutable_tls());
  Fill(settings, *config.mutable_database());
  config::KeyEncryptionKey& key = *config.add_key_encryption_keys();
  key.set_id("lab");
  key.set_key_file(settings.key_encryption_key_file);
  FillDelegation(settings, *config.mutable_delegation_zone());
  FillAuthorities(settings, config);
  config.mutable_agreement()->set_accept_unvalidated(settings.accept_unvalidated);
  for (const PerspectiveSetting& setting : settings.perspectives) {
    config::Perspective& perspective = *config.mutable_agreement()->add_perspectives();
    perspective.set_name(setting.name);
    perspective.set_region(setting.region);
  }
  config.set_reconciler_threads(static_cast<std::uint32_t>(settings.reconciler_threads));
  return Print(config);
}

std::string ProbeConfigText(const ProbeSettings& settings) {
  config::ProbeConfig config;
  config.set_perspective(settings.perspective);
  for (const std::string& address : settings.coordinator_addresses) {
    config.mutable_coordinator()->add_hosts(address);
  }
  config.mutable_coordinator()->set_port(kCertGrpcPort);
  config.mutable_coordinator()->set_tls_server_name(kCertServerName);
  Fill(settings.tls, *config.mutable_tls());
  Fill(settings.address, kProbeAdminPort, *config.mutable_admin());
  for (const auto& [name, address] : settings.resolvers) {
    config::Resolver& resolver = *config.add_resolvers();
    resolver.set_name(name);
    Fill(address, kDnsPort, *resolver.mutable_endpoint());
  }
  config::RootServer& root = *config.add_root_servers();
  root.set_name("ns1.test");
  root.set_address(settings.root_server_address);
  config.set_authoritative_port(kDnsPort);
  config.set_http_port(kCertHttpPort);
  for (const std::string& range : settings.allowed_ranges) {
    config.add_allowed_private_ranges(range);
  }
  // These servers are our own.
  config.mutable_resolver_limit()->set_queries_per_second(kServersTolerate);
  config.mutable_nameserver_limit()->set_queries_per_second(kServersTolerate);
  return Print(config);
}

std::string CliConfigText(const CliSettings& settings) {
  config::CliConfig config;
  config.set_server(settings.server);
  config.set_tls_server_name(kCertServerName);
  Fill(settings.tls, *config.mutable_tls());
  config.set_tenant(settings.tenant);
  return Print(config);
}

}  // namespace lab
