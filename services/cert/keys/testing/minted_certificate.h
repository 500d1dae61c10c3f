// Certificates for tests: right by default, wrong in exactly the way a test asks for.

#pragma once

#include <string>
#include <vector>

#include "absl/time/time.h"

namespace cert {

struct MintedCertificate {
  std::string pem;
  std::string key_pem;  // empty when the key came in a CSR
};

struct MintOptions {
  std::string common_name;  // no subject when empty
  std::vector<std::string> dns_names = {};
  std::vector<std::string> addresses = {};  // IP alternative names, as text
  std::string csr_der = {};                 // the key to certify; a new one when empty
  absl::Time not_before = absl::InfinitePast();
  absl::Time not_after = absl::InfinitePast();
  bool authority = false;
  bool server_auth = true;                    // when no authority
  const MintedCertificate* issuer = nullptr;  // self-signed when null
  bool break_signature = false;
};

// Ends the test program when OpenSSL refuses.
MintedCertificate Mint(const MintOptions& options);

// The DNS names that a PKCS#10 request asks for, as it lists them; none when it cannot be read or
// its signature is broken.
std::vector<std::string> RequestedNames(const std::string& csr_der);

}  // namespace cert
