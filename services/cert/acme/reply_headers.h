// Reply headers that carry more than a word.

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"

namespace cert {

// RFC 9110, 10.2.3: seconds or an HTTP date, as a span from `now`: within 0 and 31 days. Absent
// when it cannot be read.
std::optional<absl::Duration> ParseRetryAfter(const std::string& value, absl::Time now);

// The targets of the links of a relation ("next", "alternate") among Link headers (RFC 8288), in
// their order; absolute URLs only.
std::vector<std::string> LinksOf(std::string_view relation, const std::vector<std::string>& links);

// An https URL of at most 2,048 printable ASCII characters, none of which JSON or RFC 3986 would
// want escaped. Every URL that a CA hands out passes here before it is used.
bool IsHttpsUrl(std::string_view text);

// 1 to `limit` characters of base64url (RFC 4648, 5): nonces and tokens.
bool IsBase64Url(std::string_view text, std::size_t limit);

}  // namespace cert
