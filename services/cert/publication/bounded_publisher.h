// Lets nameservers of the delegation zone that do not answer, or are slow to catch up, hold up a
// part of the threads that publish (base/bulkhead.h): DEADLINE_EXCEEDED when there is no place.
// They are never taken for silent: a change that is waited for in vain was made all the same, where
// only a secondary lags, and others must be made meanwhile.

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
        deadline, [&] { return publisher_->Publish(records, deadline); }, kOutcome);
  }
  absl::Status Withdraw(const std::vector<TxtRecord>& records, base::Deadline deadline) override {
    return bulkhead_.Run(
        deadline, [&] { return publisher_->Withdraw(records, deadline); }, kOutcome);
  }

 private:
  static constexpr auto kOutcome = [](const absl::Status&) {
    return base::Bulkhead::Outcome::kSaysNothing;
  };

  const std::unique_ptr<Publisher> publisher_;
  base::Bulkhead bulkhead_;
};

}  // namespace cert
