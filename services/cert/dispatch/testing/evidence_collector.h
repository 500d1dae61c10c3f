// Where tests let a Prober's answers arrive, and wait for them.

#pragma once

#include <utility>
#include <vector>

#include "base/deadline.h"
#include "base/mutex.h"
#include "cert/dispatch/prober.h"

namespace cert::testing {

// Thread-safe. Must outlive the prober that it is given to.
class EvidenceCollector {
 public:
  Prober::Done Callback() {
    return [this](Evidence evidence) {
      base::MutexLock lock(mutex_);
      arrived_.push_back(std::move(evidence));
      changed_.NotifyAll();
    };
  }

  // All that has arrived once there are `count`, or when 10 s have passed.
  std::vector<Evidence> Await(std::size_t count) {
    const base::Deadline deadline = base::Deadline::After(absl::Seconds(10));
    base::MutexLock lock(mutex_);
    while (arrived_.size() < count && !deadline.Expired()) {
      changed_.WaitFor(mutex_, deadline.Remaining());
    }
    return arrived_;
  }

 private:
  base::Mutex mutex_;
  base::CondVar changed_;
  std::vector<Evidence> arrived_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cert::testing
