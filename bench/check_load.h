// The probe under load: real checks (check_runner.h) on real engines, as many at once as wanted,
// with zones that are known already, so that each check is the workload's ten questions.

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/time/time.h"
#include "bench/run.h"

namespace bench {

struct CheckOptions {
  std::uint16_t port = 0;
  std::vector<int> cores = {};  // one engine thread for each; negative: not pinned
  std::size_t checks = 0;       // in flight, for each engine
  absl::Duration query_timeout = absl::Seconds(2);
  Span span = {};
};

// Fails loudly when answers are lost that the server has given.
Run RunChecks(const CheckOptions& options);

// Starts all the checks at a server that gives no answer, and returns the process's resident memory
// in bytes while all of them are waiting.
struct Held {
  double checks = 0;
  double queries = 0;
  double resident_bytes = 0;
};
Held HoldChecks(const CheckOptions& options);

}  // namespace bench
