// What an http-01 resource must hold (RFC 8555, 8.1 and 8.3):
//
//   key-authorization = token "." base64url( SHA-256 thumbprint of the account's key )
//
// The token names the resource, so nothing but base64url may be in it: whoever orders a check
// chooses no other path on somebody's server.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"

namespace probe {

// Immutable value.
class KeyAuthorization {
 public:
  static constexpr std::size_t kShortestToken = 22;  // 128 bits in base64url
  static constexpr std::size_t kLongestToken = 128;
  static constexpr std::size_t kThumbprint = 43;  // 256 bits in base64url

  // INVALID_ARGUMENT, naming what is wrong.
  static absl::StatusOr<KeyAuthorization> Parse(std::string_view text);

  const std::string& text() const { return text_; }
  // "/.well-known/acme-challenge/<token>"
  std::string Path() const;

 private:
  KeyAuthorization(std::string text, std::size_t token_length)
      : text_(std::move(text)), token_length_(token_length) {}

  std::string text_;
  std::size_t token_length_;
};

}  // namespace probe
