// Private keys, CSRs and issued chains (OpenSSL inside). Pure functions but for the drawing of
// keys, which uses OpenSSL's CSPRNG.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cert/core/settings.h"
#include "cert/keys/trust_anchors.h"

namespace cert {

// A new private key as PKCS#8 PEM. INVALID_ARGUMENT: callers draw theirs themselves.
absl::StatusOr<std::string> CreateKey(KeyType type);

struct KeyAndCsr {
  std::string key_pem;  // PKCS#8
  std::string csr_der;
};
// Both at once: an ECDSA key takes longer to read from PEM than to draw. As CreateKey and
// CreateCsr.
absl::StatusOr<KeyAndCsr> CreateKeyAndCsr(KeyType type, const std::vector<std::string>& names);

// A PKCS#10 request (DER) for exactly `names` as DNS subject alternative names, with an empty
// subject, signed by a key that is there already. INVALID_ARGUMENT for a bad key or no names.
absl::StatusOr<std::string> CreateCsr(const std::string& key_pem,
                                      const std::vector<std::string>& names);

// What an issued certificate says of itself.
struct CertificateFacts {
  std::string serial;              // lower-case hex without leading zeros
  std::string issuer;              // RFC 2253 text
  std::vector<std::string> names;  // DNS subject alternative names, lower case, sorted
  absl::Time not_before = absl::InfinitePast();
  absl::Time not_after = absl::InfinitePast();
};

struct ChainExpectation {
  std::vector<std::string> names;     // exactly these
  std::string csr_der;                // the leaf must hold its public key
  std::optional<TrustAnchors> roots;  // the chain must end in one of these; none: not checked
  absl::Time now = absl::InfinitePast();
};

// Verifies an issued PEM chain before it is believed: names, key, dates at `now`, each signature,
// serverAuth, and the root where one is configured (RFC 5280, 6). FAILED_PRECONDITION says in one
// sentence what is wrong; UNAVAILABLE that it is not valid yet, which time mends.
absl::StatusOr<CertificateFacts> VerifyChain(const std::string& chain_pem,
                                             const ChainExpectation& expected);

// Whether the first certificate of the chain holds another public key than the CSR. False also
// where one of them cannot be read.
bool IsForOtherKey(const std::string& chain_pem, const std::string& csr_der);

// DER of the first certificate of a PEM chain.
absl::StatusOr<std::string> LeafDer(const std::string& chain_pem);

// What RFC 9773 (4.1) calls the first certificate of a PEM chain: its authority key identifier and
// its serial, in base64url, with a dot between them. INVALID_ARGUMENT when there is no certificate
// or the identifier is missing: then there is no such name.
absl::StatusOr<std::string> RenewalIdOf(const std::string& chain_pem);

// Common name of the issuer of the last certificate of a PEM chain, which tells a CA's alternate
// chains apart. Empty when it has none; INVALID_ARGUMENT when there is no certificate.
absl::StatusOr<std::string> TopIssuerName(const std::string& chain_pem);

}  // namespace cert
