// The CAA records of domains whose certificates are in force, looked at daily beside the records
// that prove them: what would keep every CA from renewing is told while there is time. They decide
// nothing else here: each order looks at them again.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cert/core/caa.h"
#include "cert/core/finding.h"
#include "cert/core/inquiry.h"
#include "cert/reconcile/services.h"

namespace cert {

// A CA that may be asked for the next certificate, and what its CAA look is about.
struct WatchedCa {
  std::string name;
  std::vector<Question> questions;
};

// Every CA that a certificate in force with names of this domain may be renewed at. Nothing where
// there is none, or where one of them does not say what it is called in CAA records: it may issue.
// The CAs' directories are asked at most, which their clients remember.
absl::StatusOr<std::vector<WatchedCa>> WatchedCas(const Services& services, const Lease& lease,
                                                  const Domain& domain);

// What keeps all of them from issuing, by the answers that `evidence` has; of the first. Nothing
// when one may, or when that is not known.
std::optional<Finding> JudgeWatched(const std::vector<WatchedCa>& cas, const Evidence& evidence,
                                    const AgreementPolicy& policy);

// The part that proves the domain.
Evidence WithoutCaa(Evidence evidence);

}  // namespace cert
