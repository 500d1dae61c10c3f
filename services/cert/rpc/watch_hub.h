// Feeds all watchers of events with a few threads. A watcher has at most one wait at a time: "call
// me with the events after this cursor", and asks again once it has sent them; so nothing piles up
// for a slow one.
//
//   Notify(tenant), a new wait, or a second gone by --> tenant queued --> a thread asks for the
//   events after each wait's cursor (event_round.h).

#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <thread>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/deadline.h"
#include "base/mutex.h"
#include "cert/core/ids.h"
#include "cert/rpc/event_round.h"
#include "cert/store/store.h"

namespace cert {

// Thread-safe. Callbacks are made without its lock.
class WatchHub {
 public:
  struct Options {
    int threads = 2;
    absl::Duration poll_interval = absl::Seconds(1);  // a lost notification costs this much
    std::size_t watch_limit = 10'000;
    std::size_t tenant_watch_limit = 2'000;  // of which one tenant may have so many
    int batch_limit = 100;                   // events in one call
  };
  enum class WatchId : std::uint64_t {};
  // What comes next, with a later cursor; or why nothing will: what the log says, CANCELLED or
  // UNAVAILABLE.
  using Callback = absl::AnyInvocable<void(absl::StatusOr<EventBatch>)>;

  WatchHub(EventLog& log, Options options);
  // Stops, and joins its threads.
  ~WatchHub();
  WatchHub(const WatchHub&) = delete;
  WatchHub& operator=(const WatchHub&) = delete;

  std::size_t watch_limit() const { return options_.watch_limit; }

  // A new watch. RESOURCE_EXHAUSTED: too many, of the tenant or of all. UNAVAILABLE: stopped.
  absl::StatusOr<WatchId> Open(const TenantId& tenant);
  // Ends it; no wait may be in progress.
  void Close(WatchId id);

  // Begins a wait, which ends with exactly one call of `callback`, from another thread. An error,
  // and no call, when the watch was cancelled or the hub stopped.
  absl::Status Await(WatchId id, const WatchPlace& place, Callback callback);

  // Ends the wait in progress and refuses further ones. The callback may be made inside.
  void Cancel(WatchId id);

  // The tenant has new events; empty: any may have (Notifications::Handlers::events).
  void Notify(const TenantId& tenant);

  // Ends every wait with UNAVAILABLE, and refuses further ones.
  void Stop();

 private:
  struct Watch {
    TenantId tenant;
    bool cancelled = false;
    WatchPlace place = {};
    Callback callback = nullptr;  // set while a wait is in progress and no thread has taken it
  };
  struct Tenant {
    std::set<WatchId> watches;
    bool queued = false;
    bool served = false;  // by a thread
    bool again = false;   // to be queued once it was served
  };
  struct Wait {
    WatchId id;
    WatchPlace place;
    Callback callback;
  };

  void Run();
  void Serve(const TenantId& tenant);
  std::vector<Wait> TakeWaits(const TenantId& tenant);
  // Ends those waits for which there is something to say; returns the others.
  std::vector<Wait> Answer(const TenantId& tenant, std::vector<Wait> waits);
  void PutBack(const TenantId& tenant, std::vector<Wait> waits);
  void Enqueue(const TenantId& tenant) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void EnqueueAll() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Not OK once the watch has ended.
  absl::Status StateOf(const Watch& watch) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  EventLog& log_;
  const Options options_;

  base::Mutex mutex_;
  base::CondVar wake_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::uint64_t last_id_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<WatchId, Watch> watches_ ABSL_GUARDED_BY(mutex_);
  std::map<TenantId, Tenant> tenants_ ABSL_GUARDED_BY(mutex_);
  std::deque<TenantId> queue_ ABSL_GUARDED_BY(mutex_);
  base::Deadline next_poll_ ABSL_GUARDED_BY(mutex_);

  std::vector<std::jthread> threads_;
};

}  // namespace cert
