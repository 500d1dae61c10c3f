#include "bench/store_bench.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <utility>

#include "base/status_macros.h"
#include "bench/store_subject.h"
#include "bench/thread.h"

namespace bench {
namespace {

constexpr int kWarmUp = 500;   // calls
constexpr int kCalls = 2'000;  // for each measurement, at either size
constexpr double kReach = 1.3;
constexpr double kReachForMemory = 1.1;

// One call to measure, with what has to be put right after it.
struct Measure {
  std::string name;
  std::function<absl::Status(StoreSubject&, int draw)> call;
  std::function<absl::Status(StoreSubject&)> afterwards = [](StoreSubject&) {
    return absl::OkStatus();
  };
};

std::vector<Measure> Measures() {
  return {
      {.name = "Get", .call = [](StoreSubject& subject, int draw) { return subject.Get(draw); }},
      {.name = "claim of due work",
       .call = [](StoreSubject& subject, int) { return subject.Claim(/*in_turns=*/false); },
       .afterwards = [](StoreSubject& subject) { return subject.GiveBack(); }},
      {.name = "claim in turns",
       .call = [](StoreSubject& subject, int) { return subject.Claim(/*in_turns=*/true); },
       .afterwards = [](StoreSubject& subject) { return subject.GiveBack(); }},
      {.name = "look for the next due time",
       .call = [](StoreSubject& subject, int) { return subject.LookAhead(); }}};
}

absl::StatusOr<double> Microseconds(StoreSubject& subject, const Measure& measure, int draw) {
  const auto start = std::chrono::steady_clock::now();
  RETURN_IF_ERROR(measure.call(subject, draw));
  const double elapsed =
      std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count();
  RETURN_IF_ERROR(measure.afterwards(subject));
  return elapsed;
}

double Quantile(std::vector<double> values, double share) {
  std::ranges::sort(values);
  return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
}

Row MakeRow(const std::string& measure, const char* unit, double reach) {
  return {.measure = measure,
          .unit = unit,
          .reference = "few certificates",
          .goal = Goal::kAtMost,
          .reach = reach};
}

// One measure's quantiles, those with many certificates against those with few.
struct Rows {
  Row median;
  Row tail;
  Samples medians;  // of few
  Samples tails;
};

// One call here and one there, each first as often as the other: whatever else the machine does
// meanwhile disturbs both alike.
absl::Status RunRound(const Measure& measure, StoreSubject& few, StoreSubject& many,
                      std::mt19937& random, Rows& rows) {
  std::vector<double> with_few;
  std::vector<double> with_many;
  for (int i = 0; i < kWarmUp + kCalls; ++i) {
    const bool few_first = i % 2 == 0;
    const int draw = static_cast<int>(random() >> 1U);
    ASSIGN_OR_RETURN(const double first, Microseconds(few_first ? few : many, measure, draw));
    ASSIGN_OR_RETURN(const double second, Microseconds(few_first ? many : few, measure, draw));
    if (i < kWarmUp) continue;
    with_few.push_back(few_first ? first : second);
    with_many.push_back(few_first ? second : first);
  }
  Add(rows.median, rows.medians, Quantile(with_many, 0.5), Quantile(with_few, 0.5));
  Add(rows.tail, rows.tails, Quantile(with_many, 0.99), Quantile(with_few, 0.99));
  return absl::OkStatus();
}

absl::Status TimeCalls(StoreSubject& few, StoreSubject& many, int rounds, std::vector<Row>& all) {
  const std::vector<Measure> measures = Measures();
  std::vector<Rows> rows;
  for (const Measure& measure : measures) {
    rows.push_back({.median = MakeRow(measure.name + ", p50", "us", kReach),
                    .tail = MakeRow(measure.name + ", p99", "us", kReach)});
  }
  std::mt19937 random(1);  // NOLINT: the same draws in every run
  for (int round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < measures.size(); ++i) {
      RETURN_IF_ERROR(RunRound(measures[i], few, many, random, rows[i]));
    }
  }
  for (Rows& each : rows) {
    all.push_back(std::move(each.median));
    all.push_back(std::move(each.tail));
  }
  return absl::OkStatus();
}

absl::StatusOr<Row> WeighService(StoreSubject& few, StoreSubject& many, int rounds) {
  Row row = MakeRow("memory of padlock-cert, peak", "MiB", kReachForMemory);
  Samples references;
  for (int round = 0; round < rounds; ++round) {
    ASSIGN_OR_RETURN(const double reference, few.PeakMemoryOfService());
    ASSIGN_OR_RETURN(const double value, many.PeakMemoryOfService());
    Add(row, references, value, reference);
  }
  return row;
}

}  // namespace

absl::StatusOr<std::vector<Row>> BenchStore(int rounds, StoreSizes sizes) {
  // And what this thread starts. On two cores it would be chance which of the two servers is on the
  // client's, and a call to the other takes half as long again: an idle core has to be woken for
  // each message.
  PinThisThread(kClientCore, "store");
  ASSIGN_OR_RETURN(const auto few, StoreSubject::Create(sizes.few));
  ASSIGN_OR_RETURN(const auto many, StoreSubject::Create(sizes.many));
  std::vector<Row> all;
  RETURN_IF_ERROR(TimeCalls(*few, *many, rounds, all));
  ASSIGN_OR_RETURN(Row memory, WeighService(*few, *many, rounds));
  all.push_back(std::move(memory));
  return all;
}

}  // namespace bench
