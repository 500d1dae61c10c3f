#include "probe/core/key_authorization.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"

namespace probe {
namespace {

bool IsBase64Url(std::string_view text) {
  return std::ranges::all_of(
      text, [](unsigned char c) { return absl::ascii_isalnum(c) || c == '-' || c == '_'; });
}

absl::Status Wrong(const std::string& what) {
  return absl::InvalidArgumentError("the key authorization " + what);
}

}  // namespace

absl::StatusOr<KeyAuthorization> KeyAuthorization::Parse(std::string_view text) {
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos) return Wrong("has no dot between token and thumbprint");
  const std::string_view token = text.substr(0, dot);
  const std::string_view thumbprint = text.substr(dot + 1);
  if (token.size() < kShortestToken || token.size() > kLongestToken) {
    return Wrong(absl::StrFormat("has a token of %d characters instead of %d to %d", token.size(),
                                 kShortestToken, kLongestToken));
  }
  if (!IsBase64Url(token)) return Wrong("has a token that is not base64url");
  if (thumbprint.size() != kThumbprint || !IsBase64Url(thumbprint)) {
    return Wrong("does not end in the thumbprint of a key: 43 characters of base64url");
  }
  return KeyAuthorization(std::string(text), dot);
}

std::string KeyAuthorization::Path() const {
  return "/.well-known/acme-challenge/" + text_.substr(0, token_length_);
}

}  // namespace probe
