#include "cert/config.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cert/config_rules.h"
#include "cert/core/settings.h"
#include "cert/keys/keys.h"
#include "padlock/config/v1/config.pb.h"
#include "transport/config_fields.h"
#include "transport/text_config.h"

namespace cert {
namespace {

namespace pb = ::padlock::config::v1;
using transport::InField;
using transport::ReadDuration;
using transport::ReadEndpoint;
using transport::ReadNumber;
using transport::RequireField;
using transport::WrongField;

constexpr std::size_t kKeyOctets = 32;
constexpr std::uint32_t kMaxThreads = 64;
constexpr std::uint32_t kMaxPool = 256;
constexpr std::uint32_t kMaxNames = 1000;
constexpr std::array kRegions{"", "AFRINIC", "APNIC", "ARIN", "LACNIC", "RIPE NCC"};
constexpr absl::Duration kShortestLease = absl::Seconds(5);
constexpr absl::Duration kLongestLease = absl::Seconds(30);

bool IsLabel(const std::string& text) {
  return !text.empty() && text.size() <= 63 && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

bool IsZone(const std::string& text) {
  const std::vector<std::string> labels = absl::StrSplit(text, '.');
  return text.size() <= 200 && labels.size() >= 2 && std::ranges::all_of(labels, IsLabel);
}

absl::StatusOr<transport::Role> ReadRole(const std::string& field, int role) {
  switch (role) {
    case pb::ROLE_READER:
      return transport::Role::kReader;
    case pb::ROLE_OPERATOR:
      return transport::Role::kOperator;
    case pb::ROLE_KEY_READER:
      return transport::Role::kKeyReader;
    case pb::ROLE_ADMIN:
      return transport::Role::kAdmin;
    default:
      return WrongField(field, "is not a role");
  }
}

absl::StatusOr<transport::Identity> ReadIdentity(const std::string& field,
                                                 const pb::Identity& proto) {
  RETURN_IF_ERROR(
      RequireField(field + ".subject_alternative_name", proto.subject_alternative_name()));
  RETURN_IF_ERROR(CheckTenant(field + ".tenant", proto.tenant()));
  transport::Identity identity{.name = proto.subject_alternative_name(),
                               .tenant = proto.tenant(),
                               .perspective = "",
                               .roles = {}};
  if (proto.roles().empty()) return WrongField(field + ".roles", "is required");
  for (const int role : proto.roles()) {
    ASSIGN_OR_RETURN(const transport::Role known, ReadRole(field + ".roles", role));
    identity.roles.push_back(known);
  }
  return identity;
}

absl::StatusOr<transport::IdentityRules> ReadIdentities(const pb::CertConfig& proto) {
  transport::IdentityRules rules;
  if (!proto.trust_domain().empty()) rules.trust_domain = proto.trust_domain();
  std::set<std::string> names;
  for (int i = 0; i < proto.identities_size(); ++i) {
    const std::string field = absl::StrFormat("identities[%d]", i);
    ASSIGN_OR_RETURN(transport::Identity identity, ReadIdentity(field, proto.identities(i)));
    if (!names.insert(identity.name).second) {
      return WrongField(field + ".subject_alternative_name", "is there twice");
    }
    rules.mapped.push_back(std::move(identity));
  }
  return rules;
}

absl::StatusOr<Config::Database> ReadDatabase(const pb::Database& proto) {
  RETURN_IF_ERROR(RequireField("database.connection_string", proto.connection_string()));
  RETURN_IF_ERROR(
      RequireField("database.claim_connection_string", proto.claim_connection_string()));
  RETURN_IF_ERROR(
      RequireField("database.listen_connection_string", proto.listen_connection_string()));
  Config::Database database{.connection_string = proto.connection_string(),
                            .claim_connection_string = proto.claim_connection_string(),
                            .listen_connection_string = proto.listen_connection_string()};
  ASSIGN_OR_RETURN(database.pool_size, ReadNumber("database.pool_size", proto.pool_size(),
                                                  database.pool_size, kMaxPool));
  return database;
}

absl::Status CheckPerspective(const std::string& field, const pb::Perspective& proto) {
  if (!transport::IsSegment(proto.name())) {
    return WrongField(field + ".name", "must be 1 to 64 characters of [A-Za-z0-9._-]");
  }
  const bool known = std::ranges::find(kRegions, proto.region()) != kRegions.end();
  return known ? absl::OkStatus() : WrongField(field + ".region", "is not the name of an RIR");
}

absl::StatusOr<AgreementPolicy> ReadAgreement(const pb::AgreementPolicy& proto) {
  AgreementPolicy policy;
  std::set<std::string> names;
  for (int i = 0; i < proto.perspectives_size(); ++i) {
    const std::string field = absl::StrFormat("agreement.perspectives[%d]", i);
    const pb::Perspective& perspective = proto.perspectives(i);
    RETURN_IF_ERROR(CheckPerspective(field, perspective));
    if (!names.insert(perspective.name()).second)
      return WrongField(field + ".name", "is there twice");
    policy.perspectives.push_back({.name = perspective.name(), .region = perspective.region()});
  }
  if (names.empty()) return WrongField("agreement.perspectives", "is required");
  ASSIGN_OR_RETURN(policy.recursive_quorum,
                   ReadNumber("agreement.recursive_quorum", proto.recursive_quorum(),
                              policy.recursive_quorum, 100));
  ASSIGN_OR_RETURN(policy.min_perspectives,
                   ReadNumber("agreement.min_perspectives", proto.min_perspectives(),
                              policy.min_perspectives, static_cast<std::uint32_t>(names.size())));
  policy.needs_validation = !proto.accept_unvalidated();
  return policy;
}

absl::StatusOr<absl::Duration> ReadLeaseDuration(const pb::CertConfig& proto) {
  if (!proto.has_lease_duration()) return Config{}.lease_duration;
  return ReadDuration(
      "lease_duration", proto.lease_duration(),
      {.shortest = kShortestLease, .longest = kLongestLease, .whole_seconds = false});
}

// Long enough for a consumer that was away over a holiday to go on watching.
constexpr absl::Duration kShortestRetention = absl::Hours(24);

absl::StatusOr<RetentionPolicy> ReadRetention(const pb::CertConfig& proto) {
  RetentionPolicy policy;
  if (proto.has_retention()) {
    ASSIGN_OR_RETURN(
        policy.age, ReadDuration("retention", proto.retention(), {.shortest = kShortestRetention}));
  }
  if (proto.max_events_per_tenant() != 0) policy.max_events = proto.max_events_per_tenant();
  return policy;
}

// Reads the files that a configuration names.
class Loader {
 public:
  explicit Loader(std::string path) : path_(std::move(path)) {}

  absl::StatusOr<Config> Load(const pb::CertConfig& proto) const;

 private:
  std::string Resolve(const std::string& name) const { return transport::ResolvePath(path_, name); }
  absl::StatusOr<std::string> Read(const std::string& field, const std::string& name) const;
  absl::Status CheckRoots(const std::string& field, const std::string& name) const;
  absl::StatusOr<transport::TlsFiles> ReadTlsFiles(const pb::Tls& proto) const;
  absl::StatusOr<NamedKey> ReadKey(const std::string& field,
                                   const pb::KeyEncryptionKey& proto) const;
  absl::StatusOr<std::vector<NamedKey>> ReadKeys(const pb::CertConfig& proto) const;
  absl::StatusOr<Config::DelegationZone> ReadZone(const pb::DelegationZone& proto) const;
  absl::StatusOr<TsigKey> ReadTsigKey(const pb::TsigKey& proto) const;
  absl::StatusOr<std::vector<Config::CertificateAuthority>> ReadAuthorities(
      const pb::CertConfig& proto) const;
  absl::StatusOr<Config::CertificateAuthority> ReadAuthority(
      const std::string& field, const pb::CertificateAuthority& proto) const;
  absl::StatusOr<ExternalAccount> ReadExternalAccount(
      const std::string& field, const pb::ExternalAccountBinding& proto) const;

  const std::string path_;
};

absl::StatusOr<std::string> Loader::Read(const std::string& field, const std::string& name) const {
  RETURN_IF_ERROR(RequireField(field, name));
  absl::StatusOr<std::string> content = base::ReadFile(Resolve(name));
  if (!content.ok()) return InField(field, content.status());
  return content;
}

// With a file that holds none, whatever a CA issued would be thrown away, and ordered again.
absl::Status Loader::CheckRoots(const std::string& field, const std::string& name) const {
  if (name.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::string pem, Read(field, name));
  return TrustAnchors::Parse(pem).ok() ? absl::OkStatus()
                                       : WrongField(field, "holds no certificate in PEM");
}

absl::StatusOr<transport::TlsFiles> Loader::ReadTlsFiles(const pb::Tls& proto) const {
  ASSIGN_OR_RETURN(transport::TlsFiles files, transport::ReadTls(proto, path_));
  RETURN_IF_ERROR(Read("tls.ca_file", proto.ca_file()).status());
  RETURN_IF_ERROR(Read("tls.certificate_file", proto.certificate_file()).status());
  RETURN_IF_ERROR(Read("tls.private_key_file", proto.private_key_file()).status());
  return files;
}

absl::StatusOr<NamedKey> Loader::ReadKey(const std::string& field,
                                         const pb::KeyEncryptionKey& proto) const {
  RETURN_IF_ERROR(RequireField(field + ".id", proto.id()));
  const bool good = proto.id().size() <= 32 && std::ranges::all_of(proto.id(), [](char c) {
                      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
                    });
  if (!good) return WrongField(field + ".id", "must be 1 to 32 characters of [a-z0-9-]");
  ASSIGN_OR_RETURN(std::string octets, Read(field + ".key_file", proto.key_file()));
  if (octets.size() != kKeyOctets) {
    return WrongField(field + ".key_file",
                      absl::StrFormat("must hold %d octets, not %d", kKeyOctets, octets.size()));
  }
  return NamedKey{.id = proto.id(), .octets = std::move(octets)};
}

absl::StatusOr<std::vector<NamedKey>> Loader::ReadKeys(const pb::CertConfig& proto) const {
  std::vector<NamedKey> keys;
  std::set<std::string> ids;
  for (int i = 0; i < proto.key_encryption_keys_size(); ++i) {
    const std::string field = absl::StrFormat("key_encryption_keys[%d]", i);
    ASSIGN_OR_RETURN(NamedKey key, ReadKey(field, proto.key_encryption_keys(i)));
    if (!ids.insert(key.id).second) return WrongField(field + ".id", "is there twice");
    keys.push_back(std::move(key));
  }
  if (keys.empty()) return WrongField("key_encryption_keys", "is required");
  return keys;
}

absl::StatusOr<TsigKey> Loader::ReadTsigKey(const pb::TsigKey& proto) const {
  const std::string field = "delegation_zone.tsig_key";
  RETURN_IF_ERROR(RequireField(field + ".name", proto.name()));
  ASSIGN_OR_RETURN(std::string secret, Read(field + ".secret_file", proto.secret_file()));
  absl::StripAsciiWhitespace(&secret);
  TsigKey key{.name = proto.name()};
  if (!proto.algorithm().empty()) key.algorithm = proto.algorithm();
  key.secret_base64 = std::move(secret);
  RETURN_IF_ERROR(InField(field + ".name", CheckTsigName(key.name)));
  RETURN_IF_ERROR(InField(field + ".algorithm", CheckTsigAlgorithm(key.algorithm)));
  RETURN_IF_ERROR(InField(field + ".secret_file", CheckTsigSecret(key.secret_base64)));
  return key;
}

absl::StatusOr<Config::DelegationZone> Loader::ReadZone(const pb::DelegationZone& proto) const {
  RETURN_IF_ERROR(RequireField("delegation_zone.zone", proto.zone()));
  if (!IsZone(proto.zone())) {
    return WrongField(
        "delegation_zone.zone",
        "must be a lower-case DNS name of two labels or more, without the trailing dot");
  }
  Config::DelegationZone zone{.zone = proto.zone(), .servers = {}, .tsig_key = {}};
  for (int i = 0; i < proto.servers_size(); ++i) {
    ASSIGN_OR_RETURN(
        const transport::Endpoint server,
        ReadEndpoint(absl::StrFormat("delegation_zone.servers[%d]", i), proto.servers(i)));
    zone.servers.push_back({.address = server.address, .port = server.port});
  }
  if (zone.servers.empty()) return WrongField("delegation_zone.servers", "is required");
  ASSIGN_OR_RETURN(zone.tsig_key, ReadTsigKey(proto.tsig_key()));
  // The last word is the publisher's, which signs an update as it will sign all others.
  const auto trial = BuildUpdate({.zone = zone.zone}, {}, zone.tsig_key);
  RETURN_IF_ERROR(InField("delegation_zone", trial.status()));
  return zone;
}

absl::StatusOr<ExternalAccount> Loader::ReadExternalAccount(
    const std::string& field, const pb::ExternalAccountBinding& proto) const {
  RETURN_IF_ERROR(RequireField(field + ".key_id", proto.key_id()));
  ASSIGN_OR_RETURN(std::string text, Read(field + ".mac_key_file", proto.mac_key_file()));
  absl::StripAsciiWhitespace(&text);
  std::optional<std::string> octets = base::Base64UrlDecode(text);
  if (!octets.has_value() || octets->empty()) {
    return WrongField(field + ".mac_key_file", "does not hold a key in base64url");
  }
  return ExternalAccount{.key_id = proto.key_id(), .mac_key = *std::move(octets)};
}

absl::StatusOr<Config::CertificateAuthority> Loader::ReadAuthority(
    const std::string& field, const pb::CertificateAuthority& proto) const {
  RETURN_IF_ERROR(RequireField(field + ".name", proto.name()));
  RETURN_IF_ERROR(RequireField(field + ".directory_url", proto.directory_url()));
  if (!proto.directory_url().starts_with("https://")) {
    return WrongField(field + ".directory_url", "must begin with https://");
  }
  Config::CertificateAuthority authority{.name = proto.name(),
                                         .directory_url = proto.directory_url(),
                                         .tls_ca_file = Resolve(proto.tls_ca_file()),
                                         .issuer_roots_file = Resolve(proto.issuer_roots_file()),
                                         .contacts = {},
                                         .external_account = std::nullopt,
                                         .preferred_chain = proto.preferred_chain(),
                                         .profile = proto.profile(),
                                         .caa_identities = {},
                                         .limits = {}};
  ASSIGN_OR_RETURN(const int max_names,
                   ReadNumber(field + ".max_names", proto.max_names(),
                              static_cast<int>(authority.max_names), kMaxNames));
  authority.max_names = static_cast<std::size_t>(max_names);
  RETURN_IF_ERROR(ReadAuthorityRules(field, proto, authority));
  if (!authority.profile.empty() && !IsProfileName(authority.profile)) {
    return WrongField(field + ".profile", "must be at most 64 characters of [A-Za-z0-9._-]");
  }
  RETURN_IF_ERROR(CheckRoots(field + ".tls_ca_file", proto.tls_ca_file()));
  RETURN_IF_ERROR(CheckRoots(field + ".issuer_roots_file", proto.issuer_roots_file()));
  if (proto.has_external_account_binding()) {
    ASSIGN_OR_RETURN(
        authority.external_account,
        ReadExternalAccount(field + ".external_account_binding", proto.external_account_binding()));
  }
  return authority;
}

absl::StatusOr<std::vector<Config::CertificateAuthority>> Loader::ReadAuthorities(
    const pb::CertConfig& proto) const {
  std::vector<Config::CertificateAuthority> authorities;
  std::set<std::string> names;
  for (int i = 0; i < proto.certificate_authorities_size(); ++i) {
    const std::string field = absl::StrFormat("certificate_authorities[%d]", i);
    ASSIGN_OR_RETURN(Config::CertificateAuthority authority,
                     ReadAuthority(field, proto.certificate_authorities(i)));
    if (!names.insert(authority.name).second) return WrongField(field + ".name", "is there twice");
    authorities.push_back(std::move(authority));
  }
  if (authorities.empty()) return WrongField("certificate_authorities", "is required");
  return authorities;
}

absl::StatusOr<Config> Loader::Load(const pb::CertConfig& proto) const {
  Config config;
  ASSIGN_OR_RETURN(config.grpc, ReadEndpoint("grpc", proto.grpc()));
  ASSIGN_OR_RETURN(config.admin, ReadEndpoint("admin", proto.admin()));
  if (proto.has_http()) {
    ASSIGN_OR_RETURN(config.http, ReadEndpoint("http", proto.http()));
  }
  ASSIGN_OR_RETURN(config.edge_addresses, ReadEdgeAddresses(proto));
  ASSIGN_OR_RETURN(config.tls, ReadTlsFiles(proto.tls()));
  ASSIGN_OR_RETURN(config.identities, ReadIdentities(proto));
  ASSIGN_OR_RETURN(config.database, ReadDatabase(proto.database()));
  ASSIGN_OR_RETURN(config.key_encryption_keys, ReadKeys(proto));
  ASSIGN_OR_RETURN(config.delegation_zone, ReadZone(proto.delegation_zone()));
  ASSIGN_OR_RETURN(config.reserved_zones, ReadReservedZones(proto));
  ASSIGN_OR_RETURN(config.certificate_authorities, ReadAuthorities(proto));
  ASSIGN_OR_RETURN(config.agreement, ReadAgreement(proto.agreement()));
  ASSIGN_OR_RETURN(config.reconciler_threads,
                   ReadNumber("reconciler_threads", proto.reconciler_threads(),
                              config.reconciler_threads, kMaxThreads));
  ASSIGN_OR_RETURN(config.lease_duration, ReadLeaseDuration(proto));
  ASSIGN_OR_RETURN(config.retention, ReadRetention(proto));
  ASSIGN_OR_RETURN(config.deployment, ReadDeployment(proto));
  ASSIGN_OR_RETURN(config.takeover_revocation, ReadTakeoverRevocation(proto));
  return config;
}

}  // namespace

absl::StatusOr<Config> LoadConfig(const std::string& path) {
  pb::CertConfig proto;
  RETURN_IF_ERROR(transport::ReadTextConfig(path, proto));
  return Loader(path).Load(proto);
}

absl::StatusOr<std::string> LoadOwnerConnectionString(const std::string& path) {
  pb::CertConfig proto;
  RETURN_IF_ERROR(transport::ReadTextConfig(path, proto));
  const std::string& owner = proto.database().owner_connection_string();
  RETURN_IF_ERROR(RequireField("database.owner_connection_string", owner));
  return owner;
}

}  // namespace cert
