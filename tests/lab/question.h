// Asks a DNS server one question, with kdig(1).

#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace lab {

// The data of the answer section, one record a line, as `kdig +short` prints it; empty when there
// are none, whatever the reason. `flags` are kdig's, "+recurse" for a resolver.
absl::StatusOr<std::string> Ask(const std::string& address, const std::string& name,
                                const std::string& type, const std::string& flags = "+norecurse");

}  // namespace lab
