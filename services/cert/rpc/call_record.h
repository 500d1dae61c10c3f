// One call, from its arrival to its one log line and its place in the metrics.

#pragma once

#include <chrono>
#include <string>

#include "absl/status/status.h"
#include "base/metrics.h"

namespace grpc {
class Status;
}  // namespace grpc

namespace cert {

// Confined to whoever handles the call at the time.
class CallRecord {
 public:
  // `method` is a literal; `metrics` must outlive this object.
  CallRecord(base::Metrics& metrics, const char* method, std::string request_id);

  void set_tenant(const std::string& tenant) { tenant_ = tenant; }
  const std::string& request_id() const { return request_id_; }

  // The call ends with `status`: logs and counts it, and returns what goes to the caller. Once.
  grpc::Status Close(const absl::Status& status);

 private:
  base::Metrics& metrics_;
  const char* method_;
  std::string request_id_;
  std::string tenant_;
  std::chrono::steady_clock::time_point start_;
};

}  // namespace cert
