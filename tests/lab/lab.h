// Everything at once: PostgreSQL, the DNS tree, resolvers, the CA and our services, wired together
// on one stack. Members are stopped in the reverse order of their start.

#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lab/acme_proxy.h"
#include "lab/caddy.h"
#include "lab/certificate_authority.h"
#include "lab/configuration.h"
#include "lab/customer.h"
#include "lab/dns_tree.h"
#include "lab/pebble.h"
#include "lab/pgbouncer.h"
#include "lab/postgres.h"
#include "lab/relays.h"
#include "lab/service.h"
#include "lab/stack.h"
#include "lab/unbound.h"

namespace lab {

// What padlock-cert reaches PostgreSQL through.
enum class DatabaseRoute {
  kDirect,
  kPgBouncer,  // for statements and claims; what listens or migrates goes past it
  kStandby,    // whichever of a primary and its synchronous standby takes writes
};

// Not thread-safe.
class Lab {
 public:
  struct Options {
    bool pebble_sleeps = true;
    int nonce_reject_percent = 5;
    int authorization_reuse_percent = 50;
    std::vector<std::string> blocked_names = {};                // by the CA's policy
    std::map<std::string, std::string> external_accounts = {};  // as Pebble::Options has them
    bool through_proxy = true;  // whether padlock-cert reaches the CA by acme(), in our process
    bool second_ca = false;     // another Pebble, asked after the first; see CertSettings
    bool caddy = false;         // Caddy's ACME server instead; see Caddy::IsAllowed()
    int order_limit = 0;        // as CertSettings has it
    absl::Duration order_limit_window = kLimitWindow;  // the same
    bool accept_unvalidated = true;                    // the same
    // The first is the primary one.
    std::vector<PerspectiveSetting> perspectives = {{"ams", "RIPE NCC"}, {"nyc", "ARIN"}};
    std::vector<std::string> probes = {"ams", "ams", "nyc"};  // each one's perspective
    std::size_t replicas = 2;                                 // of padlock-cert, up to 5
    int reconciler_threads = 4;                               // of each; Pebble takes few at once
    bool services = true;                                     // padlock-cert and the probes
    bool asks_ipv6 = false;                                   // by probes, see LoopbackIpv6
    bool relays = false;                                      // see relays()
    DatabaseRoute database_route = DatabaseRoute::kDirect;
    PostgresOptions postgres = {};
    DnsTree::Options dns = {};
    std::string cert_config = {};                    // appended to padlock-cert's
    std::vector<std::string> cert_environment = {};  // "NAME=value", of padlock-cert alone
    // Told of each part as it starts.
    std::function<void(const std::string&)> report = [](const std::string&) {};
  };

  static absl::StatusOr<std::unique_ptr<Lab>> Start(Options options);
  ~Lab();

  const Stack& stack() const { return *stack_; }
  const CertificateAuthority& authority() const { return *authority_; }
  Postgres& postgres() { return *postgres_; }
  // With DatabaseRoute::kStandby.
  Postgres& standby() { return *standby_; }
  DnsTree& dns() { return *dns_; }
  const DnsTree& dns() const { return *dns_; }
  // alpha, beta, gamma: the public resolvers that workers ask.
  Unbound& resolver(std::size_t index) { return *resolvers_.at(index); }
  // Of the CA, asked by nobody else.
  Unbound& ca_resolver() { return *resolvers_.back(); }
  Pebble& pebble() { return *pebble_; }
  // With Options::second_ca; nothing stands between it and padlock-cert.
  Pebble& second_pebble() { return *second_pebble_; }
  // With Options::caddy; the same.
  Caddy& caddy() { return *caddy_; }
  AcmeProxy& acme() { return *acme_; }
  Service& cert(std::size_t replica = 0) { return *certs_.at(replica); }
  std::size_t replicas() const { return certs_.size(); }
  std::size_t probes() const { return probes_.size(); }
  // All replicas at once.
  void KillCerts();
  absl::Status ResumeCerts();
  Service& probe(std::size_t index) { return *probes_.at(index); }
  // With Options::relays.
  Relays& relays() { return *relays_; }
  // At work on one of dns().customer_zones().
  Customer customer(const std::string& zone) const;

  // One more customer's zone, on the nameservers and for all resolvers.
  absl::Status AddCustomerZone(const std::string& zone);

  // PEM of the CA's roots: what padlock-cert trusts issued chains to end in. To be called again for
  // a Pebble that was restarted, which adds its new one.
  absl::Status WriteIssuerRoots();
  std::string issuer_roots_file() const { return stack_->directory() + "/issuer-roots.pem"; }

  // 32 octets, of every replica.
  std::string key_encryption_key_file() const;

  // Of a replica, for hosts' A records: its HTTP endpoint is there at kCertHttpPort.
  std::string cert_address(std::size_t replica = 0) const { return CertAddress(replica); }
  // "address:port" of a replica's gRPC.
  std::string grpc_address(std::size_t replica = 0) const;
  // Of a replica, for what is run beside it.
  std::string cert_config_file(std::size_t replica = 0) const;
  // Past any pooler.
  std::string DatabaseFor(const std::string& role) const;
  // Credentials of a caller, and a configuration file for `padlock`. Roles: reader, operator,
  // key-reader, admin.
  absl::StatusOr<Credentials> MintCaller(const std::string& tenant, const std::string& role) const;
  absl::StatusOr<std::string> WriteCliConfig(const std::string& tenant,
                                             const std::string& role) const;

 private:
  explicit Lab(Options options);

  absl::Status StartServers();
  absl::Status StartDatabase();
  std::string PooledDatabaseFor(const std::string& role) const;
  absl::Status StartResolvers();
  int SecondPort(std::size_t resolver) const;
  absl::Status StartPebble();
  absl::Status StartSecondPebble();
  absl::Status StartCaddy();
  absl::Status AddIssuerRoot(const std::string& pem);
  Pebble::Options PebbleOptions(const std::string& name, int host) const;
  std::string CertAddress(std::size_t replica) const;
  absl::Status StartRelays();
  absl::Status StartCerts();
  absl::Status StartCert(std::size_t replica, const std::string& config);
  absl::Status StartProbes();
  absl::Status StartProbe(std::size_t index);
  absl::Status WriteSecrets();
  CertSettings CommonCertSettings() const;
  absl::StatusOr<std::string> WriteCertConfig(std::size_t replica);

  const Options options_;
  std::unique_ptr<Stack> stack_;
  std::unique_ptr<CertificateAuthority> authority_;
  std::unique_ptr<Postgres> postgres_;
  std::unique_ptr<Postgres> standby_;
  std::unique_ptr<PgBouncer> pgbouncer_;
  std::unique_ptr<DnsTree> dns_;
  std::vector<std::unique_ptr<Unbound>> resolvers_;
  std::unique_ptr<Pebble> pebble_;
  std::unique_ptr<Pebble> second_pebble_;
  std::vector<std::unique_ptr<Relay>> web_ports_;  // the replicas' HTTP at the standard port
  std::unique_ptr<Caddy> caddy_;
  std::string issuer_roots_;
  std::unique_ptr<AcmeProxy> acme_;
  std::unique_ptr<Relays> relays_;
  std::vector<std::unique_ptr<Service>> certs_;
  std::vector<std::unique_ptr<Service>> probes_;
};

}  // namespace lab
