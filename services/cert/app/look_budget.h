// How often callers may have workers look outside of any schedule: each look costs every nameserver
// and resolver its questions, and the thread that waits for it.

#pragma once

#include <map>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/mutex.h"
#include "cert/core/ids.h"

namespace cert {

// Of one replica. Thread-safe.
class LookBudget {
 public:
  struct Options {
    int burst = 3;                             // looks that a tenant may have one after the other
    absl::Duration refill = absl::Minutes(1);  // until it may have one more
    int at_once = 2;                           // of all tenants
  };

  explicit LookBudget(Options options) : options_(options) {}

  // RESOURCE_EXHAUSTED if the tenant's budget is spent, with base/retry_delay.h's delay, or if too
  // many looks are under way. After OK, End() must follow.
  absl::Status Begin(const TenantId& tenant, absl::Time now);
  void End();

 private:
  const Options options_;
  base::Mutex mutex_;
  int under_way_ ABSL_GUARDED_BY(mutex_) = 0;
  // When the tenant's budget is whole again; those of the past are dropped.
  std::map<TenantId, absl::Time> whole_time_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cert
