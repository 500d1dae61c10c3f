// The part of a configured CA that says what it allows: its names in CAA records, and its limits.

#pragma once

#include <string>

#include "absl/status/status.h"
#include "cert/config.h"
#include "padlock/config/v1/config.pb.h"

namespace cert {

// Reads them into `authority`. INVALID_ARGUMENT with the path of the wrong field, below `field`.
absl::Status ReadAuthorityRules(const std::string& field,
                                const padlock::config::v1::CertificateAuthority& proto,
                                Config::CertificateAuthority& authority);

}  // namespace cert
