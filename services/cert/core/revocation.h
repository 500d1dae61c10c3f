// The revocation of one issuance at its CA (RFC 8555 7.6): asked for once, repeated until it is
// done.
//
//   kPending --Done--> kCompleted
//       | --expired--> kFailed
//       +--Retry--+
//
// Pure; reconcile/revocation_step.h does the work.

#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cert/core/finding.h"
#include "cert/core/lifecycle.h"

namespace cert {

// Of the CRLReasons (RFC 5280 5.3.1) those that the CA/Browser Forum's Baseline Requirements
// (7.2.2) let subscribers give, and none.
enum class RevocationReason {
  kUnspecified = 0,
  kKeyCompromise = 1,
  kAffiliationChanged = 3,
  kSuperseded = 4,
  kCessationOfOperation = 5,
};

const char* RevocationReasonName(RevocationReason reason);  // "keyCompromise", …: RFC 5280's words

enum class RevocationState { kPending, kCompleted, kFailed };
using RevocationProgress = Progress<RevocationState>;

// "PENDING", "COMPLETED", "FAILED": stable.
const char* StateName(RevocationState state);
std::optional<RevocationState> ParseRevocationState(const std::string& name);

struct Revocation {
  RevocationReason reason = RevocationReason::kUnspecified;
  std::string actor;  // who asked for it
  std::string request_id;
  absl::Time request_time = absl::InfinitePast();
  std::optional<absl::Time> revoke_time = std::nullopt;  // when the CA had done it
  std::optional<Finding> finding = std::nullopt;         // what stops it
  // With a finding: when the CA is asked again. Of the revocation's progress, and stored there
  // only.
  std::optional<absl::Time> retry_time = std::nullopt;

  bool operator==(const Revocation&) const = default;
};

// How an attempt ended.
struct Revoked {};
struct NotRevoked {
  absl::Time retry_time;
};
struct Expired {};  // the certificate is over: nothing is left to revoke
using RevocationEvent = std::variant<Revoked, NotRevoked, Expired>;

// FAILED_PRECONDITION: it is over already.
absl::StatusOr<RevocationProgress> Advance(const RevocationProgress& progress,
                                           const RevocationEvent& event, absl::Time now);

// The pause before the next attempt, the `tries`-th having failed: passing trouble seconds to a
// minute; a CA that refuses is asked once an hour, since what it refuses for may be mended there.
absl::Duration RevocationPause(int tries, bool refused, double jitter);

}  // namespace cert
