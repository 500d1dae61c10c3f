// Which of the chains that a CA offers for one certificate is taken (RFC 8555, 7.4.2).

#pragma once

#include <string>

#include "cert/reconcile/order_phases.h"

namespace cert {

// The PEM chain whose last certificate is issued by the CA's configured `preferred_chain`; `first`,
// which is the CA's own choice, when nothing is preferred, or the preferred one is not offered.
Outcome<std::string> ChooseChain(const OrderJob& job, const AcmeAccount& account,
                                 const AcmeChain& first);

}  // namespace cert
