// One step of a domain: prove the customer's control by its records, or clean up after a deletion.

#pragma once

#include "absl/status/statusor.h"
#include "cert/core/inquiry.h"
#include "cert/reconcile/caa_watch.h"
#include "cert/reconcile/services.h"
#include "cert/reconcile/suspension.h"

namespace cert {

// Thread-safe.
class DomainStep {
 public:
  explicit DomainStep(const Services& services) : services_(services) {}

  StepResult Begin(const Lease& lease);

 private:
  absl::Status FinishCheck(const Lease& lease, const std::vector<WatchedCa>& cas,
                           const Evidence& evidence);
  absl::Status Delete(const Lease& lease, const Domain& domain);
  absl::Status Postpone(const Lease& lease, const Domain& domain, Finding finding,
                        absl::Duration pause);

  const Services& services_;
};

}  // namespace cert
