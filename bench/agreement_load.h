// How soon what is in the DNS becomes agreed, and whether looks come when they were said to.

#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "lab/lab.h"

namespace bench {

struct AgreementLoad {
  int in_flight = 16;
  int domains = 0;
  std::string label;  // in the hosts' names: no host is looked at twice
};

// Of domains whose records are there before any resolver was asked for them: from the request for a
// look to the event that says that the right is proved.
absl::StatusOr<std::vector<absl::Duration>> TimeAgreements(lab::Lab& lab,
                                                           const AgreementLoad& load);

// Of one domain whose records were asked of every public resolver before they were there.
struct CachedAgreement {
  absl::Duration after_cache;  // from the end of the cached 'no' to the event
  // How long after the `next_action.time` that was shown the look had ended that it was said of:
  // one while the records were missing, one while a 'no' was cached.
  std::vector<absl::Duration> lateness;
};
absl::StatusOr<std::vector<CachedAgreement>> TimeCachedAgreements(lab::Lab& lab,
                                                                  const AgreementLoad& load);

// By how much NextLook() may come later than a second after the cached 'no' has ended.
absl::Duration LongestJitter();

}  // namespace bench
