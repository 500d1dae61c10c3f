#include "cert/dispatch/dispatcher.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_format.h"

namespace cert {
namespace {

constexpr std::size_t kBatchLimit = 64;

Instant Now() { return std::chrono::steady_clock::now(); }

// Appends to the last entry while it is the same worker's and has room.
template <typename Session, typename Item>
void AppendToBatch(std::vector<std::pair<Session, std::vector<Item>>>& batches,
                   const Session& session, Item item) {
  const bool fits = !batches.empty() && batches.back().first == session &&
                    batches.back().second.size() < kBatchLimit;
  if (!fits) batches.emplace_back(session, std::vector<Item>());
  batches.back().second.push_back(std::move(item));
}

}  // namespace

Dispatcher::Dispatcher(Options options, base::Random& random, base::Metrics& metrics)
    : perspectives_(options.perspectives),
      metrics_(metrics),
      // Replicas draw different prefixes, so that a check's id is unique among all of a worker's.
      table_(std::move(options), random.Token().substr(0, 13)),
      thread_([this] { Run(); }) {}

Dispatcher::~Dispatcher() {
  {
    base::MutexLock lock(mutex_);
    stopping_ = true;
    table_.Stop();
  }
  wake_.NotifyAll();
  thread_.join();
}

void Dispatcher::Ask(Inquiry inquiry, Done done) {
  {
    base::MutexLock lock(mutex_);
    const InquiryKey key = table_.Open(std::move(inquiry), Now());
    done_[key] = std::move(done);
  }
  wake_.NotifyAll();
}

absl::StatusOr<WorkerKey> Dispatcher::AddWorker(const WorkerInfo& info,
                                                std::shared_ptr<WorkerSession> session) {
  base::MutexLock lock(mutex_);
  absl::StatusOr<WorkerKey> key = table_.AddWorker(info);
  if (key.ok()) sessions_[*key] = std::move(session);
  wake_.NotifyAll();
  return key;
}

void Dispatcher::OnCredit(WorkerKey worker, std::uint32_t checks) {
  {
    base::MutexLock lock(mutex_);
    table_.AddCredit(worker, checks, Now());
  }
  wake_.NotifyAll();
}

void Dispatcher::OnReports(WorkerKey worker, std::vector<WorkerReport> reports) {
  {
    base::MutexLock lock(mutex_);
    const Instant now = Now();
    for (WorkerReport& report : reports) table_.Apply(worker, std::move(report), now);
  }
  wake_.NotifyAll();
}

void Dispatcher::RemoveWorker(WorkerKey worker) {
  SessionPtr released;  // destroyed without the lock
  {
    base::MutexLock lock(mutex_);
    table_.RemoveWorker(worker, Now());
    const auto found = sessions_.find(worker);
    if (found == sessions_.end()) return;
    released = std::move(found->second);
    sessions_.erase(found);
  }
  wake_.NotifyAll();
}

absl::Status Dispatcher::Ready() const {
  base::MutexLock lock(mutex_);
  for (std::size_t p = 0; p < perspectives_.size(); ++p) {
    if (table_.SizesOf(p).workers > 0) continue;
    return absl::UnavailableError(
        absl::StrFormat("no probe worker of perspective %s answers", perspectives_[p]));
  }
  return absl::OkStatus();
}

void Dispatcher::Run() {
  bool last = false;
  while (!last) {
    Actions actions;
    {
      base::MutexLock lock(mutex_);
      AwaitWork();
      table_.Advance(Now());
      last = stopping_;
      actions = TakeActions();
    }
    Perform(std::move(actions));
  }
}

void Dispatcher::AwaitWork() {
  for (pulse_->Beat(); !stopping_ && !table_.HasEffects(); pulse_->Beat()) {
    const Instant now = Now();
    const std::optional<Instant> due = table_.NextWake();
    if (due && *due <= now) return;
    const absl::Duration wait = due ? absl::FromChrono(*due - now) : absl::InfiniteDuration();
    wake_.WaitFor(mutex_, std::min(wait, base::Pulse::kLongestWait));
  }
}

Dispatcher::Actions Dispatcher::TakeActions() {
  Effects effects = table_.TakeEffects();
  Actions actions;
  for (Effects::Send& send : effects.sends) {
    const auto session = sessions_.find(send.worker);
    if (session == sessions_.end()) continue;  // it has gone; the table knows
    AppendToBatch(actions.sends, session->second, std::move(send.check));
  }
  for (Effects::Cancel& cancel : effects.cancels) {
    const auto session = sessions_.find(cancel.worker);
    if (session == sessions_.end()) continue;
    AppendToBatch(actions.cancels, session->second, std::move(cancel.check_id));
  }
  for (Effects::Finished& finished : effects.finished) {
    auto done = done_.extract(finished.inquiry);
    actions.answers.emplace_back(std::move(done.mapped()), std::move(finished.evidence));
  }
  actions.tallies = std::move(effects.tallies);
  for (std::size_t p = 0; p < perspectives_.size(); ++p) {
    actions.sizes.push_back(table_.SizesOf(p));
  }
  return actions;
}

void Dispatcher::Perform(Actions actions) {
  for (auto& [session, checks] : actions.sends) session->Send(std::move(checks));
  for (auto& [session, ids] : actions.cancels) session->Cancel(std::move(ids));
  for (auto& [done, evidence] : actions.answers) done(std::move(evidence));
  for (const Effects::Tally& tally : actions.tallies) {
    metrics_.Count("padlock_cert_check_events_total",
                   {{"perspective", tally.perspective}, {"event", CheckEventName(tally.event)}});
  }
  for (std::size_t p = 0; p < perspectives_.size(); ++p) {
    const CheckTable::Sizes& sizes = actions.sizes[p];
    const auto set = [&](const char* name, std::size_t value) {
      metrics_.Set(name, {{"perspective", perspectives_[p]}}, static_cast<double>(value));
    };
    set("padlock_cert_probe_workers", sizes.workers);
    set("padlock_cert_checks_queued", sizes.queued);
    set("padlock_cert_checks_in_flight", sizes.in_flight);
  }
}

}  // namespace cert
