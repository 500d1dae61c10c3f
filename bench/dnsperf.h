// dnsperf (DNS-OARC), a widely used load generator, asking the workload's names of one address.

#pragma once

#include <cstdint>

#include "absl/status/statusor.h"
#include "bench/run.h"

namespace bench {

struct DnsperfOptions {
  std::uint16_t port = 0;
  int core = 0;
  int sockets = 0;
  int outstanding = 0;
  Span span = {};
};

// Runs the program and reads its own count of answers. The CPU time is that of all its threads.
absl::StatusOr<Run> RunDnsperf(const DnsperfOptions& options);

}  // namespace bench
