// What one look after a tenant's watchers reads from the log. Most of many watchers have seen the
// same, and what comes next is read for all of them at once, also for those of one domain. Who
// resumes far behind the others, and wants one domain's events, has only those read.

#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "cert/core/ids.h"
#include "cert/store/store.h"

namespace cert {

// Where a watcher is in its tenant's log, and what it wants of it.
struct WatchPlace {
  EventCursor after;
  DomainId domain = DomainId();  // empty: all events

  bool operator==(const WatchPlace&) const = default;
};

// What comes next: as many events as one message may hold, perhaps none that the watcher wants, and
// the cursor that it has seen everything up to then.
struct EventBatch {
  std::vector<Event> events;
  EventCursor cursor;
};

// Confined to one thread.
class EventRound {
 public:
  struct Options {
    int batch_limit = 100;
    std::size_t batch_limit_bytes = std::size_t{64} << 10U;  // about; one event may be larger
    bool single = false;                                     // After() will be called once
  };

  // `log` must outlive it.
  EventRound(EventLog& log, TenantId tenant, Options options);

  // `place`'s own cursor where it has seen everything. Errors of the log.
  absl::StatusOr<EventBatch> After(const WatchPlace& place);

 private:
  using Events = absl::StatusOr<std::vector<Event>>;

  const absl::StatusOr<EventCursor>& Head();
  const Events& ReadShared(const EventCursor& after);
  absl::StatusOr<EventBatch> ReadDomain(const WatchPlace& place, const EventCursor& head);
  // Leaves the first of them that one message may hold; at least one, if there are any.
  void Shorten(std::vector<Event>& events) const;

  EventLog& log_;
  const TenantId tenant_;
  const Options options_;
  std::optional<absl::StatusOr<EventCursor>> head_;  // from before anything else was read
  std::map<std::pair<std::string, std::int64_t>, Events> read_;
};

}  // namespace cert
