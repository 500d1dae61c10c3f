// One step of a certificate: open the order that it needs, or find that there is none to open; and
// ask the CA now and then when it would have it renewed, which changes nothing there.

#pragma once

#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cert/core/model.h"
#include "cert/reconcile/services.h"

namespace cert {

// An order that the step has opened, as stored, leased for who goes on with it.
struct OpenedOrder {
  Lease lease;
  absl::Time time;  // by the database's clock
  Order order;
  Certificate certificate;
  std::vector<Domain> domains;  // of the certificate
};

// Thread-safe.
class CertificateStep {
 public:
  explicit CertificateStep(const Services& services) : services_(services) {}

  // What it has opened, if there is time enough to go on with it under the same lease, which is
  // given up. The store's errors; ABORTED: the lease is lost, and nothing was written.
  absl::StatusOr<std::optional<OpenedOrder>> Run(const Lease& lease);

 private:
  struct Look;
  absl::StatusOr<std::optional<OpenedOrder>> RunAfter(Look& look, const Lease& lease);

  const Services& services_;
};

}  // namespace cert
