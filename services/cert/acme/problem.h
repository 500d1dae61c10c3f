// Problem documents (RFC 7807, RFC 8555, 6.7) as values that may be stored and shown: whatever a CA
// or a box in front of it says, the text is bounded, valid UTF-8 and free of control characters.

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "cert/acme/json_object.h"
#include "cert/core/acme_types.h"

namespace cert {

// Of AcmeProblem::type.
inline constexpr std::string_view kNoProblemType = "about:blank";

// "badNonce" → "urn:ietf:params:acme:error:badNonce".
std::string AcmeErrorType(std::string_view name);

// The body of a reply with an error status. Never fails: from a body that is no problem document it
// makes one of type "about:blank".
AcmeProblem ParseProblem(const std::string& body, int http_status,
                         std::optional<absl::Duration> retry_after);

// The "error" member of an order or a challenge.
AcmeProblem ToProblem(const JsonObject& document);

// At most `limit` octets of `text`, which is UTF-8 (what is not is dropped), without the control
// characters U+0000–U+001F and U+007F–U+009F; characters stay whole.
std::string Sanitise(std::string_view text, std::size_t limit);

}  // namespace cert
