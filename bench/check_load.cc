#include "bench/check_load.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "base/random.h"
#include "bench/thread.h"
#include "bench/workload.h"
#include "probe/check/check_runner.h"
#include "probe/check/question_desk.h"
#include "probe/resolver/engine.h"
#include "probe/resolver/event_loop.h"
#include "probe/resolver/loop_clock.h"
#include "probe/resolver/monotonic_clock.h"

namespace bench {
namespace {

using probe::DnsName;

// Zones do not age during a run.
constexpr absl::Duration kTtl = absl::Hours(24);

// The desk keeps its books on every question, and never makes one wait.
constexpr probe::RateLimit kNoLimit{.per_second = 1e9, .burst = 1'000'000};

std::shared_ptr<const probe::Zone> MakeZone(std::size_t index) {
  probe::Zone zone{.name = *DnsName::Parse(ZoneText(index)), .ttl = kTtl};
  for (std::size_t i = 0; i < kAddressesPerZone; ++i) {
    const std::string name = absl::StrFormat("ns%d.%s", i, ZoneText(index));
    zone.nameservers.push_back(
        {.name = *DnsName::Parse(name),
         .addresses = {AuthoritativeAddress(index * kAddressesPerZone + i)}});
  }
  return std::make_shared<const probe::Zone>(std::move(zone));
}

std::vector<probe::ResolverServer> Resolvers(std::uint16_t port) {
  std::vector<probe::ResolverServer> resolvers;
  for (std::size_t i = 0; i < kResolvers; ++i) {
    resolvers.push_back({absl::StrFormat("resolver-%d", i), {ResolverAddress(i), port}});
  }
  return resolvers;
}

double ResidentBytes() {
  std::ifstream file("/proc/self/statm");
  double total = 0;
  double resident = 0;
  file >> total >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

// One engine with its loop and checks, as a worker has one for each core. Its functions are called
// on its thread, except Thread.
class Load {
 public:
  explicit Load(const CheckOptions& options)
      : options_(options),
        names_(Names()),
        resolvers_(Resolvers(options.port)),
        policy_(*probe::AddressPolicy::Create({"127.0.0.0/8"})),
        loop_(*probe::EventLoop::Create()),
        engine_({}, *loop_, base::SystemRandom(), metrics_),
        clock_(*loop_, base::SystemClock()),
        desk_clock_(*loop_, monotonic_clock_),
        desk_({.resolver_limit = kNoLimit, .nameserver_limit = kNoLimit}, engine_, *loop_,
              desk_clock_, metrics_),
        zones_({.limit = 2 * kNames, .max_age = kTtl}),
        environment_{.timers = *loop_,
                     .asker = desk_,
                     .zones = zones_,
                     .roots = roots_,
                     .policy = policy_,
                     .resolvers = resolvers_,
                     .authoritative_port = options.port,
                     .query_timeout = options.query_timeout,
                     .clock = clock_,
                     .metrics = metrics_,
                     .random = base::SystemRandom()} {
    for (std::size_t i = 0; i < kZones; ++i) made_zones_.push_back(MakeZone(i));
    for (const Name& name : names_) Know(name);
  }

  Run RunMeasured(int core) {
    PinThisThread(core, "engine");
    Run begin;
    Run end;
    loop_->After(options_.span.warm_up, [&] { begin = Now(); });
    loop_->After(options_.span.warm_up + options_.span.measured, [&] {
      end = Now();
      loop_->Stop();
    });
    refill_ = true;
    // Spread over the warm-up: checks that wait for time-outs would otherwise go on in step.
    for (std::size_t i = 0; i < options_.checks; ++i) {
      const double share = static_cast<double>(i) / static_cast<double>(options_.checks);
      loop_->After(share * options_.span.warm_up, [this] { StartOne(); });
    }
    loop_->Run();
    FinishAll();
    return {.queries = end.queries - begin.queries,
            .answered = end.answered - begin.answered,
            .cpu_seconds = end.cpu_seconds - begin.cpu_seconds,
            .wall_seconds = end.wall_seconds - begin.wall_seconds};
  }

  Held RunHeld() {
    Held held;
    for (std::size_t i = 0; i < options_.checks; ++i) StartOne();
    loop_->After(options_.span.measured, [&] {
      held = {.checks = static_cast<double>(runners_.size()),
              .queries = static_cast<double>(runners_.size() * kAddressesPerZone),
              .resident_bytes = ResidentBytes()};
      loop_->Stop();
    });
    loop_->Run();
    FinishAll();
    return held;
  }

 private:
  Run Now() const {
    return {.queries = queries_,
            .answered = answered_,
            .cpu_seconds = SecondsOf(ThisThreadsClock()),
            .wall_seconds = absl::ToDoubleSeconds(absl::Now() - absl::UnixEpoch())};
  }

  void Know(const Name& name) {
    zones_.InsertHolder(*DnsName::Parse(name.text), made_zones_[name.zone], absl::Now());
  }

  void StartOne() {
    const std::size_t number = started_++;
    const Name& name = names_[number % kNames];
    const std::string id = std::to_string(number);
    auto runner = std::make_shared<probe::CheckRunner>(
        environment_,
        probe::Check{.id = id,
                     .request_id = id,
                     .name = name.text,
                     .type = observation::RecordType::kTxt,
                     .scope = observation::Scope::kAuthoritativeThenRecursive,
                     .expected_values = {kToken},
                     .timeout = 20 * options_.query_timeout},
        [this, id, &name](const probe::Report& report) { OnReport(id, name, report); });
    runners_[id] = runner;
    runner->Begin();
  }

  void OnReport(const std::string& id, const Name& name, const probe::Report& report) {
    runners_.erase(id);
    // Once an answer is missing the zone is forgotten, and there is no root to find it from.
    const bool whole = std::ranges::all_of(report.observations, [](const auto& seen) {
      return seen.vote == observation::Vote::kAgree;
    });
    if (!whole || report.observations.empty()) Know(name);
    // A resolver that is known to fail everybody is not asked.
    queries_ +=
        static_cast<double>(std::ranges::count_if(report.observations, [](const auto& seen) {
          return seen.outcome != observation::Outcome::kNotAsked;
        }));
    answered_ += static_cast<double>(std::ranges::count(
        report.observations, observation::Outcome::kMatch, &observation::Observation::outcome));
    if (refill_) StartOne();
  }

  void FinishAll() {
    refill_ = false;
    while (!runners_.empty()) {
      const std::shared_ptr<probe::CheckRunner> runner = runners_.begin()->second;
      runner->Finish("the run is over");
    }
  }

  const CheckOptions options_;
  const std::vector<Name> names_;
  const std::vector<probe::ResolverServer> resolvers_;
  std::vector<std::shared_ptr<const probe::Zone>> made_zones_;
  const probe::Zone roots_;
  const probe::AddressPolicy policy_;
  base::Metrics metrics_;
  std::unique_ptr<probe::EventLoop> loop_;
  const probe::MonotonicClock monotonic_clock_;
  probe::Engine engine_;
  const probe::LoopClock clock_;
  const probe::LoopClock desk_clock_;
  probe::QuestionDesk desk_;
  probe::ZoneCache zones_;
  probe::CheckEnvironment environment_;
  absl::flat_hash_map<std::string, std::shared_ptr<probe::CheckRunner>> runners_;
  std::size_t started_ = 0;
  double queries_ = 0;
  double answered_ = 0;
  bool refill_ = false;
};

}  // namespace

Run RunChecks(const CheckOptions& options) {
  std::vector<Run> runs(options.cores.size());
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < runs.size(); ++i) {
      threads.emplace_back([&, i] {
        Load load(options);
        runs[i] = load.RunMeasured(options.cores[i]);
      });
    }
  }
  Run sum;
  for (const Run& run : runs) {
    sum.queries += run.queries;
    sum.answered += run.answered;
    sum.cpu_seconds += run.cpu_seconds;
    sum.wall_seconds = std::max(sum.wall_seconds, run.wall_seconds);
  }
  return sum;
}

Held HoldChecks(const CheckOptions& options) { return Load(options).RunHeld(); }

}  // namespace bench
