// Requests to what the use cases take. Total: whatever a caller sends is either within the bounds
// that the .proto files state, or INVALID_ARGUMENT with the field's name first.

#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "cert/app/certificates.h"
#include "cert/app/domains.h"
#include "cert/app/event_reader.h"
#include "cert/app/page.h"
#include "cert/app/shared_certificates.h"
#include "padlock/cert/v1/certificate_service.pb.h"
#include "padlock/cert/v1/domain_service.pb.h"
#include "padlock/cert/v1/event_service.pb.h"

namespace cert {

absl::StatusOr<CertificateSettings> FromProto(
    const padlock::cert::v1::CertificateSettings& settings);

// None when unspecified.
absl::StatusOr<std::optional<KeyType>> WantedKey(
    const padlock::cert::v1::FetchIssuanceRequest& request);

absl::StatusOr<CreateDomainInput> FromProto(const padlock::cert::v1::CreateDomainRequest& request);

absl::StatusOr<ValidationMethod> FromProto(
    const padlock::cert::v1::ChangeDomainMethodRequest& request);

absl::StatusOr<CreateCertificateInput> FromProto(
    const padlock::cert::v1::CreateCertificateRequest& request);

struct DomainList {
  Domains::Filter filter;
  PageRequest page;
};
absl::StatusOr<DomainList> FromProto(const padlock::cert::v1::ListDomainsRequest& request);

struct CertificateList {
  std::optional<CertificateState> state;
  PageRequest page;
};
absl::StatusOr<CertificateList> FromProto(
    const padlock::cert::v1::ListCertificatesRequest& request);

WatchInput FromProto(const padlock::cert::v1::WatchEventsRequest& request);

absl::StatusOr<Certificates::RevokeInput> FromProto(
    const padlock::cert::v1::RevokeCertificateRequest& request);

// Whether the latest check is wanted.
absl::StatusOr<bool> WantsEvidence(padlock::cert::v1::DomainView view);
absl::StatusOr<bool> WantsEvidence(padlock::cert::v1::CertificateView view);

// What a page token of the list is bound to (page_token.h).
std::string ListOf(const padlock::cert::v1::ListDomainsRequest& request);
std::string ListOf(const padlock::cert::v1::ListCertificatesRequest& request);

}  // namespace cert
