#include "cert/rpc/from_proto.h"

#include <algorithm>

#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "cert/app/field_error.h"
#include "cert/rpc/page_token.h"

namespace cert {
namespace {

namespace pb = ::padlock::cert::v1;

constexpr int kDefaultPageSize = 50;
constexpr int kMaxPageSize = 500;
constexpr std::size_t kMaxRequestIdOctets = 64;
// More than any CA takes, and more CAs than anybody configures. What is beyond is not even copied.
constexpr int kMaxNames = 1000;
constexpr int kMaxAuthorities = 100;

absl::Status CheckRequestId(const std::string& id) {
  if (id.size() > kMaxRequestIdOctets) {
    return FieldError("request_id",
                      absl::StrFormat("has more than %d characters", kMaxRequestIdOctets));
  }
  const bool printable = std::ranges::all_of(id, [](char c) { return c >= ' ' && c <= '~'; });
  if (!printable) return FieldError("request_id", "may hold printable ASCII characters only");
  return absl::OkStatus();
}

absl::Status CheckCount(const char* field, int count, int limit) {
  if (count <= limit) return absl::OkStatus();
  return FieldError(field, absl::StrFormat("are more than %d", limit));
}

template <typename Request>
absl::StatusOr<PageRequest> PageOf(const Request& request) {
  const int size = request.page_size();
  if (size < 0 || size > kMaxPageSize) {
    return FieldError("page_size", absl::StrFormat("must be from 0 to %d", kMaxPageSize));
  }
  ASSIGN_OR_RETURN(std::string after_id, ReadPageToken(ListOf(request), request.page_token()));
  return PageRequest{.size = size == 0 ? kDefaultPageSize : size, .after_id = std::move(after_id)};
}

absl::StatusOr<std::optional<DomainState>> StateOf(pb::Domain::State state) {
  switch (state) {
    case pb::Domain::STATE_UNSPECIFIED:
      return std::nullopt;
    case pb::Domain::STATE_PENDING:
      return DomainState::kPending;
    case pb::Domain::STATE_ACTIVE:
      return DomainState::kActive;
    case pb::Domain::STATE_FAILED:
      return DomainState::kFailed;
    default:  // those that are being deleted are not listed
      return FieldError("state", "is not one in which domains are listed");
  }
}

absl::StatusOr<std::optional<CertificateState>> StateOf(pb::Certificate::State state) {
  switch (state) {
    case pb::Certificate::STATE_UNSPECIFIED:
      return std::nullopt;
    case pb::Certificate::STATE_AWAITING_DOMAIN:
      return CertificateState::kAwaitingDomain;
    case pb::Certificate::STATE_ORDERING:
      return CertificateState::kOrdering;
    case pb::Certificate::STATE_ACTIVE:
      return CertificateState::kActive;
    case pb::Certificate::STATE_RENEWING:
      return CertificateState::kRenewing;
    case pb::Certificate::STATE_FAILED:
      return CertificateState::kFailed;
    case pb::Certificate::STATE_PENDING_DEPLOYMENT:
      return FieldError("state", "is listed as STATE_ACTIVE");
    default:
      return FieldError("state", "is not a state of certificates");
  }
}

absl::StatusOr<KeyChoice> KeysOf(pb::KeyType type) {
  switch (type) {
    case pb::KEY_TYPE_UNSPECIFIED:
    case pb::KEY_TYPE_ECDSA_P256:
      return KeyChoice::kEcdsaP256;
    case pb::KEY_TYPE_RSA_2048:
      return KeyChoice::kRsa2048;
    case pb::KEY_TYPE_DUAL:
      return KeyChoice::kDual;
    default:
      return FieldError("certificate_settings.key_type", "is not a type of keys");
  }
}

}  // namespace

absl::StatusOr<CertificateSettings> FromProto(const pb::CertificateSettings& settings) {
  const bool has_request = !settings.certificate_signing_request().empty();
  if (has_request && settings.key_type() != pb::KEY_TYPE_UNSPECIFIED) {
    return FieldError("certificate_settings.key_type",
                      "goes by the key of certificate_signing_request; leave one of them out");
  }
  RETURN_IF_ERROR(CheckCount("certificate_settings.certificate_authorities",
                             settings.certificate_authorities_size(), kMaxAuthorities));
  ASSIGN_OR_RETURN(const KeyChoice keys, KeysOf(settings.key_type()));
  return CertificateSettings{.authorities = {settings.certificate_authorities().begin(),
                                             settings.certificate_authorities().end()},
                             .partial = settings.partial(),
                             .profile = settings.profile(),
                             .keys = keys,
                             .csr_pem = settings.certificate_signing_request(),
                             .backup = settings.backup()};
}

absl::StatusOr<std::optional<KeyType>> WantedKey(const pb::FetchIssuanceRequest& request) {
  switch (request.key_type()) {
    case pb::KEY_TYPE_UNSPECIFIED:
      return std::nullopt;
    case pb::KEY_TYPE_ECDSA_P256:
      return KeyType::kEcdsaP256;
    case pb::KEY_TYPE_RSA_2048:
      return KeyType::kRsa2048;
    default:
      return FieldError("key_type", "is not the type of one key");
  }
}

absl::StatusOr<std::optional<ValidationMethod>> MethodOf(const std::string& field,
                                                         pb::Domain::Method method) {
  switch (method) {
    case pb::Domain::METHOD_UNSPECIFIED:
      return std::nullopt;
    case pb::Domain::METHOD_DELEGATION:
      return ValidationMethod::kDelegation;
    case pb::Domain::METHOD_TXT:
      return ValidationMethod::kTxt;
    case pb::Domain::METHOD_HTTP:
      return ValidationMethod::kHttp;
    default:
      return FieldError(field, "is not a method of domains");
  }
}

absl::StatusOr<CreateDomainInput> FromProto(const pb::CreateDomainRequest& request) {
  RETURN_IF_ERROR(CheckRequestId(request.request_id()));
  ASSIGN_OR_RETURN(CertificateSettings settings, FromProto(request.certificate_settings()));
  ASSIGN_OR_RETURN(const auto method, MethodOf("domain.method", request.domain().method()));
  return CreateDomainInput{.parent = request.parent(),
                           .hostname = request.domain().hostname(),
                           .wildcard = request.domain().wildcard(),
                           .method = method.value_or(ValidationMethod::kDelegation),
                           .settings = std::move(settings),
                           .idempotency_key = request.request_id(),
                           .challenge = request.challenge()};
}

absl::StatusOr<ValidationMethod> FromProto(const pb::ChangeDomainMethodRequest& request) {
  ASSIGN_OR_RETURN(const auto method, MethodOf("method", request.method()));
  if (!method.has_value()) return FieldError("method", "is required");
  return *method;
}

absl::StatusOr<CreateCertificateInput> FromProto(const pb::CreateCertificateRequest& request) {
  RETURN_IF_ERROR(CheckRequestId(request.request_id()));
  RETURN_IF_ERROR(CheckCount("names", request.names_size(), kMaxNames));
  ASSIGN_OR_RETURN(const auto method, MethodOf("method", request.method()));
  ASSIGN_OR_RETURN(CertificateSettings settings, FromProto(request.certificate_settings()));
  return CreateCertificateInput{.parent = request.parent(),
                                .names = {request.names().begin(), request.names().end()},
                                .method = method,
                                .settings = std::move(settings),
                                .idempotency_key = request.request_id()};
}

absl::StatusOr<DomainList> FromProto(const pb::ListDomainsRequest& request) {
  ASSIGN_OR_RETURN(const std::optional<DomainState> state, StateOf(request.state()));
  ASSIGN_OR_RETURN(PageRequest page, PageOf(request));
  return DomainList{.filter = {.hostname = request.hostname(), .state = state},
                    .page = std::move(page)};
}

absl::StatusOr<CertificateList> FromProto(const pb::ListCertificatesRequest& request) {
  ASSIGN_OR_RETURN(const std::optional<CertificateState> state, StateOf(request.state()));
  ASSIGN_OR_RETURN(PageRequest page, PageOf(request));
  return CertificateList{.state = state, .page = std::move(page)};
}

absl::StatusOr<Certificates::RevokeInput> FromProto(const pb::RevokeCertificateRequest& request) {
  if (!pb::RevocationReason_IsValid(request.reason())) {
    return FieldError("reason", "is not one that a subscriber may give");
  }
  // Both enums have the CRLReasons' numbers.
  return Certificates::RevokeInput{.name = request.name(),
                                   .reason = static_cast<RevocationReason>(request.reason()),
                                   .proof_pem = request.key_compromise_proof()};
}

WatchInput FromProto(const pb::WatchEventsRequest& request) {
  return {.parent = request.parent(), .cursor = request.cursor(), .domain = request.domain()};
}

absl::StatusOr<bool> WantsEvidence(pb::DomainView view) {
  if (!pb::DomainView_IsValid(view)) return FieldError("view", "is not a view of domains");
  return view == pb::DOMAIN_VIEW_FULL;
}

absl::StatusOr<bool> WantsEvidence(pb::CertificateView view) {
  if (!pb::CertificateView_IsValid(view)) {
    return FieldError("view", "is not a view of certificates");
  }
  return view == pb::CERTIFICATE_VIEW_FULL;
}

// Of a list of all, as replicas of before know them.
std::string ListOf(const pb::ListDomainsRequest& request) {
  std::string list = "domains " + request.parent();
  if (request.state() == pb::Domain::STATE_UNSPECIFIED && request.hostname().empty()) return list;
  return absl::StrFormat("%s %d %s", list, static_cast<int>(request.state()), request.hostname());
}

std::string ListOf(const pb::ListCertificatesRequest& request) {
  return absl::StrFormat("certificates %d %s", static_cast<int>(request.state()), request.parent());
}

}  // namespace cert
