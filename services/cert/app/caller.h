// On whose behalf a use case runs.

#pragma once

#include <string>

#include "transport/identity.h"

namespace cert {

// Immutable.
struct Caller {
  transport::Identity identity;  // verified by TLS
  std::string request_id;        // of the call, for logs and events
};

}  // namespace cert
