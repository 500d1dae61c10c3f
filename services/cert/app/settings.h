// Whether this service can do what a caller chooses.

#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cert/core/model.h"
#include "cert/core/settings.h"
#include "cert/store/store.h"

namespace cert {

// INVALID_ARGUMENT with "certificate_settings." and the field first. `authorities` are the names of
// the configured CAs.
absl::Status CheckSettings(const CertificateSettings& settings,
                           const std::vector<std::string>& authorities);

// The same for the caller's certificate request, if there is one: it must be for exactly `names`.
// Returns the hash of its key; empty without a request.
absl::StatusOr<std::string> CheckRequest(const CertificateSettings& settings,
                                         const std::vector<std::string>& names);

// Whether it was made with the same settings, the method among them. Rows from before certificates
// kept that do not tell it, and then any is taken for the same.
bool WasMadeWith(const Certificate& certificate, CertificateSettings settings);

// INVALID_ARGUMENT for the key of a request that others are known to have.
absl::Status CheckKey(Transaction& transaction, const std::string& key_hash);

}  // namespace cert
