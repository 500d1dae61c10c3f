#include "cert/store/retention.h"

#include <memory>

#include "base/status_macros.h"
#include "cert/store/session.h"

namespace cert {
namespace {

// Each statement: $1 tenant, $2 age in microseconds, $3 at most so many.
constexpr int kBatch = 200;

// A beginning of the numbers, so that no hole is left; times need not rise with numbers.
constexpr char kDropEvents[] = R"(
DELETE FROM padlock.events AS e
USING (
  SELECT min(o.number) FILTER (WHERE NOT o.is_over) AS keep, max(o.number) AS last
  FROM (
    SELECT e.number,
           e.time < padlock.padlock_now() - $2::bigint * interval '1 microsecond'
             OR e.number <= t.last_event_number - $4::bigint AS is_over
    FROM padlock.events AS e JOIN padlock.tenants AS t ON t.tenant = e.tenant
    WHERE e.tenant = $1 ORDER BY e.number LIMIT $3
  ) AS o
) AS oldest
WHERE e.tenant = $1 AND e.number < coalesce(oldest.keep, oldest.last + 1))";

// Never the ones in use, however old: their owners see that they have expired.
constexpr char kDropIssuances[] = R"(
WITH old AS (
  SELECT i.id
  FROM padlock.issuances AS i
  JOIN padlock.certificates AS c ON c.tenant = i.tenant AND c.id = i.certificate
  JOIN padlock.work AS w ON w.tenant = c.tenant AND w.kind = 'certificate' AND w.id = c.id
  WHERE i.tenant = $1
    AND i.not_after < padlock.padlock_now() - $2::bigint * interval '1 microsecond'
    AND (w.state = 'DELETED' OR (c.issuance IS DISTINCT FROM i.id
                                 AND c.second_issuance IS DISTINCT FROM i.id))
    AND NOT EXISTS (SELECT FROM padlock.work AS r
                    WHERE r.tenant = i.tenant AND r.kind = 'revocation' AND r.id = i.id
                      AND r.due_time IS NOT NULL)
  ORDER BY i.not_after LIMIT $3 FOR UPDATE OF i SKIP LOCKED
), work AS (
  DELETE FROM padlock.work AS w USING old
  WHERE w.tenant = $1 AND w.kind = 'revocation' AND w.id = old.id
)
DELETE FROM padlock.issuances AS i USING old WHERE i.tenant = $1 AND i.id = old.id)";

// The CA's URL is forgotten with it: only open orders are adopted, and this one has ended.
constexpr char kDropOrders[] = R"(
WITH old AS (
  SELECT w.id
  FROM padlock.work AS w JOIN padlock.orders AS o ON o.tenant = w.tenant AND o.id = w.id
  WHERE w.tenant = $1 AND w.kind = 'order' AND w.due_time IS NULL
    AND w.state IN ('COMPLETED', 'FAILED')
    AND w.start_time < padlock.padlock_now() - $2::bigint * interval '1 microsecond'
    AND NOT EXISTS (SELECT FROM padlock.issuances AS i
                    WHERE i.tenant = w.tenant AND i.order_id = w.id)
    AND NOT EXISTS (SELECT FROM padlock.certificates AS c
                    WHERE c.tenant = o.tenant AND c.id = o.certificate AND c.order_id = o.id)
  ORDER BY w.start_time LIMIT $3 FOR UPDATE OF w, o SKIP LOCKED
), authorizations AS (
  DELETE FROM padlock.authorizations AS a USING old WHERE a.tenant = $1 AND a.order_id = old.id
), evidence AS (
  DELETE FROM padlock.evidence AS e USING old WHERE e.tenant = $1 AND e.subject_id = old.id
), urls AS (
  DELETE FROM padlock.order_urls AS u USING old WHERE u.order_id = old.id
), work AS (
  DELETE FROM padlock.work AS w USING old
  WHERE w.tenant = $1 AND w.kind = 'order' AND w.id = old.id
)
DELETE FROM padlock.orders AS o USING old WHERE o.tenant = $1 AND o.id = old.id)";

constexpr char kDropCertificates[] = R"(
WITH old AS (
  SELECT w.id FROM padlock.work AS w
  WHERE w.tenant = $1 AND w.kind = 'certificate' AND w.due_time IS NULL AND w.state = 'DELETED'
    AND w.start_time < padlock.padlock_now() - $2::bigint * interval '1 microsecond'
    AND NOT EXISTS (SELECT FROM padlock.orders AS o
                    WHERE o.tenant = w.tenant AND o.certificate = w.id)
    AND NOT EXISTS (SELECT FROM padlock.issuances AS i
                    WHERE i.tenant = w.tenant AND i.certificate = w.id)
  ORDER BY w.start_time LIMIT $3 FOR UPDATE OF w SKIP LOCKED
), work AS (
  DELETE FROM padlock.work AS w USING old
  WHERE w.tenant = $1 AND w.kind = 'certificate' AND w.id = old.id
), domains AS (
  DELETE FROM padlock.certificate_domains AS d USING old
  WHERE d.tenant = $1 AND d.certificate = old.id
)
DELETE FROM padlock.certificates AS c USING old WHERE c.tenant = $1 AND c.id = old.id)";

constexpr char kDropDomains[] = R"(
WITH old AS (
  SELECT w.id
  FROM padlock.work AS w JOIN padlock.domains AS d ON d.tenant = w.tenant AND d.id = w.id
  WHERE w.tenant = $1 AND w.kind = 'domain' AND w.due_time IS NULL AND w.state = 'DELETED'
    AND w.start_time < padlock.padlock_now() - $2::bigint * interval '1 microsecond'
    AND NOT EXISTS (SELECT FROM padlock.certificates AS c
                    WHERE c.tenant = d.tenant AND c.id = d.certificate)
  ORDER BY w.start_time LIMIT $3 FOR UPDATE OF w, d SKIP LOCKED
), evidence AS (
  DELETE FROM padlock.evidence AS e USING old WHERE e.tenant = $1 AND e.subject_id = old.id
), work AS (
  DELETE FROM padlock.work AS w USING old
  WHERE w.tenant = $1 AND w.kind = 'domain' AND w.id = old.id
), budgets AS (
  DELETE FROM padlock.budgets AS b USING old
  WHERE b.tenant = $1 AND b.subject = 'recheck ' || old.id
)
DELETE FROM padlock.domains AS d USING old WHERE d.tenant = $1 AND d.id = old.id)";

}  // namespace

absl::StatusOr<std::int64_t> Retention::DropSome(const TenantId& tenant) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Session> session,
                   Session::Open(pool_, tenant, Access::kWrite,
                                 base::Deadline::After(pool_.options().borrow_timeout)));
  const std::int64_t age = absl::ToInt64Microseconds(policy_.age);
  std::int64_t dropped = 0;
  RETURN_IF_ERROR(session->Run([&](Statements& sql) {
    dropped += sql.exec_params(kDropEvents, tenant.text(), age, kBatch, policy_.max_events)
                   .affected_rows();
    // What refers to others goes before them.
    for (const char* drop : {kDropIssuances, kDropOrders, kDropCertificates, kDropDomains}) {
      dropped += sql.exec_params(drop, tenant.text(), age, kBatch).affected_rows();
    }
    return absl::OkStatus();
  }));
  RETURN_IF_ERROR(session->Commit());
  return dropped;
}

}  // namespace cert
