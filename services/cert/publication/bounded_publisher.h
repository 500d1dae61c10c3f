// Lets nameservers of the delegation zone that do not answer, or never catch up, hold up a part of
// the threads that publish (base/bulkhead.h). A change that is not tried returns UNAVAILABLE, or
// DEADLINE_EXCEEDED.

#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "base/bulkhead.h"
#include "cert/publication/publisher.h"

namespace cert {

// Thread-safe.
class BoundedPublisher final : public Publisher {
 public:
  BoundedPublisher(std::unique_ptr<Publisher> publisher, base::Bulkhead::Options options)
      : publisher_(std::move(publisher)), bulkhead_(options) {}

  absl::Status Publish(const std::vector<TxtRecord>& records, base::Deadline deadline) override {
    return bulkhead_.Run(
        deadline, [&] { return publisher_->Publish(records, deadline); }, &OutcomeOf);
  }
  absl::Status Withdraw(const std::vector<TxtRecord>& records, base::Deadline deadline) override {
    return bulkhead_.Run(
        deadline, [&] { return publisher_->Withdraw(records, deadline); }, &OutcomeOf);
  }

 private:
  static base::Bulkhead::Outcome OutcomeOf(const absl::Status& status) {
    const bool unanswered = absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status);
    return unanswered ? base::Bulkhead::Outcome::kUnanswered : base::Bulkhead::Outcome::kAnswered;
  }

  const std::unique_ptr<Publisher> publisher_;
  base::Bulkhead bulkhead_;
};

}  // namespace cert
