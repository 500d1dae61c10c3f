#include "lab/lab.h"

#include <array>
#include <utility>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/random.h"
#include "base/status_macros.h"
#include "lab/parallel.h"

namespace lab {
namespace {

constexpr char kDatabase[] = "padlock";
constexpr char kKeyEncryptionKeyFile[] = "/key-encryption.key";
constexpr char kTsigSecretFile[] = "/tsig.secret";
constexpr std::size_t kKeyBytes = 32;
constexpr absl::Duration kMigrateTimeout = absl::Seconds(60);

struct ResolverPlan {
  const char* name;
  int host;
};
// The CA's comes last.
constexpr std::array<ResolverPlan, 4> kResolvers = {{{"alpha", host::kResolverAlpha},
                                                     {"beta", host::kResolverBeta},
                                                     {"gamma", host::kResolverGamma},
                                                     {"ca-resolver", host::kCaResolver}}};
constexpr std::size_t kPublicResolvers = kResolvers.size() - 1;

std::string CertName(std::size_t replica) {
  return absl::StrFormat("padlock-cert-%d", replica + 1);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Lab>> Lab::Start(Options options) {
  std::unique_ptr<Lab> lab(new Lab(std::move(options)));
  ASSIGN_OR_RETURN(lab->stack_, Stack::Claim());
  ASSIGN_OR_RETURN(const std::string directory, lab->stack_->MakeDirectory("tls"));
  ASSIGN_OR_RETURN(lab->authority_, CertificateAuthority::Create(directory));
  RETURN_IF_ERROR(lab->StartServers());
  if (!lab->options_.services) return lab;
  RETURN_IF_ERROR(lab->StartCerts());
  RETURN_IF_ERROR(lab->StartProbes());
  return lab;
}

Lab::Lab(Options options) : options_(std::move(options)) {}

Lab::~Lab() = default;

Customer Lab::customer(const std::string& zone) const {
  return {dns_->CustomerStub(zone).addresses, dns_->customer_key(), zone};
}

void Lab::KillCerts() {
  for (const std::unique_ptr<Service>& cert : certs_) cert->Kill();
}

absl::Status Lab::ResumeCerts() {
  std::vector<std::function<absl::Status()>> resumes;
  for (const std::unique_ptr<Service>& cert : certs_) {
    resumes.emplace_back([&cert] { return cert->Resume(); });
  }
  return InParallel(resumes);
}

absl::Status Lab::AddCustomerZone(const std::string& zone) {
  RETURN_IF_ERROR(dns_->AddCustomerZone(zone));
  for (const std::unique_ptr<Unbound>& resolver : resolvers_) {
    RETURN_IF_ERROR(resolver->AddStub(dns_->CustomerStub(zone)));
  }
  return absl::OkStatus();
}

absl::Status Lab::WriteIssuerRoots() {
  ASSIGN_OR_RETURN(const std::string pem, pebble_->RootPem());
  return AddIssuerRoot(pem);
}

absl::Status Lab::AddIssuerRoot(const std::string& pem) {
  issuer_roots_ += pem;
  return WriteFile(issuer_roots_file(), issuer_roots_);
}

std::string Lab::key_encryption_key_file() const {
  return stack_->directory() + kKeyEncryptionKeyFile;
}

std::string Lab::CertAddress(std::size_t replica) const {
  return stack_->Address(host::kFirstCert + static_cast<int>(replica));
}

std::string Lab::grpc_address(std::size_t replica) const {
  return absl::StrFormat("%s:%d", CertAddress(replica), kCertGrpcPort);
}

std::string Lab::cert_config_file(std::size_t replica) const {
  return absl::StrFormat("%s/%s.textproto", stack_->directory(), CertName(replica));
}

std::string Lab::DatabaseFor(const std::string& role) const {
  if (standby_ != nullptr) return postgres_->ConnectionString(role, kDatabase, *standby_);
  return postgres_->ConnectionString(role, kDatabase);
}

std::string Lab::PooledDatabaseFor(const std::string& role) const {
  if (pgbouncer_ == nullptr) return DatabaseFor(role);
  return pgbouncer_->ConnectionString(role, kDatabase);
}

absl::StatusOr<Credentials> Lab::MintCaller(const std::string& tenant,
                                            const std::string& role) const {
  return authority_->Mint(
      {.name = absl::StrFormat("%s-%s", tenant, role),
       .uris = {absl::StrFormat("spiffe://padlock/tenant/%s/%s", tenant, role)}});
}

absl::StatusOr<std::string> Lab::WriteCliConfig(const std::string& tenant,
                                                const std::string& role) const {
  ASSIGN_OR_RETURN(const Credentials tls, MintCaller(tenant, role));
  std::string path = absl::StrFormat("%s/%s-%s.textproto", stack_->directory(), tenant, role);
  std::vector<std::string> replicas;
  for (std::size_t i = 0; i < options_.replicas; ++i) replicas.push_back(grpc_address(i));
  RETURN_IF_ERROR(WriteFile(
      path, CliConfigText(
                {.server = "ipv4:" + absl::StrJoin(replicas, ","), .tls = tls, .tenant = tenant})));
  return path;
}

absl::Status Lab::StartServers() {
  options_.report(absl::StrFormat("stack %d: 127.53.%d.0/24, data and logs in %s", stack_->number(),
                                  stack_->number(), stack_->directory()));
  options_.report("PostgreSQL, Knot, Unbound, Pebble");
  return InParallel({
      [this] { return StartDatabase(); },
      [this]() -> absl::Status {
        ASSIGN_OR_RETURN(dns_, DnsTree::Start(*stack_, options_.dns));
        return StartResolvers();
      },
      [this] { return StartPebble(); },
  });
}

absl::Status Lab::StartDatabase() {
  ASSIGN_OR_RETURN(postgres_, Postgres::Start(*stack_, options_.postgres));
  RETURN_IF_ERROR(postgres_->CreateDatabase(kDatabase));
  if (options_.database_route == DatabaseRoute::kPgBouncer) {
    ASSIGN_OR_RETURN(pgbouncer_, PgBouncer::Start(*stack_, *postgres_));
  }
  if (options_.database_route == DatabaseRoute::kStandby) {
    ASSIGN_OR_RETURN(standby_, Postgres::StartStandby(*stack_, *postgres_));
  }
  return absl::OkStatus();
}

absl::Status Lab::StartResolvers() {
  resolvers_.resize(kResolvers.size());
  std::vector<std::function<absl::Status()>> starts;
  for (std::size_t i = 0; i < kResolvers.size(); ++i) {
    starts.emplace_back([this, i]() -> absl::Status {
      ASSIGN_OR_RETURN(resolvers_[i],
                       Unbound::Start(*stack_, {.name = kResolvers[i].name,
                                                .address = stack_->Address(kResolvers[i].host),
                                                .stubs = dns_->Stubs(),
                                                .second_port = SecondPort(i)}));
      return absl::OkStatus();
    });
  }
  return InParallel(starts);
}

// Caddy asks the CA's resolver at the standard port.
int Lab::SecondPort(std::size_t resolver) const {
  return options_.caddy && resolver == kPublicResolvers ? kStandardDnsPort : 0;
}

Pebble::Options Lab::PebbleOptions(const std::string& name, int host) const {
  return {.name = name,
          .host = host,
          .resolver_address = stack_->Address(host::kCaResolver),
          .sleeps = options_.pebble_sleeps,
          .nonce_reject_percent = options_.nonce_reject_percent,
          .authorization_reuse_percent = options_.authorization_reuse_percent,
          .blocked_names = options_.blocked_names,
          .external_accounts = options_.external_accounts};
}

absl::Status Lab::StartPebble() {
  ASSIGN_OR_RETURN(pebble_,
                   Pebble::Start(*stack_, *authority_, PebbleOptions("pebble", host::kPebble)));
  ASSIGN_OR_RETURN(acme_, AcmeProxy::Start(*stack_, *authority_));
  RETURN_IF_ERROR(WriteIssuerRoots());
  if (options_.second_ca) RETURN_IF_ERROR(StartSecondPebble());
  return options_.caddy ? StartCaddy() : absl::OkStatus();
}

absl::Status Lab::StartSecondPebble() {
  ASSIGN_OR_RETURN(second_pebble_, Pebble::Start(*stack_, *authority_,
                                                 PebbleOptions("second", host::kSecondPebble)));
  ASSIGN_OR_RETURN(const std::string pem, second_pebble_->RootPem());
  return AddIssuerRoot(pem);
}

absl::Status Lab::StartCaddy() {
  for (std::size_t i = 0; i < options_.replicas; ++i) {
    ASSIGN_OR_RETURN(std::unique_ptr<Relay> relay,
                     Relay::Start({.listen = {.address = CertAddress(i), .port = kStandardHttpPort},
                                   .target = {.address = CertAddress(i), .port = kCertHttpPort}}));
    web_ports_.push_back(std::move(relay));
  }
  ASSIGN_OR_RETURN(caddy_, Caddy::Start(*stack_, *authority_,
                                        {.resolver_address = stack_->Address(host::kCaResolver)}));
  ASSIGN_OR_RETURN(const std::string pem, caddy_->RootPem());
  return AddIssuerRoot(pem);
}

absl::Status Lab::StartRelays() {
  if (!options_.relays) return absl::OkStatus();
  Relays::Options options{.database_directory = postgres_->directory(),
                          .delegation_servers = dns_->delegation_servers()};
  for (std::size_t i = 0; i < options_.replicas; ++i) options.replicas.push_back(CertAddress(i));
  ASSIGN_OR_RETURN(relays_, Relays::Start(*stack_, options));
  return absl::OkStatus();
}

absl::Status Lab::WriteSecrets() {
  const std::string& directory = stack_->directory();
  RETURN_IF_ERROR(WriteFile(key_encryption_key_file(), base::SystemRandom().Bytes(kKeyBytes)));
  return WriteFile(directory + kTsigSecretFile, dns_->delegation_key().secret + "\n");
}

CertSettings Lab::CommonCertSettings() const {
  CertSettings settings{
      .cert_database = PooledDatabaseFor("padlock_cert"),
      .claim_database = PooledDatabaseFor("padlock_claim"),
      .listen_database = DatabaseFor("padlock_cert"),
      .owner_database = DatabaseFor("padlock_owner"),
      .key_encryption_key_file = key_encryption_key_file(),
      .delegation_zone = kDelegationZone,
      .delegation_servers = dns_->delegation_servers(),
      .tsig_key_name = dns_->delegation_key().name,
      .tsig_secret_file = stack_->directory() + kTsigSecretFile,
      .acme_directory_url =
          options_.through_proxy ? acme_->DirectoryUrl() : pebble_->DirectoryUrl(),
      .issuer_roots_file = issuer_roots_file(),
      .order_limit = options_.order_limit,
      .order_limit_window = options_.order_limit_window,
      .accept_unvalidated = options_.accept_unvalidated,
      .perspectives = options_.perspectives,
      .reconciler_threads = options_.reconciler_threads,
  };
  if (second_pebble_ != nullptr) settings.second_directory_url = second_pebble_->DirectoryUrl();
  if (caddy_ != nullptr) {
    settings.second_directory_url = caddy_->DirectoryUrl();
    settings.second_name = "caddy";
  }
  if (relays_ == nullptr) return settings;
  const std::string& statements = relays_->database_directory();
  settings.cert_database = Postgres::ConnectionString(statements, "padlock_cert", kDatabase);
  settings.claim_database = Postgres::ConnectionString(statements, "padlock_claim", kDatabase);
  settings.listen_database =
      Postgres::ConnectionString(relays_->notifications_directory(), "padlock_cert", kDatabase);
  settings.delegation_servers = relays_->delegation_addresses();
  return settings;
}

absl::StatusOr<std::string> Lab::WriteCertConfig(std::size_t replica) {
  CertSettings settings = CommonCertSettings();
  settings.address = CertAddress(replica);
  ASSIGN_OR_RETURN(settings.tls, authority_->Mint({.name = CertName(replica),
                                                   .dns_names = {kCertServerName},
                                                   .ip_addresses = {settings.address}}));
  std::string file = cert_config_file(replica);
  RETURN_IF_ERROR(WriteFile(file, CertConfigText(settings) + options_.cert_config));
  return file;
}

absl::Status Lab::StartCerts() {
  RETURN_IF_ERROR(StartRelays());
  RETURN_IF_ERROR(WriteSecrets());
  certs_.resize(options_.replicas);
  std::vector<std::string> configs;
  std::vector<std::function<absl::Status()>> starts;
  for (std::size_t i = 0; i < options_.replicas; ++i) {
    ASSIGN_OR_RETURN(const std::string config, WriteCertConfig(i));
    configs.push_back(config);
    starts.emplace_back([this, i, config] { return StartCert(i, config); });
  }
  options_.report("padlock-cert: migrate");
  RETURN_IF_ERROR(RunCommand({CertProgram(), "migrate", "--config", configs.front()},
                             {.timeout = kMigrateTimeout})
                      .status());
  return InParallel(starts);
}

absl::Status Lab::StartCert(std::size_t replica, const std::string& config) {
  options_.report(
      absl::StrFormat("padlock-cert %d: serve on %s", replica + 1, grpc_address(replica)));
  ASSIGN_OR_RETURN(certs_[replica],
                   Service::Start(*stack_, {.name = CertName(replica),
                                            .command = {CertProgram(), "serve", "--config", config},
                                            .admin_address = CertAddress(replica),
                                            .admin_port = kCertAdminPort,
                                            .environment = options_.cert_environment}));
  return absl::OkStatus();
}

absl::Status Lab::StartProbes() {
  probes_.resize(options_.probes.size());
  std::vector<std::function<absl::Status()>> starts;
  for (std::size_t i = 0; i < options_.probes.size(); ++i) {
    options_.report(
        absl::StrFormat("padlock-probe %d in perspective %s", i + 1, options_.probes[i]));
    starts.emplace_back([this, i] { return StartProbe(i); });
  }
  return InParallel(starts);
}

absl::Status Lab::StartProbe(std::size_t index) {
  const std::string name = absl::StrFormat("padlock-probe-%d", index + 1);
  const std::string& perspective = options_.probes[index];
  ProbeSettings settings{
      .address = stack_->Address(host::kFirstProbe + static_cast<int>(index)),
      .perspective = perspective,
      .root_server_address = stack_->Address(host::kRoot),
      .allowed_ranges = {absl::StrFormat("127.53.%d.0/24", stack_->number())},
  };
  if (options_.asks_ipv6) settings.allowed_ranges.emplace_back("::1/128");
  for (std::size_t i = 0; i < options_.replicas; ++i) {
    settings.coordinator_addresses.push_back(CertAddress(i));
  }
  if (relays_ != nullptr) settings.coordinator_addresses = relays_->coordinator_addresses();
  ASSIGN_OR_RETURN(
      settings.tls,
      authority_->Mint({.name = name, .uris = {"spiffe://padlock/probe/" + perspective}}));
  for (std::size_t i = 0; i < kPublicResolvers; ++i) {
    settings.resolvers.emplace_back(kResolvers[i].name, stack_->Address(kResolvers[i].host));
  }
  const std::string file = absl::StrFormat("%s/%s.textproto", stack_->directory(), name);
  RETURN_IF_ERROR(WriteFile(file, ProbeConfigText(settings)));
  ASSIGN_OR_RETURN(probes_[index],
                   Service::Start(*stack_, {.name = name,
                                            .command = {ProbeProgram(), "--config", file},
                                            .admin_address = settings.address,
                                            .admin_port = kProbeAdminPort}));
  return absl::OkStatus();
}

}  // namespace lab
