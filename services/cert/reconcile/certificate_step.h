// One step of a certificate: open the order that it needs, or find that there is none to open. It
// has no effect outside the database.

#pragma once

#include "absl/status/status.h"
#include "cert/reconcile/services.h"

namespace cert {

// Thread-safe.
class CertificateStep {
 public:
  explicit CertificateStep(const Services& services) : services_(services) {}

  absl::Status Run(const Lease& lease);

 private:
  const Services& services_;
};

}  // namespace cert
