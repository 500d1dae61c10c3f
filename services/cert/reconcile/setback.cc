#include "cert/reconcile/setback.h"

#include "base/log.h"
#include "cert/core/ca_ledger.h"
#include "cert/core/diagnosis.h"
#include "cert/core/findings.h"

namespace cert {
namespace {

// People do not act within seconds.
constexpr absl::Duration kOperatorsPause = absl::Minutes(1);

// Without its directory or nonces a CA is as good as silent; so is one that wants our operators to
// act first, for all orders alike.
bool IsDown(const AcmeProblem& problem) {
  return problem.http_status >= 500 || (problem.in_preparation && !IsRateLimit(problem)) ||
         IsForOperators(problem);
}

}  // namespace

Setback SetbackOf(const AcmeProblem& problem, const std::string& ca, AcmeStage stage) {
  std::optional<absl::Duration> retry_after = problem.retry_after;
  if (!retry_after && IsForOperators(problem)) retry_after = kOperatorsPause;
  return {.disposition = Judge(problem),
          .finding = FindingOf(problem, ca, stage),
          .retry_after = retry_after,
          .problem = problem,
          .ca_is_down = IsDown(problem),
          .refused_signature =
              IsAcmeError(problem, "malformed") || IsAcmeError(problem, "unauthorized"),
          .account_is_gone = IsAcmeError(problem, "accountDoesNotExist")};
}

Setback SetbackOf(const absl::Status& status, const std::string& ca) {
  return {.disposition = Disposition::kRetryStep,
          .finding = CaUnavailableFinding(ca, std::string(status.message())),
          .ca_is_down = !absl::IsDeadlineExceeded(status),
          .was_spared = absl::IsResourceExhausted(status)};
}

Setback OurTrouble(const absl::Status& status) {
  base::Log(base::LogLevel::kWarning, "trouble of our own", {base::LogField(status)});
  return {.disposition = Disposition::kRetryStep,
          .finding = ServiceTroubleFinding(absl::StatusCodeToString(status.code()))};
}

}  // namespace cert
