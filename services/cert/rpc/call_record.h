// One call, from its arrival to its one log line and its place in the metrics.

#pragma once

#include <chrono>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "base/metrics.h"

namespace grpc {
class Status;
}  // namespace grpc

namespace cert {

// Confined to whoever handles the call at the time.
class CallRecord {
 public:
  // `method` is a literal; `metrics` must outlive this object. `peer`: the client's address.
  CallRecord(base::Metrics& metrics, const char* method, std::string request_id, std::string peer);

  void set_tenant(const std::string& tenant) { tenant_ = tenant; }
  // The identity's name, or the names that are nobody's.
  void set_caller(std::string caller) { caller_ = std::move(caller); }
  const std::string& request_id() const { return request_id_; }

  // The call ends with `status`: logs and counts it, and returns what goes to the caller. Once.
  grpc::Status Close(const absl::Status& status);

 private:
  base::Metrics& metrics_;
  const char* method_;
  std::string request_id_;
  std::string peer_;
  std::string tenant_;
  std::string caller_;
  std::chrono::steady_clock::time_point start_;
};

}  // namespace cert
