// A Publisher whose zone is a set in memory and whose failures are scripted. It passes the same
// contract test as the real one (publisher_contract.h).

#pragma once

#include <deque>
#include <set>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "cert/publication/publisher.h"

namespace cert {

// Thread-safe.
class FakePublisher final : public Publisher {
 public:
  struct Failure {
    absl::Status status;
    bool change_is_made = false;  // a lost reply
  };

  explicit FakePublisher(std::string zone);

  absl::Status Publish(const std::vector<TxtRecord>& records, base::Deadline deadline) override;
  absl::Status Withdraw(const std::vector<TxtRecord>& records, base::Deadline deadline) override;

  // The next calls with valid records fail, one for each failure.
  void FailNext(Failure failure);
  std::set<std::string> ValuesAt(const std::string& name) const;

 private:
  // What the next call is to return, and whether it changes anything.
  Failure TakeOutcome() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status CheckRecords(const std::vector<TxtRecord>& records) const;

  const std::string zone_;
  mutable base::Mutex mutex_;
  std::deque<Failure> failures_ ABSL_GUARDED_BY(mutex_);
  std::set<TxtRecord> records_ ABSL_GUARDED_BY(mutex_);  // names in lower case
};

}  // namespace cert
