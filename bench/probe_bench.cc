#include "bench/probe_bench.h"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "bench/canned_dns.h"
#include "bench/check_load.h"
#include "bench/dnsperf.h"
#include "bench/raw_client.h"
#include "bench/thread.h"
#include "bench/workload.h"

namespace bench {
namespace {

constexpr int kAnyCore = -1;
// A check waits for its zone's servers, then for the resolvers: five questions on average.
constexpr std::size_t kChecks = 1000;
constexpr std::size_t kOutstanding = kChecks * kQueriesPerCheck / 2;
// With loss checks wait for time-outs, so there are more of them, and time-outs are short: enough
// that the core is never idle. A dead resolver is waited for only until it is known to be dead: its
// questions time out, then the one that verifies it. Until then the core is idle most of the time.
constexpr absl::Duration kShortTimeout = absl::Milliseconds(600);
const absl::Duration kUntilKnownDead = 5 * kShortTimeout;
constexpr std::size_t kChecksWithLoss = 2000;
constexpr std::size_t kHeldChecks = 50'000;
constexpr double kMebibyte = 1 << 20;
constexpr double kHeldLimit = 512;

constexpr char kPerCpuSecond[] = "query/CPU s";
constexpr char kMicroseconds[] = "us/query";

// What is measured in each round.
struct Rows {
  Row raw{.measure = "full checks against a raw client",
          .unit = kPerCpuSecond,
          .reference = "raw client",
          .goal = Goal::kAtLeast,
          .reach = 0.8};
  Row dnsperf{.measure = "full checks against dnsperf",
              .unit = kPerCpuSecond,
              .reference = "dnsperf",
              .goal = Goal::kAtLeast,
              .reach = 1.5};
  Row loss{.measure = "CPU per finished query, 10 % loss",
           .unit = kMicroseconds,
           .reference = "no loss",
           .goal = Goal::kAtMost,
           .reach = 1.2};
  Row dead{.measure = "CPU per finished query, a resolver dead",
           .unit = kMicroseconds,
           .reference = "all alive",
           .goal = Goal::kAtMost,
           .reach = 1.2};
  Row threads{.measure = "CPU per query, two engine threads",
              .unit = kMicroseconds,
              .reference = "one thread",
              .goal = Goal::kAtMost,
              .reach = 1.1};
};

class Rounds {
 public:
  explicit Rounds(CannedDns& server) : server_(server) {}

  absl::Status RunOne() {
    const Run raw =
        RunRawClient({.port = server_.port(), .core = kClientCore, .outstanding = kOutstanding});
    const Run checks =
        RunChecks({.port = server_.port(), .cores = {kClientCore}, .checks = kChecks});
    RETURN_IF_ERROR(ExpectAnswers("full checks", checks, kClean));
    ASSIGN_OR_RETURN(const Run dnsperf, RunDnsperf({.port = server_.port(),
                                                    .core = kClientCore,
                                                    .sockets = kDnsperfSockets,
                                                    .outstanding = kDnsperfOutstanding}));
    const double fast = checks.queries_per_cpu_second();
    Add(rows_.raw, raws_, fast, raw.queries_per_cpu_second());
    Add(rows_.dnsperf, dnsperfs_, fast, dnsperf.queries_per_cpu_second());
    RETURN_IF_ERROR(RunFaults(checks));
    return RunThreads();
  }

  std::vector<Row> TakeRows() {
    return {std::move(rows_.raw), std::move(rows_.dnsperf), std::move(rows_.loss),
            std::move(rows_.dead), std::move(rows_.threads)};
  }

 private:
  // As many ports, and of those the number in flight that makes it fastest.
  static constexpr int kDnsperfSockets = 256;
  static constexpr int kDnsperfOutstanding = 1000;

  // A client that loses answers is not measured. On an idle machine nothing is lost in a clean run,
  // and 1 % and 10 % with faults; on a busy one answers come after the time-out too.
  static constexpr double kClean = 0.98;
  static constexpr double kWithFaults = 0.6;
  static absl::Status ExpectAnswers(const char* what, const Run& run, double share) {
    if (run.answered >= share * run.queries) return absl::OkStatus();
    return absl::InternalError(
        absl::StrFormat("%s: of %.0f questions only %.0f have their answer, %.1f %% expected", what,
                        run.queries, run.answered, 100 * share));
  }

  absl::Status RunFaults(const Run& clean) {
    CheckOptions options{.port = server_.port(),
                         .cores = {kClientCore},
                         .checks = kChecksWithLoss,
                         .query_timeout = kShortTimeout,
                         .span = {.warm_up = 2 * kShortTimeout}};
    server_.SetLoss(10);
    const Run loss = RunChecks(options);
    server_.SetLoss(0);
    options.checks = kChecks;
    options.span.warm_up = kUntilKnownDead;
    server_.SetFirstResolverDead(true);
    const Run dead = RunChecks(options);
    server_.SetFirstResolverDead(false);
    RETURN_IF_ERROR(ExpectAnswers("10 % loss", loss, kWithFaults));
    RETURN_IF_ERROR(ExpectAnswers("a dead resolver", dead, kWithFaults));
    Add(rows_.loss, cleans_, loss.microseconds_per_query(), clean.microseconds_per_query());
    Add(rows_.dead, alive_, dead.microseconds_per_query(), clean.microseconds_per_query());
    return absl::OkStatus();
  }

  // Two engines and the server share two cores, so nothing can be pinned; nor is it for the one.
  absl::Status RunThreads() {
    CannedDns& server = *unpinned_;
    const Run one = RunChecks({.port = server.port(), .cores = {kAnyCore}, .checks = kChecks});
    const Run two =
        RunChecks({.port = server.port(), .cores = {kAnyCore, kAnyCore}, .checks = kChecks / 2});
    RETURN_IF_ERROR(ExpectAnswers("two threads", two, kClean));
    Add(rows_.threads, ones_, two.microseconds_per_query(), one.microseconds_per_query());
    return absl::OkStatus();
  }

 public:
  absl::Status StartUnpinned() {
    ASSIGN_OR_RETURN(unpinned_, CannedDns::Start(kAnyCore));
    return absl::OkStatus();
  }

 private:
  CannedDns& server_;
  std::unique_ptr<CannedDns> unpinned_;
  Rows rows_;
  Samples raws_, dnsperfs_, cleans_, alive_, ones_;
};

// In a process of its own, whose memory nothing else has used before. The server reads and never
// answers.
absl::StatusOr<Row> MeasureHeld() {
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) return absl::ErrnoToStatus(errno, "pipe");
  const pid_t child = fork();
  if (child < 0) return absl::ErrnoToStatus(errno, "fork");
  if (child == 0) {
    Held held;
    if (const auto server = CannedDns::Start(kServerCore); server.ok()) {
      (*server)->SetLoss(100);
      held = HoldChecks({.port = (*server)->port(),
                         .checks = kHeldChecks,
                         .query_timeout = absl::Seconds(60),
                         .span = {.measured = absl::Seconds(3)}});
    }
    const bool told = write(ends[1], &held, sizeof(held)) == sizeof(held);
    _exit(told ? 0 : 1);
  }
  close(ends[1]);
  Held held;
  const bool told = read(ends[0], &held, sizeof(held)) == sizeof(held);
  close(ends[0]);
  waitpid(child, nullptr, 0);
  if (!told || held.checks < kHeldChecks) return absl::InternalError("the checks were not held");
  Row row{.measure = "memory, 50,000 checks in flight",
          .unit = "MiB",
          .reference_value = kHeldLimit,
          .goal = Goal::kAtMost,
          .reach = 1};
  row.values.Add(held.resident_bytes / kMebibyte);
  row.ratios.Add(held.resident_bytes / kMebibyte / kHeldLimit);
  return row;
}

}  // namespace

absl::StatusOr<std::vector<Row>> BenchProbe(int rounds) {
  ASSIGN_OR_RETURN(Row held, MeasureHeld());  // first, while there are no other threads
  ASSIGN_OR_RETURN(const auto server, CannedDns::Start(kServerCore));
  Rounds measured(*server);
  RETURN_IF_ERROR(measured.StartUnpinned());
  for (int round = 0; round < rounds; ++round) RETURN_IF_ERROR(measured.RunOne());
  std::vector<Row> rows = measured.TakeRows();
  rows.push_back(std::move(held));
  return rows;
}

}  // namespace bench
