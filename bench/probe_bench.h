// How fast the probe is, against clients that do less: the table of docs/performance.md.

#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "bench/table.h"

namespace bench {

// Runs for about two minutes, two threads on two cores. Each round takes every measurement once,
// one after the other, so that a busy machine disturbs all of them alike; only ratios within a
// round count.
absl::StatusOr<std::vector<Row>> BenchProbe(int rounds);

}  // namespace bench
