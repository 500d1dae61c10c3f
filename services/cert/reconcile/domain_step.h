// One step of a domain: prove the customer's control by its records, or clean up after a deletion.

#pragma once

#include <optional>

#include "absl/status/statusor.h"
#include "cert/core/inquiry.h"
#include "cert/reconcile/services.h"

namespace cert {

// Thread-safe.
class DomainStep {
 public:
  explicit DomainStep(const Services& services) : services_(services) {}

  // As OrderStep's.
  absl::StatusOr<std::optional<Inquiry>> Begin(const Lease& lease);
  absl::Status FinishCheck(const Lease& lease, const Evidence& evidence);

 private:
  absl::Status Delete(const Lease& lease, const Domain& domain);
  absl::Status Postpone(const Lease& lease, const Domain& domain, Finding finding,
                        absl::Duration pause);

  const Services& services_;
};

}  // namespace cert
