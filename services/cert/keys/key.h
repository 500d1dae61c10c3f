// Keys as OpenSSL has them. Private to this folder.

#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "cert/core/settings.h"
#include "cert/keys/openssl_ptr.h"

namespace cert {

// A new one. INVALID_ARGUMENT: callers draw theirs themselves.
absl::StatusOr<KeyPtr> DrawKey(KeyType type);

// PKCS#8.
absl::StatusOr<std::string> ToPem(EVP_PKEY* key);

}  // namespace cert
