// The ACME objects of RFC 8555 section 7.1 as plain values, problem documents (section 6.7), and
// what RFC 9773 (renewal information) and draft-ietf-acme-profiles add.

#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"

namespace cert {

// What a problem says of one name (RFC 8555 6.7.1).
struct AcmeSubproblem {
  std::string type;  // empty when absent
  std::string detail;
  std::string identifier;  // as the CA writes it

  bool operator==(const AcmeSubproblem&) const = default;
};

// RFC 7807 as RFC 8555 6.7 uses it. A refusal by the CA is a value, not an error of ours.
struct AcmeProblem {
  std::string type;    // "urn:ietf:params:acme:error:rateLimited"; "about:blank" when absent
  std::string detail;  // the CA's own words, at most 512 octets, control characters removed
  int http_status = 0;
  // It came from the directory or newNonce: what was to be asked was not.
  bool in_preparation = false;
  std::optional<absl::Duration> retry_after = std::nullopt;
  std::string identifier;                        // of the first subproblem that names one
  std::vector<AcmeSubproblem> subproblems = {};  // those that name one

  bool operator==(const AcmeProblem&) const = default;
};

// Of AcmeProblem::type.
inline constexpr std::string_view kAcmeErrorPrefix = "urn:ietf:params:acme:error:";

// Whether it is the error of this name, "badNonce" for example (RFC 8555 6.7).
inline bool IsAcmeError(const AcmeProblem& problem, std::string_view name) {
  const std::string_view type = problem.type;
  return type.starts_with(kAcmeErrorPrefix) && type.substr(kAcmeErrorPrefix.size()) == name;
}

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

// What we use of what a CA says of itself: the "meta" member of its directory (RFC 8555, 7.1.1).
struct AcmeMetadata {
  std::vector<std::string> caa_identities;      // for CAA's "issue" and "issuewild" (RFC 8659)
  std::map<std::string, std::string> profiles;  // by name: what they are (draft-ietf-acme-profiles)

  bool operator==(const AcmeMetadata&) const = default;
};

// What newOrder asks for (RFC 8555, 7.4).
struct AcmeOrderRequest {
  std::vector<std::string> names;
  std::string profile = {};   // of AcmeMetadata::profiles; empty: the CA's default
  std::string replaces = {};  // renewal id of the predecessor (RFC 9773, 5); empty: none

  bool operator==(const AcmeOrderRequest&) const = default;
};

// A PEM chain, leaf first, and where the CA has the same leaf under other chains (RFC 8555, 7.4.2).
struct AcmeChain {
  std::string pem;
  std::vector<std::string> alternate_urls = {};

  bool operator==(const AcmeChain&) const = default;
};

// When the CA would like a certificate to be renewed; the start is before the end.
struct RenewalWindow {
  absl::Time start = absl::InfinitePast();
  absl::Time end = absl::InfinitePast();

  bool operator==(const RenewalWindow&) const = default;
};

// RFC 9773, 4.2.
struct AcmeRenewalInfo {
  RenewalWindow window;
  std::string explanation_url = {};  // why then; for people; mostly empty
  std::optional<absl::Duration> retry_after = std::nullopt;

  bool operator==(const AcmeRenewalInfo&) const = default;
};

// The http-01 challenge of an authorization (RFC 8555, 8.3).
struct AcmeHttpChallenge {
  std::string url;
  AcmeChallengeStatus status = AcmeChallengeStatus::kPending;
  std::string key_authorization;  // what the resource holds; begins with the token (8.1)
  std::optional<AcmeProblem> error = std::nullopt;
};

// RFC 8555, 7.1.4, with its dns-01 challenge (8.4) and its http-01 challenge.
struct AcmeAuthorization {
  std::string url;
  AcmeAuthorizationStatus status = AcmeAuthorizationStatus::kPending;
  std::string identifier;  // without "*."
  bool wildcard = false;
  std::string challenge_url;  // dns-01; empty when not offered
  AcmeChallengeStatus challenge_status = AcmeChallengeStatus::kPending;
  std::string txt_value;  // base64url(SHA-256(key authorization)), RFC 8555 8.4
  std::optional<absl::Time> expire_time = std::nullopt;
  std::optional<AcmeProblem> error = std::nullopt;       // of the dns-01 challenge
  std::optional<AcmeHttpChallenge> http = std::nullopt;  // unset when not offered
  std::optional<absl::Duration> retry_after = std::nullopt;
};

}  // namespace cert
