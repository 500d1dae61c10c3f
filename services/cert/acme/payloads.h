// The JSON that requests carry (RFC 8555, 7.3 to 7.6).

#pragma once

#include <string>
#include <vector>

#include "cert/core/acme_types.h"

namespace cert {

// `binding` is what BindExternalAccount returned, or empty.
std::string NewAccountPayload(const std::vector<std::string>& contacts, const std::string& binding);
// Finds the account of the key that signs, and makes none (RFC 8555, 7.3.1).
std::string FindAccountPayload();
std::string NewOrderPayload(const AcmeOrderRequest& request);
std::string FinalizePayload(const std::string& csr_der);
std::string DeactivationPayload();
// `reason` is a CRLReason (RFC 5280, 5.3.1).
std::string RevocationPayload(const std::string& certificate_der, int reason);

}  // namespace cert
