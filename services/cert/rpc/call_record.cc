#include "cert/rpc/call_record.h"

#include <grpcpp/support/status.h>

#include <utility>

#include "base/log.h"
#include "transport/to_grpc_status.h"

namespace cert {

CallRecord::CallRecord(base::Metrics& metrics, const char* method, std::string request_id,
                       std::string peer)
    : metrics_(metrics),
      method_(method),
      request_id_(std::move(request_id)),
      peer_(std::move(peer)),
      start_(std::chrono::steady_clock::now()) {}

grpc::Status CallRecord::Close(const absl::Status& status) {
  const std::chrono::duration<double> duration = std::chrono::steady_clock::now() - start_;
  const std::string code = absl::StatusCodeToString(status.code());
  metrics_.Observe("padlock_cert_rpc_duration_seconds", {{"method", method_}, {"code", code}},
                   duration.count());
  base::Log(base::LogLevel::kInfo, "call",
            {{"method", method_},
             {"code", code},
             {"duration_ms", static_cast<std::int64_t>(duration.count() * 1000)},
             {"request_id", request_id_},
             {"tenant", tenant_},
             {"caller", caller_},
             {"peer", peer_}});
  return transport::ToGrpcStatus(status, request_id_);
}

}  // namespace cert
