#include "cert/app/event_reader.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "cert/app/authorize.h"
#include "cert/app/field_error.h"
#include "cert/app/resource_name.h"

namespace cert {
namespace {

constexpr std::size_t kMaxCursorOctets = 128;

absl::Status NotOurs() {
  return FieldError("cursor", "is not one that this service gave out; use the last event's");
}

absl::StatusOr<DomainId> ParseFilter(const std::string& name, const TenantId& tenant) {
  if (name.empty()) return DomainId();
  ASSIGN_OR_RETURN(const DomainName domain, InField("domain", ParseDomainName(name)));
  if (domain.tenant != tenant) return absl::NotFoundError("domain: not found");
  return domain.domain;
}

absl::StatusOr<EventCursor> FindCursor(EventLog& log, const TenantId& tenant,
                                       const std::string& text) {
  ASSIGN_OR_RETURN(const EventCursor head, log.Head(tenant));
  if (text.empty()) return head;
  if (text == "oldest") return log.Oldest(tenant);
  ASSIGN_OR_RETURN(const EventCursor cursor, ParseCursor(text));
  const bool same_epoch = cursor.epoch.empty() || cursor.epoch == head.epoch;
  if (same_epoch && cursor.number > head.number) return NotOurs();
  RETURN_IF_ERROR(log.ReadEvents(tenant, cursor, 1).status());
  return cursor;
}

}  // namespace

std::string FormatCursor(const EventCursor& cursor) {
  return absl::StrFormat("%s.%d", cursor.epoch, cursor.number);
}

absl::StatusOr<EventCursor> ParseCursor(const std::string& text) {
  const std::size_t dot = text.rfind('.');
  if (text.size() > kMaxCursorOctets || dot == std::string::npos) return NotOurs();
  EventCursor cursor{.epoch = text.substr(0, dot)};
  const std::string number = text.substr(dot + 1);
  const bool is_number = absl::SimpleAtoi(number, &cursor.number) && cursor.number >= 0;
  // One spelling only: no sign, blank or leading zero.
  if (!is_number || FormatCursor(cursor) != text) return NotOurs();
  const bool is_epoch = std::ranges::all_of(cursor.epoch, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  });
  if (!is_epoch) return NotOurs();
  return cursor;
}

absl::StatusOr<WatchStart> StartWatch(EventLog& log, const Caller& caller,
                                      const WatchInput& input) {
  ASSIGN_OR_RETURN(TenantId tenant, InField("parent", ParseParent(input.parent)));
  RETURN_IF_ERROR(
      Authorize(caller.identity, tenant, TenantNamedBy::kParent, transport::Role::kReader));
  ASSIGN_OR_RETURN(DomainId domain, ParseFilter(input.domain, tenant));
  ASSIGN_OR_RETURN(EventCursor cursor, FindCursor(log, tenant, input.cursor));
  return WatchStart{std::move(tenant), std::move(cursor), std::move(domain)};
}

std::vector<Event> Select(std::vector<Event> events, const DomainId& domain) {
  if (domain.empty()) return events;
  std::erase_if(events, [&](const Event& event) { return event.domain != domain; });
  return events;
}

}  // namespace cert
