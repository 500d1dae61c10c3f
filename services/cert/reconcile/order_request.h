// What newOrder asks for: the names, the profile, and which certificate it replaces.

#pragma once

#include "cert/reconcile/order_phases.h"

namespace cert {

// The profile is the certificate's, else the CA's configured one. `replaces` names the certificate
// in use where the same account at this CA ordered it and the CA has told a window for it (RFC
// 9773, 5). A setback when the CA does not offer the profile, or cannot be asked.
Outcome<AcmeOrderRequest> MakeOrderRequest(const OrderJob& job, const AcmeAccount& account);

// Whether the CA takes no order that replaces this certificate: nothing was made, and the same
// without `replaces` may be.
bool RefusesToReplace(const AcmeOrderRequest& request, const AcmeReply<AcmeOrder>& reply);

}  // namespace cert
