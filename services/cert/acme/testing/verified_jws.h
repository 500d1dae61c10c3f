// The server's side of jws.h: signed requests (RFC 8555, 6.2) taken apart and verified.

#pragma once

#include <functional>
#include <string>

#include "absl/status/statusor.h"

namespace cert {

struct VerifiedJws {
  std::string payload;
  std::string nonce;
  std::string url;
  std::string kid;         // the account's URL; empty when the key itself was sent
  std::string jwk;         // of the key that signed, as JSON
  std::string thumbprint;  // of that key
};

// INVALID_ARGUMENT for anything but a flattened JWS by ES256 whose signature is right. `key_of`
// gives the JWK of an account URL, empty where there is none.
absl::StatusOr<VerifiedJws> VerifyJws(const std::string& body,
                                      const std::function<std::string(const std::string&)>& key_of);

// The thumbprint (RFC 7638) of a P-256 JWK; empty for anything else.
std::string ThumbprintOfJwk(const std::string& jwk);

}  // namespace cert
