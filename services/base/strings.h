// Small text helpers, and the bridge between std::string_view and Debian's absl::string_view, which
// do not convert to each other.

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace base {

inline absl::string_view ToAbsl(std::string_view text) { return {text.data(), text.size()}; }
inline std::string_view ToStd(absl::string_view text) { return {text.data(), text.size()}; }

// The octets of a text, for what takes unsigned ones.
inline std::span<const std::uint8_t> AsBytes(std::string_view octets) {
  return {reinterpret_cast<const std::uint8_t*>(octets.data()), octets.size()};
}

// RFC 4648 section 5 without padding, as RFC 7515 wants it.
std::string Base64UrlEncode(std::string_view octets);
std::optional<std::string> Base64UrlDecode(std::string_view text);

// "2027-01-15 08:00:00 UTC": a moment as people read it, in sentences and at a terminal.
std::string UtcText(absl::Time time);

// Octets up to `limit_bytes`. NOT_FOUND, PERMISSION_DENIED or RESOURCE_EXHAUSTED (too large).
absl::StatusOr<std::string> ReadFile(const std::string& path,
                                     std::size_t limit_bytes = std::size_t{1} << 20U);

}  // namespace base
