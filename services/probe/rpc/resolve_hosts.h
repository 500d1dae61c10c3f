// Every address of the coordinator's hosts, as gRPC targets.

#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace probe {

// "ipv4:192.0.2.1:7443", "ipv6:[2001:db8::1]:7443", …, sorted. Blocks while the system's resolver
// does. UNAVAILABLE, naming the host, when one of them has no address.
absl::StatusOr<std::vector<std::string>> ResolveHosts(const std::vector<std::string>& hosts,
                                                      int port);

}  // namespace probe
