// Tells, as a metric, how a CA answers and how long it takes for it.

#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/deadline.h"
#include "base/metrics.h"
#include "cert/acme/http_transport.h"

namespace cert {

// Thread-safe. `metrics` must outlive it.
class MeteredTransport final : public HttpTransport {
 public:
  // `ca`: its configured name.
  MeteredTransport(std::unique_ptr<HttpTransport> transport, std::string ca, base::Metrics& metrics)
      : transport_(std::move(transport)), ca_(std::move(ca)), metrics_(metrics) {}

  absl::StatusOr<HttpReply> Send(const HttpRequest& request, base::Deadline deadline) override {
    const auto begin = std::chrono::steady_clock::now();
    absl::StatusOr<HttpReply> reply = transport_->Send(request, deadline);
    metrics_.Observe("padlock_cert_ca_request_duration_seconds",
                     {{"ca", ca_}, {"result", ResultOf(reply)}}, SecondsSince(begin));
    return reply;
  }

 private:
  static double SecondsSince(std::chrono::steady_clock::time_point begin) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  }
  // "2xx" to "5xx", "429", or why there was no reply; RESOURCE_EXHAUSTED: it was spared.
  static std::string ResultOf(const absl::StatusOr<HttpReply>& reply) {
    if (!reply.ok()) return absl::StatusCodeToString(reply.status().code());
    if (reply->status == 429) return "429";
    return absl::StrCat(reply->status / 100, "xx");
  }

  const std::unique_ptr<HttpTransport> transport_;
  const std::string ca_;
  base::Metrics& metrics_;
};

}  // namespace cert
