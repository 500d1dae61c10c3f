#include "bench/watch_bench.h"

#include <iterator>
#include <memory>

#include "base/status_macros.h"
#include "e2e/watchers.h"
#include "lab/lab.h"

namespace bench {
namespace {

constexpr double kMebibyte = 1 << 20;
constexpr double kMostBytesPerStream = 64 << 10;
constexpr double kLongestLag = 1;  // seconds: of the median

Row Measure(const char* measure, const char* unit, double bound) {
  return {.measure = measure,
          .unit = unit,
          .reference_value = bound,
          .goal = Goal::kAtMost,
          .reach = 1};
}

void Add(Row& row, double value) {
  row.values.Add(value);
  row.ratios.Add(value / row.reference_value);
}

}  // namespace

absl::StatusOr<std::vector<Row>> BenchWatch(int rounds) {
  const e2e::WatchPlan plan{.streams = 1'000, .tenants = 4, .channels = 5};
  const auto streams = static_cast<double>(plan.streams);
  Row lag = Measure("from commit to watcher, median", "s", kLongestLag);
  Row longest = Measure("from commit to watcher, longest", "s", 10 * kLongestLag);
  Row memory = Measure("resident memory that they add, 2 replicas", "MiB",
                       streams * kMostBytesPerStream / kMebibyte);
  for (int i = 0; i < rounds; ++i) {
    ASSIGN_OR_RETURN(const std::unique_ptr<lab::Lab> lab,
                     lab::Lab::Start({.pebble_sleeps = false}));
    ASSIGN_OR_RETURN(const e2e::WatchOutcome outcome, e2e::WatchAll(*lab, plan));
    Add(lag, absl::ToDoubleSeconds(outcome.median_lag));
    Add(longest, absl::ToDoubleSeconds(outcome.longest_lag));
    const double added =
        static_cast<double>(outcome.bytes_after) - static_cast<double>(outcome.bytes_before);
    Add(memory, added / kMebibyte);
  }
  return std::vector<Row>{lag, longest, memory};
}

}  // namespace bench
