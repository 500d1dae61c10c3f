// Where a list goes on: opaque to callers, and good only for the list that gave it out.

#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace cert {

// `list` names the list and everything that selects from it: "domains tenants/acme".
std::string MakePageToken(const std::string& list, const std::string& after_id);

// Returns the `after_id`; empty for an empty token. INVALID_ARGUMENT for any other text than
// MakePageToken gave out for this list.
absl::StatusOr<std::string> ReadPageToken(const std::string& list, const std::string& token);

}  // namespace cert
