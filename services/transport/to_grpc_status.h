// absl::Status at the wire. Codes have the same numbers on both sides. What is our own fault
// (INTERNAL, UNKNOWN, DATA_LOSS) is logged here, where it stops travelling, and its text stays with
// us: the client is given the request id to ask with. What passes by itself (UNAVAILABLE,
// RESOURCE_EXHAUSTED) comes with google.rpc.RetryInfo: of base/retry_delay.h's delay, or a second.
// ABORTED and DEADLINE_EXCEEDED that have such a delay changed nothing, and become UNAVAILABLE.

#pragma once

#include <optional>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace grpc {
class Status;
}  // namespace grpc

namespace transport {

grpc::Status ToGrpcStatus(const absl::Status& status, std::string_view request_id);

// Keeps the RetryInfo, for RetryDelay().
absl::Status FromGrpcStatus(const grpc::Status& status);

// After how long the server wants the call to come again; nothing unless it said so.
std::optional<absl::Duration> RetryDelay(const absl::Status& status);

}  // namespace transport
