// RFC 2136 updates, signed with TSIG (RFC 8945), sent with knsupdate(1).

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace lab {

// HMAC-SHA256.
struct TsigKey {
  std::string name;
  std::string secret;  // base64
};

// With a random secret.
TsigKey NewTsigKey(const std::string& name);

// Sends one message to the server at `address`, port kDnsPort, made of lines such as `add
// www.shop.test. 60 A 192.0.2.1` and `del www.shop.test. A`; unsigned without a key. The change is
// visible when this returns. INTERNAL with the server's answer if refused.
absl::Status SendUpdate(const std::string& address, const std::string& zone,
                        const std::optional<TsigKey>& key, const std::vector<std::string>& lines);

}  // namespace lab
