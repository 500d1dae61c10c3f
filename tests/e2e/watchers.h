// Very many watchers of all tenants' events, some of them cut and resumed, and what each of them
// saw.

#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "lab/lab.h"

namespace e2e {

struct WatchPlan {
  std::size_t streams = 200;  // spread over tenants, replicas and channels
  std::size_t tenants = 4;
  std::size_t channels = 2;   // of each tenant to each replica
  std::size_t cut_every = 4;  // one stream of so many is cut, again and again, and resumed
  std::size_t domains_per_writer =
      10;  // each created and deleted; one writer per tenant and replica
};

struct WatchOutcome {
  std::size_t events = 0;   // of all tenants
  std::size_t seen = 0;     // by all streams together
  std::size_t resumed = 0;  // streams, after a cut
  // From an event's commit to its arrival, of all that arrived at a stream that was not cut.
  absl::Duration median_lag;
  absl::Duration late_lag;  // the 99th percentile
  // Resident memory of all replicas, without watchers and with them.
  std::size_t bytes_before = 0;
  std::size_t bytes_after = 0;
};

// Opens the streams, commits events through all replicas meanwhile, and waits until each stream has
// seen the last of its tenant's. DATA_LOSS, naming the stream, when one missed or repeated an event
// or saw another tenant's; DEADLINE_EXCEEDED.
absl::StatusOr<WatchOutcome> WatchAll(lab::Lab& lab, const WatchPlan& plan);

}  // namespace e2e
