#include "cert/rpc/watch_hub.h"

#include <utility>

#include "absl/strings/str_format.h"

namespace cert {
namespace {

absl::Status TooMany(const char* whose, std::size_t limit) {
  return absl::ResourceExhaustedError(
      absl::StrFormat("too many watches: %s at most %d at this replica", whose, limit));
}

}  // namespace

WatchHub::WatchHub(EventLog& log, Options options)
    : log_(log), options_(options), next_poll_(base::Deadline::After(options.poll_interval)) {
  for (int i = 0; i < options_.threads; ++i) threads_.emplace_back([this] { Run(); });
}

WatchHub::~WatchHub() { Stop(); }

absl::Status WatchHub::StateOf(const Watch& watch) const {
  if (stopped_) return absl::UnavailableError("the service is going away; resume elsewhere");
  if (watch.cancelled) return absl::CancelledError("the watch was cancelled");
  return absl::OkStatus();
}

absl::StatusOr<WatchHub::WatchId> WatchHub::Open(const TenantId& tenant) {
  base::MutexLock lock(mutex_);
  if (stopped_) return StateOf({});
  if (watches_.size() >= options_.watch_limit) {
    return TooMany("all tenants together may have", options_.watch_limit);
  }
  const auto known = tenants_.find(tenant);
  const bool full =
      known != tenants_.end() && known->second.watches.size() >= options_.tenant_watch_limit;
  if (full) return TooMany("a tenant may have", options_.tenant_watch_limit);
  const WatchId id{++last_id_};
  watches_[id].tenant = tenant;
  tenants_[tenant].watches.insert(id);
  return id;
}

void WatchHub::Close(WatchId id) {
  base::MutexLock lock(mutex_);
  const auto watch = watches_.find(id);
  if (watch == watches_.end()) return;
  const auto tenant = tenants_.find(watch->second.tenant);
  tenant->second.watches.erase(id);
  const bool unused =
      tenant->second.watches.empty() && !tenant->second.queued && !tenant->second.served;
  if (unused) tenants_.erase(tenant);
  watches_.erase(watch);
}

absl::Status WatchHub::Await(WatchId id, const WatchPlace& place, Callback callback) {
  base::MutexLock lock(mutex_);
  Watch& watch = watches_.at(id);
  if (absl::Status state = StateOf(watch); !state.ok()) return state;
  watch.place = place;
  watch.callback = std::move(callback);
  Enqueue(watch.tenant);
  return absl::OkStatus();
}

void WatchHub::Cancel(WatchId id) {
  Callback callback;
  {
    base::MutexLock lock(mutex_);
    const auto watch = watches_.find(id);
    if (watch == watches_.end()) return;
    watch->second.cancelled = true;
    callback = std::exchange(watch->second.callback, nullptr);
  }
  if (callback) callback(absl::CancelledError("the watch was cancelled"));
}

void WatchHub::Notify(const TenantId& tenant) {
  base::MutexLock lock(mutex_);
  if (tenant.empty()) return EnqueueAll();
  if (tenants_.contains(tenant)) Enqueue(tenant);
}

void WatchHub::Stop() {
  std::vector<Callback> callbacks;
  {
    base::MutexLock lock(mutex_);
    stopped_ = true;
    for (auto& [id, watch] : watches_) {
      if (watch.callback) callbacks.push_back(std::exchange(watch.callback, nullptr));
    }
  }
  wake_.NotifyAll();
  for (Callback& callback : callbacks) {
    callback(absl::UnavailableError("the service is going away; resume elsewhere"));
  }
}

void WatchHub::Enqueue(const TenantId& name) {
  Tenant& tenant = tenants_[name];
  if (tenant.served) tenant.again = true;
  if (tenant.served || tenant.queued) return;
  tenant.queued = true;
  queue_.push_back(name);
  wake_.NotifyOne();
}

void WatchHub::EnqueueAll() {
  for (const auto& [name, tenant] : tenants_) Enqueue(name);
}

void WatchHub::Run() {
  while (true) {
    TenantId tenant;
    {
      base::MutexLock lock(mutex_);
      while (queue_.empty() && !stopped_) {
        if (!next_poll_.Expired()) wake_.WaitFor(mutex_, next_poll_.Remaining());
        if (!next_poll_.Expired()) continue;
        next_poll_ = base::Deadline::After(options_.poll_interval);
        EnqueueAll();
      }
      if (stopped_) return;
      tenant = std::move(queue_.front());
      queue_.pop_front();
    }
    PutBack(tenant, Answer(tenant, TakeWaits(tenant)));
  }
}

std::vector<WatchHub::Wait> WatchHub::TakeWaits(const TenantId& name) {
  base::MutexLock lock(mutex_);
  Tenant& tenant = tenants_[name];
  tenant.queued = false;
  tenant.served = true;
  std::vector<Wait> waits;
  for (const WatchId id : tenant.watches) {
    Watch& watch = watches_.at(id);
    if (!watch.callback) continue;
    waits.push_back({id, watch.place, std::exchange(watch.callback, nullptr)});
  }
  return waits;
}

std::vector<WatchHub::Wait> WatchHub::Answer(const TenantId& tenant, std::vector<Wait> waits) {
  std::vector<Wait> unanswered;
  if (waits.empty()) return unanswered;
  EventRound round(log_, tenant,
                   {.batch_limit = options_.batch_limit, .single = waits.size() == 1});
  for (Wait& wait : waits) {
    absl::StatusOr<EventBatch> batch = round.After(wait.place);
    if (batch.ok() && batch->cursor == wait.place.after) {
      unanswered.push_back(std::move(wait));
    } else {
      wait.callback(std::move(batch));
    }
  }
  return unanswered;
}

void WatchHub::PutBack(const TenantId& name, std::vector<Wait> waits) {
  std::vector<std::pair<Callback, absl::Status>> ended;
  {
    base::MutexLock lock(mutex_);
    for (Wait& wait : waits) {
      Watch& watch = watches_.at(wait.id);
      absl::Status state = StateOf(watch);
      if (state.ok()) {
        watch.callback = std::move(wait.callback);
      } else {
        ended.emplace_back(std::move(wait.callback), std::move(state));
      }
    }
    Tenant& tenant = tenants_[name];
    tenant.served = false;
    const bool again = std::exchange(tenant.again, false);
    if (tenant.watches.empty()) {
      tenants_.erase(name);
    } else if (again) {
      Enqueue(name);
    }
  }
  for (auto& [callback, status] : ended) callback(std::move(status));
}

}  // namespace cert
