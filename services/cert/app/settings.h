// Whether this service can do what a caller chooses.

#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "cert/core/settings.h"

namespace cert {

// INVALID_ARGUMENT with "certificate_settings." and the field first. `authorities` are the names of
// the configured CAs.
absl::Status CheckSettings(const CertificateSettings& settings,
                           const std::vector<std::string>& authorities);

// The same for the caller's certificate request, if there is one: it must be for exactly `names`.
absl::Status CheckRequest(const CertificateSettings& settings,
                          const std::vector<std::string>& names);

}  // namespace cert
