// Reading a tenant's events by cursor. A cursor's text form is "<epoch>.<number>", opaque to
// callers; the epoch is empty where the tenant has no events yet.

#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cert/app/caller.h"
#include "cert/core/model.h"
#include "cert/store/store.h"

namespace cert {

std::string FormatCursor(const EventCursor& cursor);

// INVALID_ARGUMENT: not one of ours.
absl::StatusOr<EventCursor> ParseCursor(const std::string& text);

struct WatchInput {
  std::string parent;
  std::string cursor;
  std::string domain;  // a domain's name; empty: all events
};

// A watch that may begin.
struct WatchStart {
  TenantId tenant;
  EventCursor cursor;  // of the last event that the watcher has
  DomainId domain;     // empty: all events
};

// Authorizes the watch and finds its first cursor.
//
// INVALID_ARGUMENT, with the field's name: a cursor that is not one of ours.
// OUT_OF_RANGE: the cursor is older than what is kept, or of another epoch.
absl::StatusOr<WatchStart> StartWatch(EventLog& log, const Caller& caller, const WatchInput& input);

// Those that the watch wants.
std::vector<Event> Select(std::vector<Event> events, const DomainId& domain);

}  // namespace cert
