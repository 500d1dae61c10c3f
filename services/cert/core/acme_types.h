// The ACME objects of RFC 8555 section 7.1 as plain values, and problem documents (section 6.7).

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace cert {

// RFC 7807 as RFC 8555 6.7 uses it. A refusal by the CA is a value, not an error of ours.
struct AcmeProblem {
  std::string type;    // "urn:ietf:params:acme:error:rateLimited"; "about:blank" when absent
  std::string detail;  // the CA's own words, at most 512 octets, control characters removed
  int http_status = 0;
  std::optional<absl::Duration> retry_after = std::nullopt;
  std::string identifier;  // of the first subproblem that names one

  bool operator==(const AcmeProblem&) const = default;
};

enum class AcmeOrderStatus { kPending, kReady, kProcessing, kValid, kInvalid };
enum class AcmeAuthorizationStatus { kPending, kValid, kInvalid, kDeactivated, kExpired, kRevoked };
enum class AcmeChallengeStatus { kPending, kProcessing, kValid, kInvalid };

// RFC 8555, 7.1.3.
struct AcmeOrder {
  std::string url;
  AcmeOrderStatus status = AcmeOrderStatus::kPending;
  std::vector<std::string> names;  // as the CA returned them
  std::vector<std::string> authorization_urls;
  std::string finalize_url;
  std::string certificate_url;  // once valid
  std::optional<absl::Time> expire_time = std::nullopt;
  std::optional<AcmeProblem> error = std::nullopt;
  std::optional<absl::Duration> retry_after = std::nullopt;
};

// RFC 8555, 7.1.4, with its dns-01 challenge (8.4).
struct AcmeAuthorization {
  std::string url;
  AcmeAuthorizationStatus status = AcmeAuthorizationStatus::kPending;
  std::string identifier;  // without "*."
  bool wildcard = false;
  std::string challenge_url;  // dns-01; empty when not offered
  AcmeChallengeStatus challenge_status = AcmeChallengeStatus::kPending;
  std::string txt_value;  // base64url(SHA-256(key authorization)), RFC 8555 8.4
  std::optional<absl::Time> expire_time = std::nullopt;
  std::optional<AcmeProblem> error = std::nullopt;  // of the challenge
  std::optional<absl::Duration> retry_after = std::nullopt;
};

}  // namespace cert
