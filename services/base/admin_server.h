// The plain HTTP port of each service: /livez, /readyz and /metrics and nothing else (a kubelet's
// probes speak no TLS). It shows no tenant's data.

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/http_listener.h"
#include "base/metrics.h"

namespace base {

class AdminServer {
 public:
  struct Options {
    std::string address;  // an IP address
    int port = 0;         // 0: any free one
    // OK unless only a restart would help (pulse.h); otherwise its message is the body of the 503,
    // and a line of the log, since a kubelet keeps the code only. Must not block.
    std::function<absl::Status()> live = [] { return absl::OkStatus(); };
    // OK when ready; otherwise its message is the body of the 503. May block: it is asked by one
    // request at a time, which leaves a thread for /livez.
    std::function<absl::Status()> ready = [] { return absl::OkStatus(); };
  };

  // Listens at once; serves on threads of its own until destroyed. `metrics` must outlive it.
  // UNAVAILABLE when the address cannot be bound.
  static absl::StatusOr<std::unique_ptr<AdminServer>> Start(Options options,
                                                            const Metrics& metrics);

  int port() const { return listener_->port(); }

 private:
  explicit AdminServer(std::unique_ptr<HttpListener> listener) : listener_(std::move(listener)) {}

  const std::unique_ptr<HttpListener> listener_;
};

}  // namespace base
