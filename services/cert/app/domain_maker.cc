#include "cert/app/domain_maker.h"

#include <utility>

#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "cert/core/claim.h"
#include "cert/core/names.h"

namespace cert {

absl::Status DomainMaker::CheckZones(const Hostname& host) const {
  std::vector<std::string> zones = options_.reserved_zones;
  zones.push_back(options_.delegation_zone);
  for (const std::string& zone : zones) {
    if (!IsInside(host.text(), zone)) continue;
    return absl::InvalidArgumentError(
        absl::StrFormat("\"%s\" lies inside Padlock's own zone %s", host.text(), zone));
  }
  return absl::OkStatus();
}

absl::Status DomainMaker::CheckMethod(ValidationMethod method, bool wildcard) const {
  if (method != ValidationMethod::kHttp) return absl::OkStatus();
  if (wildcard) {
    return absl::InvalidArgumentError(
        "HTTP cannot validate a wildcard (RFC 8555, 8.3); choose DELEGATION or TXT");
  }
  if (!options_.answers_http) {
    return absl::InvalidArgumentError("this service has no endpoint for HTTP validation");
  }
  return absl::OkStatus();
}

absl::StatusOr<Domain> DomainMaker::Make(Transaction& transaction, const Request& request) const {
  const Hostname& host = request.host;
  ASSIGN_OR_RETURN(const auto claim, transaction.GetClaim(host.text()));
  if (claim.has_value() && claim->tenant != request.tenant && !request.challenge) {
    return absl::FailedPreconditionError(
        absl::StrFormat("held by another tenant; \"%s\" can be added once it has been given up "
                        "there, or by CreateDomain with \"challenge\" if it is yours now",
                        host.text()));
  }
  ASSIGN_OR_RETURN(const std::string delegation_id,
                   transaction.DelegationId(NewDelegationId(random_)));
  ASSIGN_OR_RETURN(DerivedNames names,
                   DerivedNames::Of(host, delegation_id, options_.delegation_zone));
  const absl::Time now = transaction.now();
  return Domain{.tenant = request.tenant,
                .id = DomainId::New(random_),
                .hostname = host.text(),
                .wildcard = request.wildcard,
                .method = request.method,
                .claim_value = NewClaimValue(random_),
                .delegation_target = std::move(names.delegation_target),
                .canary_value = NewCanaryValue(random_),
                .request_id = request.request_id,
                .progress = {.state = DomainState::kPending, .start_time = now, .due_time = now},
                .create_time = now};
}

}  // namespace cert
