#include "cert/core/claim.h"

namespace cert {

std::string NewClaimValue(base::Random& random) { return "padlock-verify=" + random.Token(); }

std::string NewCanaryValue(base::Random& random) { return "padlock-canary=" + random.Token(); }

std::string NewDelegationId(base::Random& random) { return random.Token().substr(0, 16); }

}  // namespace cert
