// How ACME requests are signed (RFC 8555, 6.2): flattened JSON JWS (RFC 7515) with ES256 and, for
// external account bindings, HS256. Pure but for the randomness inside an ECDSA signature.
// INTERNAL for a key that is not P-256 in PEM.

#pragma once

#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"

namespace cert {

// An account's key, parsed: that costs more than a signature. Immutable; copies share it.
class AccountKey {
 public:
  static absl::StatusOr<AccountKey> Parse(const std::string& key_pem);

  // The JWK thumbprint (RFC 7638) of the public key, in base64url.
  const std::string& thumbprint() const;

 private:
  struct Parts;
  explicit AccountKey(std::shared_ptr<const Parts> parts) : parts_(std::move(parts)) {}

  friend absl::StatusOr<std::string> SignJws(const struct JwsRequest& request);

  std::shared_ptr<const Parts> parts_;
};

struct JwsRequest {
  AccountKey key;
  std::string kid;  // the account's URL; empty: the public key itself is sent (newAccount)
  std::string nonce;
  std::string url;
  std::string payload;  // empty: POST-as-GET (RFC 8555, 6.3)
};

// The body of a request.
absl::StatusOr<std::string> SignJws(const JwsRequest& request);

// What a CA gives to its customers so that they can bind an ACME account to theirs.
struct ExternalAccount {
  std::string key_id;
  std::string mac_key;  // octets, not base64url
};

// The "externalAccountBinding" member of a newAccount request (RFC 8555, 7.3.4).
absl::StatusOr<std::string> BindExternalAccount(const ExternalAccount& external_account,
                                                const std::string& key_pem,
                                                const std::string& new_account_url);

struct KeyChange {
  std::string old_key_pem;
  std::string new_key_pem;
  std::string account_url;
  std::string key_change_url;
};

// The payload of a keyChange request: the old key, signed by the new one (RFC 8555, 7.3.5).
absl::StatusOr<std::string> KeyChangePayload(const KeyChange& change);

// What answers a challenge: token "." thumbprint (RFC 8555, 8.1). As it is for http-01 (8.3).
std::string KeyAuthorization(const std::string& token, const std::string& thumbprint);

// What the TXT record must hold: base64url(SHA-256(key authorization)) (RFC 8555, 8.4).
std::string Dns01Value(const std::string& token, const std::string& thumbprint);

}  // namespace cert
