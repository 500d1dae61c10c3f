#include "cert/http/token_request.h"

#include <algorithm>

#include "absl/strings/ascii.h"

namespace cert {
namespace {

constexpr char kPrefix[] = "/.well-known/acme-challenge/";
constexpr std::size_t kMaxToken = 256;  // as we accept them from a CA
constexpr std::size_t kMaxHostname = 253;

bool IsToken(const std::string& text) {
  return !text.empty() && text.size() <= kMaxToken && std::ranges::all_of(text, [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_';
  });
}

bool IsHostname(const std::string& text) {
  return !text.empty() && text.size() <= kMaxHostname && std::ranges::all_of(text, [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '.';
  });
}

bool IsPort(const std::string& text) {
  return text.size() <= 5 && std::ranges::all_of(text, [](char c) {
           return absl::ascii_isdigit(static_cast<unsigned char>(c));
         });
}

}  // namespace

std::optional<TokenRequest> ParseTokenRequest(const std::string& path, const std::string& host) {
  if (!path.starts_with(kPrefix)) return std::nullopt;
  TokenRequest request{.hostname = absl::AsciiStrToLower(host.substr(0, host.find(':'))),
                       .token = path.substr(sizeof(kPrefix) - 1)};
  if (request.hostname.ends_with('.')) request.hostname.pop_back();
  const std::size_t colon = host.find(':');
  const bool good_port = colon == std::string::npos || IsPort(host.substr(colon + 1));
  if (!good_port || !IsHostname(request.hostname) || !IsToken(request.token)) return std::nullopt;
  return request;
}

}  // namespace cert
