#include "cert/config_rules.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "base/status_macros.h"
#include "transport/config_fields.h"
#include "transport/identity.h"

namespace cert {
namespace {

namespace pb = ::padlock::config::v1;
using transport::DurationRule;
using transport::ReadAddress;
using transport::ReadDuration;
using transport::WrongField;

constexpr std::uint32_t kMaxLimit = 1'000'000;
constexpr DurationRule kWindow{.shortest = absl::Seconds(1), .longest = absl::Hours(24 * 31)};
constexpr DurationRule kLifetime{.shortest = absl::Minutes(1), .longest = absl::Hours(24 * 31)};
constexpr DurationRule kPatience{.shortest = absl::Minutes(1), .longest = absl::Hours(24 * 7)};
constexpr int kMaxCaaIdentities = 8;
constexpr std::size_t kMaxDomainOctets = 253;
constexpr std::size_t kMaxLabelOctets = 63;
constexpr char kDomainForm[] =
    "must be a lower-case DNS name of two labels or more, without the trailing dot";

// As RFC 8659 4.2 spells an issuer-domain-name, and RFC 1123 2.1 a hostname, in lower case.
bool IsDomain(const std::string& text) {
  const std::vector<std::string> labels = absl::StrSplit(text, '.');
  return text.size() <= kMaxDomainOctets && labels.size() >= 2 &&
         std::ranges::all_of(labels, [](const std::string& label) {
           return !label.empty() && label.size() <= kMaxLabelOctets && label.front() != '-' &&
                  label.back() != '-' && std::ranges::all_of(label, [](char c) {
                    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
                  });
         });
}

absl::StatusOr<std::vector<std::string>> ReadDomains(
    const std::string& field, const google::protobuf::RepeatedPtrField<std::string>& proto) {
  std::vector<std::string> domains;
  for (int i = 0; i < proto.size(); ++i) {
    if (!IsDomain(proto[i])) return WrongField(absl::StrFormat("%s[%d]", field, i), kDomainForm);
    domains.push_back(proto[i]);
  }
  return domains;
}

// As RFC 8555 7.3 has it: one address, and none of the header fields of RFC 6068.
bool IsMailto(const std::string& uri) {
  constexpr absl::string_view kScheme = "mailto:";
  if (!absl::StartsWith(uri, kScheme)) return false;
  const std::string address = uri.substr(kScheme.size());
  const bool printable = std::ranges::all_of(address, [](char c) {
    return absl::ascii_isgraph(static_cast<unsigned char>(c)) && c != '?' && c != ',';
  });
  return printable && std::ranges::count(address, '@') == 1 && address.front() != '@' &&
         address.back() != '@';
}

absl::Status ReadContacts(const std::string& field, const pb::CertificateAuthority& proto,
                          Config::CertificateAuthority& authority) {
  for (int i = 0; i < proto.contacts_size(); ++i) {
    if (!IsMailto(proto.contacts(i))) {
      return WrongField(absl::StrFormat("%s.contacts[%d]", field, i),
                        "must be one address as \"mailto:ops@example.net\"");
    }
    authority.contacts.push_back(proto.contacts(i));
  }
  return absl::OkStatus();
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
  ASSIGN_OR_RETURN(limit.window, ReadDuration(field + ".window", proto.window(), kWindow));
  return limit;
}

absl::Status ReadLifetimes(const std::string& field, const pb::CertificateAuthority& proto,
                           Config::CertificateAuthority& authority) {
  if (proto.has_authorization_lifetime()) {
    ASSIGN_OR_RETURN(
        authority.authorization_lifetime,
        ReadDuration(field + ".authorization_lifetime", proto.authorization_lifetime(), kLifetime));
  }
  for (const auto& [profile, lifetime] : proto.profile_authorization_lifetimes()) {
    ASSIGN_OR_RETURN(
        authority.profile_authorization_lifetimes[profile],
        ReadDuration(absl::StrFormat("%s.profile_authorization_lifetimes[\"%s\"]", field, profile),
                     lifetime, kLifetime));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ReadAuthorityRules(const std::string& field, const pb::CertificateAuthority& proto,
                                Config::CertificateAuthority& authority) {
  RETURN_IF_ERROR(ReadContacts(field, proto, authority));
  if (proto.caa_identities_size() > kMaxCaaIdentities) {
    return WrongField(field + ".caa_identities", "are more than 8");
  }
  ASSIGN_OR_RETURN(authority.caa_identities,
                   ReadDomains(field + ".caa_identities", proto.caa_identities()));
  for (int i = 0; i < proto.limits_size(); ++i) {
    ASSIGN_OR_RETURN(const CaLimit limit,
                     ReadLimit(absl::StrFormat("%s.limits[%d]", field, i), proto.limits(i)));
    authority.limits.push_back(limit);
  }
  return ReadLifetimes(field, proto, authority);
}

absl::Status CheckTenant(const std::string& field, const std::string& tenant) {
  if (transport::IsSegment(tenant)) return absl::OkStatus();
  return WrongField(field, "must name a tenant, by 1 to 64 characters of [A-Za-z0-9._-]");
}

absl::StatusOr<DeploymentPolicy> ReadDeployment(const pb::CertConfig& proto) {
  const pb::DeploymentConfirmation& confirmation = proto.deployment_confirmation();
  DeploymentPolicy policy;
  for (int i = 0; i < confirmation.tenants_size(); ++i) {
    RETURN_IF_ERROR(CheckTenant(absl::StrFormat("deployment_confirmation.tenants[%d]", i),
                                confirmation.tenants(i)));
    policy.tenants.push_back(confirmation.tenants(i));
  }
  if (!confirmation.has_patience()) return policy;
  ASSIGN_OR_RETURN(policy.patience, ReadDuration("deployment_confirmation.patience",
                                                 confirmation.patience(), kPatience));
  return policy;
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

absl::StatusOr<std::vector<std::string>> ReadReservedZones(const pb::CertConfig& proto) {
  return ReadDomains("reserved_zones", proto.reserved_zones());
}

absl::StatusOr<std::vector<std::string>> ReadEdgeAddresses(const pb::CertConfig& proto) {
  std::vector<std::string> addresses;
  for (int i = 0; i < proto.edge_addresses_size(); ++i) {
    const std::string field = absl::StrFormat("edge_addresses[%d]", i);
    ASSIGN_OR_RETURN(std::string address, ReadAddress(field, proto.edge_addresses(i)));
    addresses.push_back(std::move(address));
  }
  if (addresses.empty() || proto.has_http()) return addresses;
  return WrongField("edge_addresses", "needs http, the endpoint that answers there");
}

}  // namespace cert
