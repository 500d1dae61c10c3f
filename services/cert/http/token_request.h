// What a request for an http-01 resource names (RFC 8555, 8.3), parsed once. Pure.

#pragma once

#include <optional>
#include <string>

namespace cert {

struct TokenRequest {
  std::string hostname;  // of the Host header, in lower case, without port and trailing dot
  std::string token;

  bool operator==(const TokenRequest&) const = default;
};

// Nothing unless `path` is "/.well-known/acme-challenge/" and one base64url token, and `host` (RFC
// 9110, 7.2) a host name.
std::optional<TokenRequest> ParseTokenRequest(const std::string& path, const std::string& host);

}  // namespace cert
