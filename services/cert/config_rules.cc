#include "cert/config_rules.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "base/status_macros.h"

namespace cert {
namespace {

namespace pb = ::padlock::config::v1;

constexpr std::uint32_t kMaxLimit = 1'000'000;
constexpr absl::Duration kLongestWindow = absl::Hours(24 * 31);
constexpr absl::Duration kLongestAuthorization = absl::Hours(24 * 31);
constexpr absl::Duration kLongestPatience = absl::Hours(24 * 7);
constexpr int kMaxCaaIdentities = 8;
constexpr std::size_t kMaxDomainOctets = 253;

absl::Status WrongField(const std::string& field, const std::string& why) {
  return absl::InvalidArgumentError(absl::StrFormat("%s: %s", field, why));
}

// As RFC 8659 4.2 spells an issuer-domain-name, in lower case.
bool IsDomain(const std::string& text) {
  const std::vector<std::string> labels = absl::StrSplit(text, '.');
  return text.size() <= kMaxDomainOctets && labels.size() >= 2 &&
         std::ranges::all_of(labels, [](const std::string& label) {
           return !label.empty() && label.front() != '-' && label.back() != '-' &&
                  std::ranges::all_of(label, [](char c) {
                    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
                  });
         });
}

// Empty when it is no address.
std::string Canonical(const std::string& address) {
  std::array<unsigned char, sizeof(in6_addr)> octets{};
  std::array<char, INET6_ADDRSTRLEN> text{};
  for (const int family : {AF_INET, AF_INET6}) {
    if (inet_pton(family, address.c_str(), octets.data()) != 1) continue;
    return inet_ntop(family, octets.data(), text.data(), text.size());
  }
  return "";
}

absl::StatusOr<CaLimit> ReadLimit(const std::string& field, const pb::CaLimit& proto) {
  CaLimit limit;
  switch (proto.scope()) {
    case pb::CaLimit::SCOPE_ACCOUNT:
      limit.scope = LimitScope::kAccount;
      break;
    case pb::CaLimit::SCOPE_REGISTERED_DOMAIN:
      limit.scope = LimitScope::kRegisteredDomain;
      break;
    case pb::CaLimit::SCOPE_NAME_SET:
      limit.scope = LimitScope::kNameSet;
      break;
    case pb::CaLimit::SCOPE_FAILED_VALIDATIONS:
      limit.scope = LimitScope::kFailedValidations;
      break;
    default:
      return WrongField(field + ".scope", "is required");
  }
  if (proto.count() < 1 || proto.count() > kMaxLimit) {
    return WrongField(field + ".count", absl::StrFormat("must be from 1 to %d", kMaxLimit));
  }
  limit.count = static_cast<int>(proto.count());
  limit.window = absl::Seconds(proto.window().seconds());
  if (proto.window().nanos() == 0 && limit.window >= absl::Seconds(1) &&
      limit.window <= kLongestWindow) {
    return limit;
  }
  return WrongField(field + ".window", "must be whole seconds, from 1 s to 31 days");
}

absl::StatusOr<absl::Duration> ReadLifetime(const std::string& field,
                                            const google::protobuf::Duration& proto) {
  const absl::Duration lifetime = absl::Seconds(proto.seconds());
  const bool good =
      proto.nanos() == 0 && lifetime >= absl::Minutes(1) && lifetime <= kLongestAuthorization;
  if (good) return lifetime;
  return WrongField(field, "must be whole seconds, from a minute to 31 days");
}

absl::Status ReadLifetimes(const std::string& field, const pb::CertificateAuthority& proto,
                           Config::CertificateAuthority& authority) {
  if (proto.has_authorization_lifetime()) {
    ASSIGN_OR_RETURN(
        authority.authorization_lifetime,
        ReadLifetime(field + ".authorization_lifetime", proto.authorization_lifetime()));
  }
  for (const auto& [profile, lifetime] : proto.profile_authorization_lifetimes()) {
    ASSIGN_OR_RETURN(
        authority.profile_authorization_lifetimes[profile],
        ReadLifetime(absl::StrFormat("%s.profile_authorization_lifetimes[\"%s\"]", field, profile),
                     lifetime));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ReadAuthorityRules(const std::string& field, const pb::CertificateAuthority& proto,
                                Config::CertificateAuthority& authority) {
  if (proto.caa_identities_size() > kMaxCaaIdentities) {
    return WrongField(field + ".caa_identities", "are more than 8");
  }
  for (const std::string& identity : proto.caa_identities()) {
    if (!IsDomain(identity)) {
      return WrongField(
          field + ".caa_identities",
          "must be lower-case DNS names of two labels or more, without the trailing dot");
    }
    authority.caa_identities.push_back(identity);
  }
  for (int i = 0; i < proto.limits_size(); ++i) {
    ASSIGN_OR_RETURN(const CaLimit limit,
                     ReadLimit(absl::StrFormat("%s.limits[%d]", field, i), proto.limits(i)));
    authority.limits.push_back(limit);
  }
  return ReadLifetimes(field, proto, authority);
}

absl::StatusOr<DeploymentPolicy> ReadDeployment(const pb::CertConfig& proto) {
  const pb::DeploymentConfirmation& confirmation = proto.deployment_confirmation();
  DeploymentPolicy policy;
  for (int i = 0; i < confirmation.tenants_size(); ++i) {
    if (confirmation.tenants(i).empty()) {
      return WrongField(absl::StrFormat("deployment_confirmation.tenants[%d]", i),
                        "must name a tenant");
    }
    policy.tenants.push_back(confirmation.tenants(i));
  }
  if (!confirmation.has_patience()) return policy;
  policy.patience = absl::Seconds(confirmation.patience().seconds());
  const bool good = confirmation.patience().nanos() == 0 && policy.patience >= absl::Minutes(1) &&
                    policy.patience <= kLongestPatience;
  if (good) return policy;
  return WrongField("deployment_confirmation.patience",
                    "must be whole seconds, from a minute to 7 days");
}

absl::StatusOr<TakeoverRevocation> ReadTakeoverRevocation(const pb::CertConfig& proto) {
  switch (proto.takeover_revocation()) {
    case pb::TAKEOVER_REVOCATION_UNSPECIFIED:
    case pb::TAKEOVER_REVOCATION_NONE:
      return TakeoverRevocation::kNone;
    case pb::TAKEOVER_REVOCATION_REVOKE:
      return TakeoverRevocation::kRevoke;
    default:
      return WrongField("takeover_revocation", "is not a policy");
  }
}

absl::StatusOr<std::vector<std::string>> ReadEdgeAddresses(const pb::CertConfig& proto) {
  std::vector<std::string> addresses;
  for (int i = 0; i < proto.edge_addresses_size(); ++i) {
    const std::string address = Canonical(proto.edge_addresses(i));
    if (address.empty()) {
      return WrongField(absl::StrFormat("edge_addresses[%d]", i), "must be an IP address");
    }
    addresses.push_back(address);
  }
  if (addresses.empty() || proto.has_http()) return addresses;
  return WrongField("edge_addresses", "needs http, the endpoint that answers there");
}

}  // namespace cert
