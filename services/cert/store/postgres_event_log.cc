#include "cert/store/postgres_event_log.h"

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "cert/store/row_values.h"
#include "cert/store/session.h"

namespace cert {
namespace {

// A tenant without a row has had no event yet.
constexpr char kBounds[] = R"(
SELECT t.epoch, t.last_event_number,
       coalesce((SELECT min(e.number) FROM padlock.events AS e WHERE e.tenant = t.tenant) - 1,
                t.last_event_number) AS oldest
FROM padlock.tenants AS t WHERE t.tenant = $1)";

// Of WithBounds() below. Behind a SELECT a value is nothing
// that PostgreSQL plans for: it would plan anew at each call, as the plan for one place near the
// end looks cheaper than one for any place.
constexpr char kEventsAfter[] = R"(
SELECT number, time, type, domain, certificate, order_id, actor, request_id, message, attempt
FROM padlock.events
WHERE tenant = $1 AND number > (SELECT $2::bigint))";
constexpr char kOfDomain[] = " AND domain = $4 AND domain <> ''";
constexpr char kFirst[] = " ORDER BY number LIMIT (SELECT $3::bigint)";

// The bounds, read once (MATERIALIZED), beside each event; one row with a null number when there is
// no event.
std::string WithBounds(const std::string& events) {
  return absl::StrCat("WITH bounds AS MATERIALIZED (", kBounds,
                      ") SELECT * FROM bounds LEFT JOIN (", events,
                      ") AS after ON true ORDER BY after.number");
}

struct Bounds {
  EventCursor head;
  std::int64_t oldest = 0;  // the lowest number that can be read after
};

Bounds BoundsFrom(const pqxx::result& rows) {
  if (rows.empty()) return {};
  const pqxx::row row = rows[0];
  const RowReader reader(row);
  return {.head = {.epoch = reader.Text("epoch"), .number = reader.Int64("last_event_number")},
          .oldest = reader.Int64("oldest")};
}

Bounds ReadBounds(Statements& sql, const TenantId& tenant) {
  return BoundsFrom(sql.exec_params(kBounds, tenant.text()));
}

// Bounds and events in one statement: watchers read at every event.
pqxx::result ReadRows(Statements& sql, const TenantId& tenant,
                      const std::optional<DomainId>& domain, std::int64_t after, int limit) {
  static const std::string kReadAll = WithBounds(absl::StrCat(kEventsAfter, kFirst));
  static const std::string kReadDomain = WithBounds(absl::StrCat(kEventsAfter, kOfDomain, kFirst));
  return domain ? sql.exec_params(kReadDomain, tenant.text(), after, limit, domain->text())
                : sql.exec_params(kReadAll, tenant.text(), after, limit);
}

absl::Status CheckCursor(const EventCursor& cursor, const Bounds& bounds) {
  const bool same_epoch = cursor.epoch.empty() || cursor.epoch == bounds.head.epoch;
  if (same_epoch && cursor.number >= bounds.oldest && cursor.number <= bounds.head.number) {
    return absl::OkStatus();
  }
  return absl::OutOfRangeError(
      absl::StrFormat("the oldest cursor that can be read is number %d of epoch \"%s\"",
                      bounds.oldest, bounds.head.epoch));
}

Event EventFrom(const pqxx::row& row, const std::string& epoch) {
  const RowReader reader(row);
  return {.cursor = {.epoch = epoch, .number = reader.Int64("number")},
          .time = reader.Time("time"),
          .type = RowReader::Parsed(ParseEventType(reader.Text("type"))),
          .domain = DomainId(reader.Text("domain")),
          .certificate = CertificateId(reader.Text("certificate")),
          .order = OrderId(reader.Text("order_id")),
          .actor = reader.Text("actor"),
          .request_id = reader.Text("request_id"),
          .message = reader.Text("message"),
          .attempt = reader.Int("attempt")};
}

absl::StatusOr<std::unique_ptr<Session>> Open(ConnectionPool& pool, const TenantId& tenant) {
  return Session::Open(pool, tenant, Access::kRead,
                       base::Deadline::After(pool.options().borrow_timeout));
}

}  // namespace

absl::StatusOr<std::vector<Event>> PostgresEventLog::ReadEvents(const TenantId& tenant,
                                                                const EventCursor& cursor,
                                                                int limit) {
  return Read(tenant, std::nullopt, cursor, limit);
}

absl::StatusOr<std::vector<Event>> PostgresEventLog::ReadDomainEvents(const TenantId& tenant,
                                                                      const DomainId& domain,
                                                                      const EventCursor& cursor,
                                                                      int limit) {
  return Read(tenant, domain, cursor, limit);
}

absl::StatusOr<std::vector<Event>> PostgresEventLog::Read(const TenantId& tenant,
                                                          const std::optional<DomainId>& domain,
                                                          const EventCursor& cursor, int limit) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Session> session, Open(pool_, tenant));
  using Result = absl::StatusOr<std::vector<Event>>;
  return session->Run([&](Statements& sql) -> Result {
    const pqxx::result rows = ReadRows(sql, tenant, domain, cursor.number, limit);
    const Bounds bounds = BoundsFrom(rows);
    RETURN_IF_ERROR(CheckCursor(cursor, bounds));
    std::vector<Event> events;
    for (const pqxx::row& row : rows) {
      if (!row["number"].is_null()) events.push_back(EventFrom(row, bounds.head.epoch));
    }
    return events;
  });
}

absl::StatusOr<EventCursor> PostgresEventLog::Head(const TenantId& tenant) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Session> session, Open(pool_, tenant));
  return session->Run(
      [&](Statements& sql) -> absl::StatusOr<EventCursor> { return ReadBounds(sql, tenant).head; });
}

absl::StatusOr<EventCursor> PostgresEventLog::Oldest(const TenantId& tenant) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Session> session, Open(pool_, tenant));
  return session->Run([&](Statements& sql) -> absl::StatusOr<EventCursor> {
    const Bounds bounds = ReadBounds(sql, tenant);
    return EventCursor{.epoch = bounds.head.epoch, .number = bounds.oldest};
  });
}

}  // namespace cert
