// EventLog on PostgreSQL, as role padlock_cert.

#pragma once

#include <optional>
#include <vector>

#include "cert/store/connection_pool.h"
#include "cert/store/store.h"

namespace cert {

// Thread-safe.
class PostgresEventLog final : public EventLog {
 public:
  // `pool` must outlive this.
  explicit PostgresEventLog(ConnectionPool& pool) : pool_(pool) {}

  absl::StatusOr<std::vector<Event>> ReadEvents(const TenantId& tenant, const EventCursor& cursor,
                                                int limit) override;
  absl::StatusOr<std::vector<Event>> ReadDomainEvents(const TenantId& tenant,
                                                      const DomainId& domain,
                                                      const EventCursor& cursor,
                                                      int limit) override;
  absl::StatusOr<EventCursor> Head(const TenantId& tenant) override;
  absl::StatusOr<EventCursor> Oldest(const TenantId& tenant) override;

 private:
  absl::StatusOr<std::vector<Event>> Read(const TenantId& tenant,
                                          const std::optional<DomainId>& domain,
                                          const EventCursor& cursor, int limit);

  ConnectionPool& pool_;
};

}  // namespace cert
