#include "cert/rpc/event_round.h"

#include <iterator>

#include "base/status_macros.h"
#include "cert/app/event_reader.h"

namespace cert {
namespace {

// A few watchers see what comes next at different places; of many each has its own to catch up.
constexpr std::size_t kPlacesKept = 16;

// What an event takes of a message, about: its texts, and numbers and resource names beside them.
std::size_t BytesOf(const Event& event) {
  constexpr std::size_t kBesideTexts = 256;
  return event.message.size() + event.actor.size() + event.request_id.size() + kBesideTexts;
}

}  // namespace

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
  const std::pair place(after.epoch, after.number);
  const auto known = read_.find(place);
  if (known != read_.end()) return known->second;
  if (read_.size() == kPlacesKept) read_.clear();
  Events events = log_.ReadEvents(tenant_, after, options_.batch_limit);
  if (events.ok()) Shorten(*events);
  return read_.emplace(place, std::move(events)).first->second;
}

absl::StatusOr<EventBatch> EventRound::ReadDomain(const WatchPlace& place,
                                                  const EventCursor& head) {
  ASSIGN_OR_RETURN(std::vector<Event> events,
                   log_.ReadDomainEvents(tenant_, place.domain, place.after, options_.batch_limit));
  const std::size_t read = events.size();
  Shorten(events);
  // Where there are no more of them, none of the others up to the head is wanted.
  const bool all = events.size() == read && std::ssize(events) < options_.batch_limit;
  EventCursor cursor = events.empty() ? head : events.back().cursor;
  if (all && cursor.number < head.number) cursor = head;
  return EventBatch{.events = std::move(events), .cursor = std::move(cursor)};
}

void EventRound::Shorten(std::vector<Event>& events) const {
  std::size_t kept = 0;
  for (std::size_t bytes = 0; kept < events.size(); ++kept) {
    bytes += BytesOf(events[kept]);
    if (kept > 0 && bytes > options_.batch_limit_bytes) break;
  }
  events.resize(kept);
}

}  // namespace cert
