#include "base/strings.h"

#include <cerrno>
#include <cstdio>
#include <memory>

#include "absl/strings/escaping.h"
#include "absl/strings/str_format.h"

namespace base {

std::string Base64UrlEncode(std::string_view octets) {
  return absl::WebSafeBase64Escape(ToAbsl(octets));
}

std::optional<std::string> Base64UrlDecode(std::string_view text) {
  std::string octets;
  if (!absl::WebSafeBase64Unescape(ToAbsl(text), &octets)) return std::nullopt;
  // Abseil forgives padding, white space and stray bits; signatures must have one spelling only.
  if (Base64UrlEncode(octets) != text) return std::nullopt;
  return octets;
}

std::string UtcText(absl::Time time) {
  return absl::FormatTime("%Y-%m-%d %H:%M:%S UTC", time, absl::UTCTimeZone());
}

absl::StatusOr<std::string> ReadFile(const std::string& path, std::size_t limit_bytes) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rbe"),
                                                             &std::fclose);
  if (file == nullptr) return absl::ErrnoToStatus(errno, path);
  std::string content(limit_bytes + 1, '\0');
  content.resize(std::fread(content.data(), 1, content.size(), file.get()));
  if (std::ferror(file.get()) != 0) return absl::ErrnoToStatus(errno, path);
  if (content.size() > limit_bytes) {
    return absl::ResourceExhaustedError(
        absl::StrFormat("%s is larger than %d octets", path, limit_bytes));
  }
  return content;
}

}  // namespace base
