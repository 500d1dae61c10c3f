// The values that prove control: the claim TXT that keeps tenants apart and the canary behind the
// delegation. Neither can be taken for an ACME token (43 base64url characters).

#pragma once

#include <string>

#include "base/random.h"

namespace cert {

// "padlock-verify=<26 base32 characters>": made for one (tenant, host, claim).
std::string NewClaimValue(base::Random& random);

// "padlock-canary=<26 base32 characters>": stands at the delegation target from the domain's
// creation to its deletion, so that the name always exists.
std::string NewCanaryValue(base::Random& random);

// The tenant's label in the delegation zone: 16 base32 characters.
std::string NewDelegationId(base::Random& random);

}  // namespace cert
