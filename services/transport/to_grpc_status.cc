#include "transport/to_grpc_status.h"

#include <google/rpc/error_details.pb.h>
#include <google/rpc/status.pb.h>
#include <grpcpp/support/status.h>

#include <string>

#include "absl/strings/cord.h"
#include "absl/strings/str_format.h"
#include "base/log.h"
#include "base/retry_delay.h"

namespace transport {
namespace {

// A database that restarts or fails over is back within seconds, and a queue is shorter by then.
constexpr int kRetrySeconds = 1;
constexpr char kRetryInfo[] = "type.googleapis.com/google.rpc.RetryInfo";

bool IsOurFault(absl::StatusCode code) {
  return code == absl::StatusCode::kInternal || code == absl::StatusCode::kUnknown ||
         code == absl::StatusCode::kDataLoss;
}

bool PassesByItself(absl::StatusCode code) {
  return code == absl::StatusCode::kUnavailable || code == absl::StatusCode::kResourceExhausted;
}

// The store tells apart why a transaction came to nothing; a caller can but repeat the call. An
// ABORTED without a delay may have been done.
absl::StatusCode CodeForCallers(const absl::Status& status) {
  const bool undone = absl::IsAborted(status) || absl::IsDeadlineExceeded(status);
  return undone && base::RetryDelayOf(status) ? absl::StatusCode::kUnavailable : status.code();
}

// In whole seconds, rounded up.
std::string DetailsWithRetryInfo(absl::StatusCode code, const absl::Status& status) {
  const absl::Duration delay = base::RetryDelayOf(status).value_or(absl::Seconds(kRetrySeconds));
  google::rpc::RetryInfo info;
  info.mutable_retry_delay()->set_seconds(
      absl::ToInt64Seconds(absl::Ceil(delay, absl::Seconds(1))));
  google::rpc::Status details;
  details.set_code(static_cast<int>(code));
  details.set_message(std::string(status.message()));
  details.add_details()->PackFrom(info);
  return details.SerializeAsString();
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
  const absl::StatusCode code = CodeForCallers(status);
  return {static_cast<grpc::StatusCode>(code), std::string(status.message()),
          PassesByItself(code) ? DetailsWithRetryInfo(code, status) : ""};
}

absl::Status FromGrpcStatus(const grpc::Status& status) {
  absl::Status result(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
  google::rpc::Status details;
  if (!details.ParseFromString(status.error_details())) return result;
  for (const google::protobuf::Any& detail : details.details()) {
    if (detail.type_url() == kRetryInfo) result.SetPayload(kRetryInfo, absl::Cord(detail.value()));
  }
  return result;
}

std::optional<absl::Duration> RetryDelay(const absl::Status& status) {
  const auto payload = status.GetPayload(kRetryInfo);
  google::rpc::RetryInfo info;
  if (!payload || !info.ParseFromString(std::string(*payload))) return std::nullopt;
  return absl::Seconds(info.retry_delay().seconds()) +
         absl::Nanoseconds(info.retry_delay().nanos());
}

}  // namespace transport
