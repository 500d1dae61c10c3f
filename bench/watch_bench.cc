#include "bench/watch_bench.h"

#include <iterator>
#include <memory>

#include "base/status_macros.h"
#include "e2e/watchers.h"
#include "lab/lab.h"

namespace bench {
namespace {

constexpr int kStreams = 1'000;
constexpr double kMebibyte = 1 << 20;
constexpr double kMostBytesPerStream = 64 << 10;
constexpr double kMedianLag = 1;  // seconds
constexpr double kLatestLag = 2;

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

absl::StatusOr<e2e::WatchOutcome> Watch(const e2e::WatchPlan& plan) {
  ASSIGN_OR_RETURN(const std::unique_ptr<lab::Lab> lab, lab::Lab::Start({.pebble_sleeps = false}));
  return e2e::WatchAll(*lab, plan);
}

}  // namespace

absl::StatusOr<std::vector<Row>> BenchWatch(int rounds) {
  const e2e::WatchPlan several{.streams = kStreams, .tenants = 4, .channels = 5};
  const e2e::WatchPlan single{.streams = kStreams, .tenants = 1, .channels = 5};
  Row lag = Measure("from commit to watcher, p50", "s", kMedianLag);
  Row late = Measure("from commit to watcher, p99", "s", kLatestLag);
  Row single_lag = Measure("all of one tenant, p50", "s", kMedianLag);
  Row single_late = Measure("all of one tenant, p99", "s", kLatestLag);
  Row memory = Measure("resident memory that they add, 2 replicas", "MiB",
                       kStreams * kMostBytesPerStream / kMebibyte);
  for (int i = 0; i < rounds; ++i) {
    ASSIGN_OR_RETURN(const e2e::WatchOutcome outcome, Watch(several));
    Add(lag, absl::ToDoubleSeconds(outcome.median_lag));
    Add(late, absl::ToDoubleSeconds(outcome.late_lag));
    const double added =
        static_cast<double>(outcome.bytes_after) - static_cast<double>(outcome.bytes_before);
    Add(memory, added / kMebibyte);
    ASSIGN_OR_RETURN(const e2e::WatchOutcome of_one, Watch(single));
    Add(single_lag, absl::ToDoubleSeconds(of_one.median_lag));
    Add(single_late, absl::ToDoubleSeconds(of_one.late_lag));
  }
  return std::vector<Row>{lag, late, single_lag, single_late, memory};
}

}  // namespace bench
