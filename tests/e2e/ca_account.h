// Our account at the lab's CA in somebody else's hands: another program with its key, which does
// there what padlock-cert does not know of.

#pragma once

#include <string>

#include "absl/status/status.h"
#include "lab/lab.h"

namespace e2e {

// Deactivates the authorization (RFC 8555, 7.5.2), which ends every order that needs it.
absl::Status DeactivateAtCa(lab::Lab& lab, const std::string& authorization_url);

}  // namespace e2e
