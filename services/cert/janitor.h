// Drops what is over, now and then, for all tenants. Every replica has one. A part of main.cc.

#pragma once

#include <stop_token>
#include <thread>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/deadline.h"
#include "base/log.h"
#include "base/mutex.h"
#include "base/status_macros.h"
#include "cert/store/retention.h"
#include "cert/store/tenant_list.h"

namespace cert {

// Works in a thread of its own; its destructor ends it between two short transactions.
class Janitor {
 public:
  // Both must outlive this. A pass begins at once, the next ones `interval` after the end of the
  // last.
  Janitor(const TenantList& tenants, Retention& retention, absl::Duration interval)
      : tenants_(tenants),
        retention_(retention),
        interval_(interval),
        thread_([this](const std::stop_token& stop) { Run(stop); }) {}

  ~Janitor() {
    thread_.request_stop();
    changed_.NotifyAll();
    thread_.join();
  }
  Janitor(const Janitor&) = delete;
  Janitor& operator=(const Janitor&) = delete;

 private:
  void Run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      const absl::Status passed =
          ForEachTenant(tenants_, [&](const TenantId& tenant) { return Clean(tenant, stop); });
      if (!passed.ok() && !absl::IsCancelled(passed)) {
        base::Log(base::LogLevel::kWarning, "not everything old was dropped",
                  {base::LogField(passed)});
      }
      const base::Deadline next = base::Deadline::After(interval_);
      base::MutexLock lock(mutex_);
      while (!stop.stop_requested() && !next.Expired()) {
        changed_.WaitFor(mutex_, std::min(next.Remaining(), kLongestNap));
      }
    }
  }

  absl::Status Clean(const TenantId& tenant, const std::stop_token& stop) {
    std::int64_t dropped = 1;
    while (dropped > 0) {
      if (stop.stop_requested()) return absl::CancelledError("stopping");
      ASSIGN_OR_RETURN(dropped, retention_.DropSome(tenant));
    }
    return absl::OkStatus();
  }

  // A wake-up that comes before the wait is seen this late.
  static constexpr absl::Duration kLongestNap = absl::Seconds(1);

  const TenantList& tenants_;
  Retention& retention_;
  const absl::Duration interval_;
  base::Mutex mutex_;
  base::CondVar changed_;
  std::jthread thread_;
};

}  // namespace cert
