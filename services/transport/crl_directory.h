// A directory of certificate revocation lists (RFC 5280, 5) as OpenSSL looks them up, a handshake
// at a time, when gRPC is told to (config.proto, Tls.crl_directory): in PEM, under the hash of the
// CA's name and a number, "<hash>.r0", "<hash>.r1", and so on without a gap.

#pragma once

#include <string>

#include "absl/status/status.h"

namespace transport {

// OpenSSL passes in silence over what it does not find or understand, and whoever is on such a list
// stays welcome. So this tells: NOT_FOUND for a directory that cannot be read, FAILED_PRECONDITION
// for one without a list, with one that would not be found, or with a certificate by such a name,
// which would be trusted as a CA's.
absl::Status CheckCrlDirectory(const std::string& directory);

}  // namespace transport
