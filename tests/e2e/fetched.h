// What `padlock fetch` brings, judged by openssl(1).

#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "e2e/tenant.h"

namespace e2e {

struct Fetched {
  std::vector<std::string> names;  // DNS subject alternative names, in the certificate's order
  std::string certificate_public_key;
  std::string private_key_public_key;  // of the fetched private key
};

// Fetches chain and key. INTERNAL unless the chain verifies against the CA's root.
absl::StatusOr<Fetched> Fetch(Tenant& tenant, const std::string& hostname);

}  // namespace e2e
