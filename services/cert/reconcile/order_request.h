// What newOrder asks for: the names, the profile, and which certificate it replaces.

#pragma once

#include "cert/reconcile/order_phases.h"

namespace cert {

// The profile is the certificate's, else the CA's configured one. `replaces` names the certificate
// in use where the same account at this CA ordered it and the CA has told a window for it (RFC
// 9773, 5). A setback when the CA does not offer the profile, or cannot be asked.
Outcome<AcmeOrderRequest> MakeOrderRequest(const OrderJob& job, const AcmeAccount& account);

// newOrder; and again without `replaces` when the CA takes no order that replaces this certificate:
// then nothing was made.
AcmeReply<AcmeOrder> SendNewOrder(const OrderJob& job, const AcmeAccount& account,
                                  AcmeOrderRequest request);

}  // namespace cert
