// Whether what was issued is served. A tenant may have consumers that fetch its certificates and
// confirm the serial number that they serve; what was issued is awaited until then. Of other
// tenants it is in use as soon as it is issued. Pure.
//
//   issued ── AwaitDeployment ──► awaited ── ConfirmDeployed ──► nothing is awaited
//                                    │
//                                    └─ overdue_time ──► a finding, and an event
//
// Nothing else waits for it: orders and renewals go on as they do without.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "cert/core/finding.h"
#include "cert/core/model.h"

namespace cert {

struct DeploymentPolicy {
  std::vector<std::string> tenants;  // whose consumers confirm
  absl::Duration patience = absl::Hours(1);
};

// `issued` has just become one of the certificate's issuances in use. It is overdue when patience
// is used up; earlier where what was served before, until `served_until`, has less than a day left
// by then. If another is issued meanwhile, overdue_time stays that of the first.
void AwaitDeployment(const DeploymentPolicy& policy, const IssuanceId& issued,
                     std::optional<absl::Time> served_until, absl::Time now,
                     Certificate& certificate);

// Whether it was awaited. A finding that told of it is over with the last one.
bool ConfirmDeployed(const IssuanceId& served, Certificate& certificate);

// When an owner who was not told yet is to be told; infinite when there is nothing to tell.
absl::Time DeploymentTellTime(const Certificate& certificate);

// What is to be said of the certificate, which `cause`, if anything, stops besides.
std::optional<Finding> WithDeployment(std::optional<Finding> cause, const Certificate& certificate,
                                      absl::Time now);

}  // namespace cert
