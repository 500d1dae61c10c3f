#include "cert/reconcile/reconciler.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "base/log.h"
#include "base/status_macros.h"

namespace cert {
namespace {

// Until something is due: a row that is due already may be another replica's.
constexpr absl::Duration kShortestPause = absl::Milliseconds(20);
// After a claim, rest three times as long as it took, at most 20 ms: under load each claim then
// takes more rows.
constexpr int kRestsForClaim = 3;
constexpr absl::Duration kLongestRest = absl::Milliseconds(20);
constexpr absl::Duration kReportInterval = absl::Seconds(10);  // of the backlog, to the metrics
// After a step that found the database away, however much is due: one try and one log line in it.
constexpr absl::Duration kRest = absl::Seconds(1);
// A replica that cannot have records looked at leaves what is due to those that can, so long. When
// nobody can, it does the steps all the same: their owners are told what is missing.
constexpr absl::Duration kLeftToOthers = absl::Seconds(5);

}  // namespace

// What the prober's callbacks may still touch after the reconciler is gone.
struct Reconciler::Shared {
  explicit Shared(base::WorkerPool::Options options) {
    base::MutexLock lock(mutex);
    pool = std::make_unique<base::WorkerPool>(options);
  }

  base::Mutex mutex;
  base::CondVar changed;
  std::unique_ptr<base::WorkerPool> pool ABSL_GUARDED_BY(mutex);  // null once closed
  bool woken ABSL_GUARDED_BY(mutex) = false;
  int busy ABSL_GUARDED_BY(mutex) = 0;                       // steps queued or running
  std::map<std::string, Lease> held ABSL_GUARDED_BY(mutex);  // by token
  // Of these the steps have ended, without the database, so that it still thinks them leased.
  std::vector<Lease> adrift ABSL_GUARDED_BY(mutex);
  base::Deadline rest ABSL_GUARDED_BY(mutex) = base::Deadline::After(absl::ZeroDuration());

  // False once closed.
  bool Post(base::WorkerPool::Task task) {
    base::MutexLock lock(mutex);
    if (pool == nullptr || !pool->Post(std::move(task))) return false;
    ++busy;
    return true;
  }

  base::PulsePtr PoolPulse() {
    base::MutexLock lock(mutex);
    return pool->pulse();
  }
};

Reconciler::Reconciler(Services services, WorkQueue& queue, Options options)
    : services_(std::move(services)),
      queue_(queue),
      options_(options),
      accounts_(services_.accounts, services_.sealer),
      domain_step_(services_),
      certificate_step_(services_),
      order_step_(services_, accounts_),
      revocation_step_(services_, accounts_),
      shared_(std::make_shared<Shared>(
          base::WorkerPool::Options{.threads = options.threads,
                                    .queue_limit = static_cast<std::size_t>(options.max_leases),
                                    .part = "steps"})),
      step_pulse_(shared_->PoolPulse()),
      claimer_([this](const std::stop_token& stop) { ClaimLoop(stop); }) {
  ShowCounters(services_);
}

Reconciler::~Reconciler() {
  claimer_.request_stop();
  Wake();
  claimer_.join();
  std::unique_ptr<base::WorkerPool> pool;
  {
    base::MutexLock lock(shared_->mutex);
    pool = std::move(shared_->pool);
  }
  pool.reset();  // running steps end here
  std::map<std::string, Lease> held;
  {
    base::MutexLock lock(shared_->mutex);
    held.swap(shared_->held);
  }
  for (const auto& [token, lease] : held) {
    const absl::Status given = queue_.GiveBack(lease);
    if (absl::IsUnavailable(given)) return;  // they end by themselves
  }
}

void Reconciler::Wake() {
  base::MutexLock lock(shared_->mutex);
  shared_->woken = true;
  shared_->changed.NotifyAll();
}

// Waits until there is room and something may be due, for `wait` at most. Returns how many rows may
// be claimed.
int Reconciler::FreePlaces(absl::Duration wait, const std::stop_token& stop) {
  base::MutexLock lock(shared_->mutex);
  const auto room = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(shared_->mutex) {
    const int places = options_.max_leases - static_cast<int>(shared_->held.size());
    return std::min(options_.threads - shared_->busy, places);
  };
  const base::Deadline deadline = std::max(base::Deadline::After(wait), shared_->rest);
  const auto idle = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(shared_->mutex) {
    return !shared_->woken || room() <= 0 || !shared_->rest.Expired();
  };
  for (claim_pulse_->Beat(); !stop.stop_requested() && !deadline.Expired() && idle();
       claim_pulse_->Beat()) {
    shared_->changed.WaitFor(shared_->mutex,
                             std::min(deadline.Remaining(), base::Pulse::kLongestWait));
  }
  const int places = room();
  if (places > 0) shared_->woken = false;
  return places;
}

bool Reconciler::IsWoken() const {
  base::MutexLock lock(shared_->mutex);
  return shared_->woken;
}

void Reconciler::ReportBacklog() {
  const absl::StatusOr<WorkQueue::Backlog> backlog = queue_.GetBacklog();
  if (!backlog.ok()) return;  // the claim that follows says so
  services_.metrics.Set("padlock_cert_overdue_rows", {}, backlog->overdue);
  services_.metrics.Set("padlock_cert_oldest_overdue_seconds", {},
                        absl::ToDoubleSeconds(backlog->oldest));
}

void Reconciler::ClaimLoop(const std::stop_token& stop) {
  absl::Duration wait = absl::ZeroDuration();
  // As long as more is due than there are places, or a tenant with very much due would hold the
  // others up.
  bool in_turns = false;
  base::Deadline next_report = base::Deadline::After(absl::ZeroDuration());
  while (!stop.stop_requested()) {
    claim_pulse_->Beat();
    if (next_report.Expired()) {
      ReportBacklog();
      next_report = base::Deadline::After(kReportInterval);
    }
    const int places = FreePlaces(wait, stop);
    wait = options_.poll_interval;
    if (places <= 0 || stop.stop_requested()) continue;
    const auto begin = std::chrono::steady_clock::now();
    const absl::StatusOr<std::vector<Lease>> leases = Claim(places, in_turns);
    const absl::Duration taken = absl::FromChrono(std::chrono::steady_clock::now() - begin);
    if (!leases.ok()) {
      services_.metrics.Count("padlock_cert_claim_errors_total");
      base::Log(base::LogLevel::kWarning, "nothing claimed", {base::LogField(leases.status())});
      continue;
    }
    for (const Lease& lease : *leases) Run(lease);
    const bool all_claimed = static_cast<int>(leases->size()) < places;
    // Another replica may have taken what this one was about to.
    in_turns = !all_claimed || (in_turns && !leases->empty());
    absl::SleepFor(std::min(kRestsForClaim * taken, kLongestRest));
    wait = all_claimed && !IsWoken() ? PauseUntilDue() : absl::ZeroDuration();
  }
}

absl::StatusOr<std::vector<Lease>> Reconciler::Claim(int places, bool in_turns) {
  RETURN_IF_ERROR(GiveBackAdrift());
  return queue_.ClaimDue(
      {.limit = places,
       .lease = options_.lease,
       .overdue = services_.prober.Ready().ok() ? absl::ZeroDuration() : kLeftToOthers,
       .in_turns = in_turns});
}

// Or their rows would wait for the ends of their leases, long after the database is back.
absl::Status Reconciler::GiveBackAdrift() {
  while (true) {
    claim_pulse_->Beat();  // there may be many, and each may take long
    std::optional<Lease> lease;
    {
      base::MutexLock lock(shared_->mutex);
      if (shared_->adrift.empty()) return absl::OkStatus();
      lease = shared_->adrift.back();
    }
    absl::Status given = queue_.GiveBack(*lease);
    if (absl::IsUnavailable(given)) return given;
    base::MutexLock lock(shared_->mutex);
    std::erase_if(shared_->adrift, [&](const Lease& other) { return other.token == lease->token; });
    shared_->held.erase(lease->token);
  }
}

// Rows that become due sooner by somebody else's doing wake us.
absl::Duration Reconciler::PauseUntilDue() {
  if (!services_.prober.Ready().ok()) return options_.poll_interval;
  const absl::StatusOr<absl::Duration> next = queue_.UntilNextDue();
  if (!next.ok()) return options_.poll_interval;  // the claim that follows says so
  return std::min(std::max(*next, kShortestPause), options_.poll_interval);
}

void Reconciler::Run(const Lease& lease) {
  {
    base::MutexLock lock(shared_->mutex);
    shared_->held.emplace(lease.token, lease);
  }
  const bool posted = shared_->Post([this, lease] { Begin(lease); });
  if (!posted) Ended(lease, queue_.GiveBack(lease));
}

void Reconciler::Begin(const Lease& lease) {
  switch (lease.kind) {
    case WorkKind::kDomain:
      return Follow(lease, domain_step_.Begin(lease));
    case WorkKind::kOrder:
      return Follow(lease, order_step_.Begin(lease));
    case WorkKind::kCertificate:
      return BeginCertificate(lease);
    case WorkKind::kRevocation:
      return Follow(lease, Ending(revocation_step_.Run(lease)));
  }
}

// What it opens goes on at once, under the lease that is the order's then.
void Reconciler::BeginCertificate(const Lease& lease) {
  absl::StatusOr<std::optional<OpenedOrder>> opened = certificate_step_.Run(lease);
  if (!opened.ok() || !*opened) return Follow(lease, Ending(opened.status()));
  CountStep(lease, absl::OkStatus());
  const Lease order = (*opened)->lease;
  {
    base::MutexLock lock(shared_->mutex);
    shared_->held.insert_or_assign(order.token, order);
  }
  Follow(order, order_step_.Begin(**std::move(opened)));
}

// What comes of a step, at the end of its task.
void Reconciler::Follow(const Lease& lease, StepResult result) {
  if (result.ok() && *result != nullptr) {
    Await(lease, *std::move(result));
  } else {
    Ended(lease, result.status());
  }
  base::MutexLock lock(shared_->mutex);
  --shared_->busy;
  shared_->changed.NotifyAll();
}

void Reconciler::Await(const Lease& lease, std::unique_ptr<Suspension> suspension) {
  // It may come when we are gone, but not what it posts: a closed pool takes nothing.
  auto go_on = [this, shared = shared_, lease,
                then = std::move(suspension->then)](Evidence evidence) mutable {
    (void)shared->Post([this, lease, evidence = std::move(evidence),
                        then = std::move(then)]() mutable { Follow(lease, then(evidence)); });
  };
  if (auto* inquiry = std::get_if<Inquiry>(&suspension->until)) {
    services_.prober.Ask(std::move(*inquiry), std::move(go_on));
    return;
  }
  const auto end = base::Deadline::After(std::get<absl::Duration>(suspension->until));
  alarms_.At(end, [go_on = std::move(go_on)]() mutable { go_on({}); });
}

void Reconciler::CountStep(const Lease& lease, const absl::Status& status) {
  services_.metrics.Count(
      "padlock_cert_steps_total",
      {{"kind", WorkKindName(lease.kind)}, {"result", absl::StatusCodeToString(status.code())}});
}

// The lease is used up: the step is stored, or somebody else will do it again.
void Reconciler::Ended(const Lease& lease, const absl::Status& status) {
  CountStep(lease, status);
  if (!status.ok()) {
    base::Log(base::LogLevel::kWarning, "step not stored",
              {{"tenant", lease.tenant.text()},
               {WorkKindName(lease.kind), lease.id},
               base::LogField(status)});
  }
  base::MutexLock lock(shared_->mutex);
  if (absl::IsUnavailable(status)) {
    shared_->adrift.push_back(lease);
    shared_->rest = base::Deadline::After(kRest);
    return;
  }
  shared_->held.erase(lease.token);
  shared_->woken = true;  // a step often makes another row due
  shared_->changed.NotifyAll();
}

}  // namespace cert
