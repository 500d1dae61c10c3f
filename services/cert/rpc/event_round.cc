#include "cert/rpc/event_round.h"

#include <iterator>

#include "base/status_macros.h"
#include "cert/app/event_reader.h"

namespace cert {

EventRound::EventRound(EventLog& log, TenantId tenant, Options options)
    : log_(log), tenant_(std::move(tenant)), options_(options) {}

absl::StatusOr<EventBatch> EventRound::After(const WatchPlace& place) {
  // A single watcher's events are as well asked for at once.
  if (!options_.single || !place.domain.empty()) {
    ASSIGN_OR_RETURN(const EventCursor head, Head());
    if (head == place.after) return EventBatch{.events = {}, .cursor = head};
    // Numbers have no gaps.
    const bool far = head.number - place.after.number > options_.batch_limit;
    if (far && !place.domain.empty()) return ReadDomain(place, head);
  }
  ASSIGN_OR_RETURN(std::vector<Event> events, ReadShared(place.after));
  EventCursor cursor = events.empty() ? place.after : events.back().cursor;
  return EventBatch{.events = Select(std::move(events), place.domain), .cursor = std::move(cursor)};
}

const absl::StatusOr<EventCursor>& EventRound::Head() {
  if (!head_.has_value()) head_ = log_.Head(tenant_);
  return *head_;
}

const EventRound::Events& EventRound::ReadShared(const EventCursor& after) {
  const auto [found, is_new] = read_.try_emplace({after.epoch, after.number});
  if (is_new) found->second = log_.ReadEvents(tenant_, after, options_.batch_limit);
  return found->second;
}

absl::StatusOr<EventBatch> EventRound::ReadDomain(const WatchPlace& place,
                                                  const EventCursor& head) {
  ASSIGN_OR_RETURN(std::vector<Event> events,
                   log_.ReadDomainEvents(tenant_, place.domain, place.after, options_.batch_limit));
  // Where there are no more of them, none of the others up to the head is wanted.
  const bool all = std::ssize(events) < options_.batch_limit;
  EventCursor cursor = events.empty() ? head : events.back().cursor;
  if (all && cursor.number < head.number) cursor = head;
  return EventBatch{.events = std::move(events), .cursor = std::move(cursor)};
}

}  // namespace cert
