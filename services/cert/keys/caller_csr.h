// Certificate requests that callers bring: one for a certificate whose key stays with them, and one
// that proves that somebody has a key which should be secret. Pure.

#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace cert {

struct CallerCsr {
  std::string der;
  std::string key_hash;  // KeyHash() of its public key
};

// A PKCS#10 request (RFC 2986) in PEM that a CA may be asked to sign as it is. INVALID_ARGUMENT
// says in one sentence what is wrong: not exactly one request; its signature; the key's type,
// strength or a known weakness; a subject beyond a common name that is one of the names; anything
// asked for but subject alternative names; names that are not exactly `names`, each once.
absl::StatusOr<CallerCsr> CheckCallerCsr(const std::string& pem,
                                         const std::vector<std::string>& names);

// The common name of a request that proves a compromise: no request for a certificate has it, so
// that none of those, which CAs and logs hold, proves anything.
inline constexpr char kCompromiseName[] = "Proof of Key Compromise";

// Whose key is compromised: the KeyHash() of a PEM request with the subject
// "CN=Proof of Key Compromise", signed by the key. INVALID_ARGUMENT otherwise.
absl::StatusOr<std::string> CheckCompromiseProof(const std::string& pem);

// SHA-256 of the subjectPublicKeyInfo (RFC 5280, 4.1.2.7) of the first certificate of a PEM chain,
// in lower-case hex. INVALID_ARGUMENT when there is none.
absl::StatusOr<std::string> KeyHashOfChain(const std::string& chain_pem);

}  // namespace cert
