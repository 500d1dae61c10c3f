// Every address of the coordinator's host, as gRPC targets.

#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace probe {

// "ipv4:192.0.2.1:7443", "ipv6:[2001:db8::1]:7443", …, sorted. Blocks while the system's resolver
// does. UNAVAILABLE when it finds nothing.
absl::StatusOr<std::vector<std::string>> ResolveHost(const std::string& host, int port);

}  // namespace probe
