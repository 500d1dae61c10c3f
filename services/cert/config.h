// padlock-cert's configuration: the file of padlock/config/v1/config.proto, read and validated
// once, with its secrets loaded and its defaults filled in.

#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cert/acme/jws.h"
#include "cert/core/agreement.h"
#include "cert/core/ca_ledger.h"
#include "cert/core/contest.h"
#include "cert/core/deployment.h"
#include "cert/keys/sealer.h"
#include "cert/publication/dns_connection.h"
#include "cert/publication/dns_message.h"
#include "cert/store/retention.h"
#include "transport/config_fields.h"
#include "transport/identity.h"
#include "transport/tls.h"

namespace cert {

// Holds secrets: never log it. File names are ready to open.
struct Config {
  struct Database {
    std::string connection_string;
    std::string claim_connection_string;
    std::string listen_connection_string;
    int pool_size = 8;
  };
  struct DelegationZone {
    std::string zone;
    std::vector<DnsServer> servers;
    TsigKey tsig_key;
  };
  struct CertificateAuthority {
    std::string name;
    std::string directory_url;
    std::string tls_ca_file;        // empty: the system's CAs
    std::string issuer_roots_file;  // empty: chains are not checked against roots
    std::vector<std::string> contacts;
    std::optional<ExternalAccount> external_account;
    std::string preferred_chain;              // common name of a root; empty: the CA's first chain
    std::string profile;                      // empty: the CA's default
    std::vector<std::string> caa_identities;  // empty: as the directory says
    std::vector<CaLimit> limits;
    absl::Duration authorization_lifetime = absl::InfiniteDuration();
    std::map<std::string, absl::Duration> profile_authorization_lifetimes;
    std::size_t max_names = 100;  // of one certificate
  };

  transport::Endpoint grpc;
  transport::Endpoint admin;
  std::optional<transport::Endpoint> http;  // where http-01 challenges are answered; unset: nowhere
  std::vector<std::string> edge_addresses;  // as inet_ntop(3) spells them
  transport::TlsFiles tls;
  transport::IdentityRules identities;
  Database database;
  std::vector<NamedKey> key_encryption_keys;  // the first seals
  DelegationZone delegation_zone;
  std::vector<std::string> reserved_zones;  // ours, besides the delegation zone
  std::vector<CertificateAuthority> certificate_authorities;
  AgreementPolicy agreement;
  int reconciler_threads = 8;
  absl::Duration lease_duration = absl::Seconds(30);
  RetentionPolicy retention;
  DeploymentPolicy deployment;
  TakeoverRevocation takeover_revocation = TakeoverRevocation::kNone;
};

// INVALID_ARGUMENT for text that is no configuration, as "file:line:column: …", and for a value
// that cannot be right, as "delegation_zone.tsig_key.secret_file: …". What reading the file gives.
absl::StatusOr<Config> LoadConfig(const std::string& path);

// The one thing that `migrate` needs: it is to run without any of the service's secrets.
absl::StatusOr<std::string> LoadOwnerConnectionString(const std::string& path);

}  // namespace cert
