// The request id that ties log lines together, from a caller's RPC to the DNS question. A caller
// may bring its own in the metadata key x-request-id.

#pragma once

#include <string>
#include <string_view>

#include "base/random.h"

namespace transport {

inline constexpr char kRequestIdKey[] = "x-request-id";

// `offered` when it is 1 to 64 characters of [A-Za-z0-9._-], so that it may go into any log and
// header; otherwise a new one.
std::string AcceptRequestId(std::string_view offered, base::Random& random);

}  // namespace transport
