#include "cert/app/resource_name.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "transport/identity.h"

namespace cert {
namespace {

constexpr std::size_t kTokenOctets = 26;

template <typename Tag>
bool IsId(const std::string& text) {
  const std::string prefix = Tag::kPrefix;
  if (text.size() != prefix.size() + kTokenOctets || !text.starts_with(prefix)) return false;
  return std::all_of(text.begin() + static_cast<std::ptrdiff_t>(prefix.size()), text.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= '2' && c <= '7'); });
}

absl::Status NotOfForm(const char* form) {
  return absl::InvalidArgumentError(absl::StrFormat("must be of the form \"%s\"", form));
}

}  // namespace

absl::StatusOr<TenantId> ParseParent(const std::string& text) {
  const std::vector<std::string> parts = absl::StrSplit(text, '/');
  if (parts.size() != 2 || parts[0] != "tenants" || !transport::IsSegment(parts[1])) {
    return NotOfForm("tenants/{tenant}");
  }
  return TenantId(parts[1]);
}

absl::StatusOr<DomainName> ParseDomainName(const std::string& text) {
  const std::vector<std::string> parts = absl::StrSplit(text, '/');
  if (parts.size() != 4 || parts[0] != "tenants" || !transport::IsSegment(parts[1]) ||
      parts[2] != "domains" || !IsId<DomainTag>(parts[3])) {
    return NotOfForm("tenants/{tenant}/domains/{domain}");
  }
  return DomainName{TenantId(parts[1]), DomainId(parts[3])};
}

absl::StatusOr<CertificateName> ParseCertificateName(const std::string& text) {
  const std::vector<std::string> parts = absl::StrSplit(text, '/');
  if (parts.size() != 4 || parts[0] != "tenants" || !transport::IsSegment(parts[1]) ||
      parts[2] != "certificates" || !IsId<CertificateTag>(parts[3])) {
    return NotOfForm("tenants/{tenant}/certificates/{certificate}");
  }
  return CertificateName{TenantId(parts[1]), CertificateId(parts[3])};
}

std::string FormatName(const TenantId& tenant, const DomainId& domain) {
  return absl::StrFormat("tenants/%s/domains/%s", tenant.text(), domain.text());
}

std::string FormatName(const TenantId& tenant, const CertificateId& certificate) {
  return absl::StrFormat("tenants/%s/certificates/%s", tenant.text(), certificate.text());
}

std::string FormatName(const CertificateName& certificate, const OrderId& order) {
  return absl::StrFormat("%s/orders/%s", FormatName(certificate.tenant, certificate.certificate),
                         order.text());
}

std::string FormatName(const CertificateName& certificate, const IssuanceId& issuance) {
  return absl::StrFormat("%s/issuances/%s", FormatName(certificate.tenant, certificate.certificate),
                         issuance.text());
}

}  // namespace cert
