// Names of resources, parsed once:
//
//   parent       tenants/{tenant}
//   domain       tenants/{tenant}/domains/{dom_…}
//   certificate  tenants/{tenant}/certificates/{crt_…}
//   order        tenants/{tenant}/certificates/{crt_…}/orders/{ord_…}
//   issuance     tenants/{tenant}/certificates/{crt_…}/issuances/{iss_…}
//
// A tenant is a segment of a SPIFFE id (transport::IsSegment).

#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "cert/core/ids.h"

namespace cert {

struct DomainName {
  TenantId tenant;
  DomainId domain;

  bool operator==(const DomainName&) const = default;
};

struct CertificateName {
  TenantId tenant;
  CertificateId certificate;

  bool operator==(const CertificateName&) const = default;
};

// INVALID_ARGUMENT when `text` is not such a name; the message gives the form that is wanted, and
// the caller puts the field's name before it (field_error.h).
absl::StatusOr<TenantId> ParseParent(const std::string& text);
absl::StatusOr<DomainName> ParseDomainName(const std::string& text);
absl::StatusOr<CertificateName> ParseCertificateName(const std::string& text);

// The ids must not be empty.
std::string FormatName(const TenantId& tenant, const DomainId& domain);
std::string FormatName(const TenantId& tenant, const CertificateId& certificate);
std::string FormatName(const CertificateName& certificate, const OrderId& order);
std::string FormatName(const CertificateName& certificate, const IssuanceId& issuance);

}  // namespace cert
