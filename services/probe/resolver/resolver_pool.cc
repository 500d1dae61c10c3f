#include "probe/resolver/resolver_pool.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <thread>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "probe/check/http_check.h"
#include "probe/resolver/loop_clock.h"
#include "probe/resolver/loop_fetcher.h"
#include "probe/resolver/monotonic_clock.h"

namespace probe {
namespace {

// Root servers' addresses come from the configuration, which holds as long as we run.
constexpr absl::Duration kRootTtl = absl::Hours(24);
// Questions to one resolver at once: the one that shows whether it is well, and a host's addresses.
constexpr int kLeastBurst = 4;

absl::StatusOr<IpAddress> ParseAddress(const std::string& text, const std::string& what) {
  const std::optional<IpAddress> address = IpAddress::Parse(text);
  if (address) return *address;
  return absl::InvalidArgumentError(absl::StrFormat("%s: \"%s\" is not an IP address", what, text));
}

bool IsPort(int port) { return port > 0 && port <= 65535; }

}  // namespace

// One loop and what is confined to its thread.
class ResolverPool::Worker {
 public:
  Worker(std::shared_ptr<EventLoop> loop, const Shared& shared, QuestionDesk::Options desk,
         CurlFetcher& fetcher, const base::Clock& clock, base::Random& random,
         base::Metrics& metrics)
      : loop_(std::move(loop)),
        fetcher_(fetcher, loop_),
        http_ports_(shared.http_ports),
        engine_(shared.options.engine, *loop_, random, metrics),
        clock_(*loop_, clock),
        desk_clock_(*loop_, monotonic_clock_),
        desk_(desk, engine_, *loop_, desk_clock_, metrics),
        zones_(shared.options.zones),
        environment_{
            .timers = *loop_,
            .asker = desk_,
            .zones = zones_,
            .roots = shared.roots,
            .policy = shared.policy,
            .resolvers = shared.resolvers,
            .authoritative_port = static_cast<std::uint16_t>(shared.options.authoritative_port),
            .query_timeout = shared.options.query_timeout,
            .clock = clock_,
            .metrics = metrics,
            .random = random,
            .watch = ResolverWatch(shared.options.watch)},
        thread_([this] { loop_->Run(); }) {}

  ~Worker() {
    loop_->Post([this] { FinishAll(); });
    loop_->Stop();
  }

  void Start(Check check, Done done) {
    loop_->Post([this, check = std::move(check), done = std::move(done)]() mutable {
      Run(std::move(check), std::move(done));
    });
  }

  base::PulsePtr pulse() const { return loop_->pulse(); }

  void Cancel(const std::string& check_id) {
    loop_->Post([this, check_id] {
      const auto found = running_.find(check_id);
      if (found != running_.end()) Stop{found->second}("the check was cancelled");
    });
  }

 private:
  // Finishes a check, and holds it till then.
  using Stop = std::function<void(std::string failure)>;

  void Run(Check check, Done done) {
    const std::string id = check.id;
    if (running_.contains(id)) {
      return done({.check_id = id, .failure = "a check of this id is being done already"});
    }
    Done forget_and_report = [this, id, done = std::move(done)](Report report) mutable {
      // The check is still at work when it reports: whoever called it holds it.
      running_.erase(id);
      done(std::move(report));
    };
    if (check.type == observation::RecordType::kHttp) {
      Begin(id, std::make_shared<HttpCheck>(environment_, fetcher_, http_ports_, std::move(check),
                                            std::move(forget_and_report)));
    } else {
      Begin(id, std::make_shared<CheckRunner>(environment_, std::move(check),
                                              std::move(forget_and_report)));
    }
  }

  template <typename AnyCheck>
  void Begin(const std::string& id, std::shared_ptr<AnyCheck> check) {
    running_[id] = [check](std::string failure) { check->Finish(std::move(failure)); };
    check->Begin();
  }

  void FinishAll() {
    while (!running_.empty()) Stop{running_.begin()->second}("the worker is shutting down");
  }

  std::shared_ptr<EventLoop> loop_;
  LoopFetcher fetcher_;
  const HttpPorts http_ports_;
  const MonotonicClock monotonic_clock_;
  Engine engine_;
  const LoopClock clock_;
  const LoopClock desk_clock_;
  QuestionDesk desk_;
  ZoneCache zones_;
  CheckEnvironment environment_;
  absl::flat_hash_map<std::string, Stop> running_;
  std::jthread thread_;  // last: joined before what it uses is destroyed
};

absl::StatusOr<ResolverPool::Shared> ResolverPool::Parse(Options options) {
  Shared shared{.roots = {.ttl = kRootTtl}};
  if (options.roots.empty()) return absl::InvalidArgumentError("root_servers: there are none");
  for (const Root& root : options.roots) {
    ASSIGN_OR_RETURN(DnsName name, DnsName::Parse(root.name));
    ASSIGN_OR_RETURN(const IpAddress address, ParseAddress(root.address, "root_servers"));
    auto& nameservers = shared.roots.nameservers;
    const auto same = std::ranges::find(nameservers, name, &Nameserver::name);
    if (same == nameservers.end()) {
      nameservers.push_back({.name = std::move(name), .addresses = {address}});
    } else {
      AddAddress(*same, address);
    }
  }
  for (const Resolver& resolver : options.resolvers) {
    ASSIGN_OR_RETURN(const IpAddress address, ParseAddress(resolver.address, "resolvers"));
    if (!IsPort(resolver.port)) return absl::InvalidArgumentError("resolvers: not a port");
    shared.resolvers.push_back(
        {resolver.name, {address, static_cast<std::uint16_t>(resolver.port)}});
  }
  if (!IsPort(options.authoritative_port)) {
    return absl::InvalidArgumentError("authoritative_port: not a port");
  }
  if (!IsPort(options.http_port) || !IsPort(options.https_port)) {
    return absl::InvalidArgumentError("http_port, https_port: not a port");
  }
  shared.http_ports = {.http = static_cast<std::uint16_t>(options.http_port),
                       .https = static_cast<std::uint16_t>(options.https_port)};
  ASSIGN_OR_RETURN(shared.policy, AddressPolicy::Create(options.allowed_private_ranges));
  shared.options = std::move(options);
  return shared;
}

absl::StatusOr<std::unique_ptr<ResolverPool>> ResolverPool::Create(Options options,
                                                                   const base::Clock& clock,
                                                                   base::Random& random,
                                                                   base::Metrics& metrics) {
  ASSIGN_OR_RETURN(Shared shared, Parse(std::move(options)));
  ASSIGN_OR_RETURN(std::unique_ptr<CurlFetcher> fetcher, CurlFetcher::Start({}));
  auto pool = std::unique_ptr<ResolverPool>(
      new ResolverPool(std::move(shared), std::move(fetcher), metrics));
  const int loops = LoopsFor(pool->shared_.options);
  const QuestionDesk::Options desk = DeskShare(pool->shared_.options.desk, loops);
  for (int i = 0; i < loops; ++i) {
    ASSIGN_OR_RETURN(std::unique_ptr<EventLoop> loop, EventLoop::Create());
    pool->workers_.push_back(std::make_unique<Worker>(std::move(loop), pool->shared_, desk,
                                                      *pool->fetcher_, clock, random, metrics));
  }
  return pool;
}

int ResolverPool::LoopsFor(const Options& options) {
  if (options.threads > 0) return options.threads;
  // The node's: many more, perhaps, than the limit was meant for.
  const int cores = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  return std::min(cores, std::max(1, options.desk.resolver_limit.burst / kLeastBurst));
}

QuestionDesk::Options ResolverPool::DeskShare(QuestionDesk::Options whole, int loops) {
  for (RateLimit* const limit : {&whole.resolver_limit, &whole.nameserver_limit}) {
    limit->per_second /= loops;
    limit->burst = std::max(1, limit->burst / loops);
  }
  return whole;
}

ResolverPool::ResolverPool(Shared shared, std::unique_ptr<CurlFetcher> fetcher,
                           base::Metrics& metrics)
    : shared_(std::move(shared)), metrics_(metrics), fetcher_(std::move(fetcher)) {}

ResolverPool::~ResolverPool() = default;

void ResolverPool::Start(Check check, Done done) {
  if (in_flight_.fetch_add(1) >= shared_.options.capacity) {
    in_flight_.fetch_sub(1);
    return done({.check_id = check.id, .failure = "this worker holds as many checks as it may"});
  }
  ShowInFlight(0);
  Worker& worker = *workers_[std::hash<std::string>()(check.name) % workers_.size()];
  worker.Start(std::move(check), [this, done = std::move(done)](Report report) mutable {
    ShowInFlight(-1);
    done(std::move(report));
  });
}

// The check may be at any of them; only one knows its name's loop.
void ResolverPool::Cancel(const std::string& check_id) {
  for (const std::unique_ptr<Worker>& worker : workers_) worker->Cancel(check_id);
}

base::Pulses ResolverPool::pulses() const {
  base::Pulses pulses{fetcher_->pulse()};
  for (const std::unique_ptr<Worker>& worker : workers_) pulses.push_back(worker->pulse());
  return pulses;
}

void ResolverPool::ShowInFlight(int change) {
  const int now = in_flight_.fetch_add(change) + change;
  metrics_.Set("padlock_probe_checks_in_flight", {}, now);
}

}  // namespace probe
