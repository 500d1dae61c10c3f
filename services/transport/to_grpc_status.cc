#include "transport/to_grpc_status.h"

#include <grpcpp/support/status.h>

#include <string>

#include "absl/strings/str_format.h"
#include "base/log.h"

namespace transport {
namespace {

bool IsOurFault(absl::StatusCode code) {
  return code == absl::StatusCode::kInternal || code == absl::StatusCode::kUnknown ||
         code == absl::StatusCode::kDataLoss;
}

}  // namespace

grpc::Status ToGrpcStatus(const absl::Status& status, std::string_view request_id) {
  if (status.ok()) return grpc::Status::OK;
  if (IsOurFault(status.code())) {
    base::Log(base::LogLevel::kError, "call failed",
              {{"request_id", std::string(request_id)}, base::LogField(status)});
    return {grpc::StatusCode::INTERNAL,
            absl::StrFormat("internal error; request id %s", request_id)};
  }
  return {static_cast<grpc::StatusCode>(status.code()), std::string(status.message())};
}

absl::Status FromGrpcStatus(const grpc::Status& status) {
  return {static_cast<absl::StatusCode>(status.error_code()), status.error_message()};
}

}  // namespace transport
