// Tells, as a metric, what becomes of the changes of the delegation zone.

#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "base/metrics.h"
#include "cert/publication/publisher.h"

namespace cert {

// Thread-safe. `metrics` must outlive it.
class MeteredPublisher final : public Publisher {
 public:
  MeteredPublisher(std::unique_ptr<Publisher> publisher, base::Metrics& metrics)
      : publisher_(std::move(publisher)), metrics_(metrics) {}

  absl::Status Publish(const std::vector<TxtRecord>& records, base::Deadline deadline) override {
    return Counted("publish", publisher_->Publish(records, deadline));
  }
  absl::Status Withdraw(const std::vector<TxtRecord>& records, base::Deadline deadline) override {
    return Counted("withdraw", publisher_->Withdraw(records, deadline));
  }

 private:
  absl::Status Counted(const char* operation, absl::Status status) {
    metrics_.Count("padlock_cert_publications_total",
                   {{"operation", operation}, {"result", absl::StatusCodeToString(status.code())}});
    return status;
  }

  const std::unique_ptr<Publisher> publisher_;
  base::Metrics& metrics_;
};

}  // namespace cert
