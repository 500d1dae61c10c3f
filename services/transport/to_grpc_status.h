// absl::Status at the wire. Codes have the same numbers on both sides. What is our own fault
// (INTERNAL, UNKNOWN, DATA_LOSS) is logged here, where it stops travelling, and its text stays with
// us: the client is given the request id to ask with.

#pragma once

#include <string_view>

#include "absl/status/status.h"

namespace grpc {
class Status;
}  // namespace grpc

namespace transport {

grpc::Status ToGrpcStatus(const absl::Status& status, std::string_view request_id);

absl::Status FromGrpcStatus(const grpc::Status& status);

}  // namespace transport
