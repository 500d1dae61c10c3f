#include "cert/core/revocation.h"

#include <utility>

#include "base/enum_names.h"
#include "cert/core/schedule.h"

namespace cert {
namespace {

constexpr absl::Duration kRefusedPause = absl::Hours(1);

constexpr base::EnumNames<RevocationState, 3> kRevocationNames{{
    {RevocationState::kPending, "PENDING"},
    {RevocationState::kCompleted, "COMPLETED"},
    {RevocationState::kFailed, "FAILED"},
}};

}  // namespace

const char* RevocationReasonName(RevocationReason reason) {
  switch (reason) {
    case RevocationReason::kUnspecified:
      return "unspecified";
    case RevocationReason::kKeyCompromise:
      return "keyCompromise";
    case RevocationReason::kAffiliationChanged:
      return "affiliationChanged";
    case RevocationReason::kSuperseded:
      return "superseded";
    case RevocationReason::kCessationOfOperation:
      return "cessationOfOperation";
  }
  return "";
}

const char* StateName(RevocationState state) { return base::NameIn(kRevocationNames, state); }

std::optional<RevocationState> ParseRevocationState(const std::string& name) {
  return base::ValueIn(kRevocationNames, name);
}

absl::StatusOr<RevocationProgress> Advance(const RevocationProgress& progress,
                                           const RevocationEvent& event, absl::Time now) {
  if (progress.state != RevocationState::kPending) {
    return absl::FailedPreconditionError("the revocation is over");
  }
  if (const auto* retry = std::get_if<NotRevoked>(&event)) {
    RevocationProgress next = progress;
    ++next.tries;
    next.due_time = retry->retry_time;
    return next;
  }
  const bool done = std::holds_alternative<Revoked>(event);
  return RevocationProgress{.state = done ? RevocationState::kCompleted : RevocationState::kFailed,
                            .start_time = now};
}

absl::Duration RevocationPause(int tries, bool refused, double jitter) {
  return refused ? kRefusedPause : StepPause(tries, jitter);
}

}  // namespace cert
