// One step of a certificate: open the order that it needs, or find that there is none to open; and
// ask the CA now and then when it would have it renewed, which changes nothing there.

#pragma once

#include "absl/status/status.h"
#include "cert/reconcile/services.h"

namespace cert {

// Thread-safe.
class CertificateStep {
 public:
  explicit CertificateStep(const Services& services) : services_(services) {}

  // The store's errors; ABORTED: the lease is lost, and nothing was written.
  absl::Status Run(const Lease& lease);

 private:
  const Services& services_;
};

}  // namespace cert
