#include "cert/rpc/page_token.h"

#include <algorithm>
#include <optional>

#include "base/strings.h"
#include "cert/app/field_error.h"

namespace cert {
namespace {

constexpr std::size_t kMaxTokenOctets = 512;

// The number is the form's version.
std::string Prefix(const std::string& list) { return "1\n" + list + "\n"; }

bool IsId(const std::string& text) {
  return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

}  // namespace

std::string MakePageToken(const std::string& list, const std::string& after_id) {
  return base::Base64UrlEncode(Prefix(list) + after_id);
}

absl::StatusOr<std::string> ReadPageToken(const std::string& list, const std::string& token) {
  if (token.empty()) return std::string();
  const absl::Status foreign =
      FieldError("page_token", "is not one that this list gave out; use next_page_token");
  if (token.size() > kMaxTokenOctets) return foreign;
  const std::optional<std::string> text = base::Base64UrlDecode(token);
  const std::string prefix = Prefix(list);
  if (!text.has_value() || !text->starts_with(prefix)) return foreign;
  std::string after_id = text->substr(prefix.size());
  if (!IsId(after_id)) return foreign;
  return after_id;
}

}  // namespace cert
