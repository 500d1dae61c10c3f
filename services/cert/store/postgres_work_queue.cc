#include "cert/store/postgres_work_queue.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "cert/store/postgres_transaction.h"

namespace cert {
namespace {

// The holder stops this long before others may claim its row: clocks drift, and a statement that
// was sent in time may arrive late.
constexpr absl::Duration kSafetyMargin = absl::Seconds(1);

// (SELECT …) reads the clock once, which lets the indexes on due_time serve. LIMIT 100, and $1
// behind a SELECT, tell PostgreSQL that it is always about a few rows: for a part of all that is
// due it would read the whole table, or plan anew at each claim.
static_assert(WorkQueue::kMostClaimed == 100);
constexpr char kLongestOverdue[] = R"(
WITH due AS (
  SELECT w.tenant, w.kind, w.id, 0::bigint AS turn, 0 AS step
  FROM (
    SELECT w.tenant, w.kind, w.id
    FROM padlock.work AS w
    WHERE w.due_time <= (SELECT padlock.padlock_clock() - $3::bigint * interval '1 microsecond')
      AND (w.lease_expire_time IS NULL OR w.lease_expire_time <= (SELECT padlock.padlock_clock()))
    ORDER BY w.due_time
    LIMIT 100
    FOR UPDATE SKIP LOCKED
  ) AS w
  LIMIT (SELECT $1::bigint)
))";

// $4 is the share to begin with. Nothing is locked but what is taken, and looked at once more
// when it is: another replica may have done it meanwhile. Rows are compared by share and
// time together, or PostgreSQL would go through the index on due_time alone, and pass over all that
// other shares have there.
constexpr char kInTurns[] = R"(
WITH next AS (
  SELECT w.tenant, w.kind, w.id, w.turn, step.number AS step
  FROM generate_series(0, 255) AS step (number) CROSS JOIN LATERAL (
    SELECT w.tenant, w.kind, w.id,
           row_number() OVER (ORDER BY hashtextextended(w.tenant, 0) & 255, w.due_time) AS turn
    FROM padlock.work AS w
    WHERE (hashtextextended(w.tenant, 0) & 255, w.due_time)
            >= (($4::bigint + step.number) & 255, '-infinity'::timestamptz)
      AND (hashtextextended(w.tenant, 0) & 255, w.due_time)
            <= (($4::bigint + step.number) & 255,
                (SELECT padlock.padlock_clock() - $3::bigint * interval '1 microsecond'))
      AND w.due_time IS NOT NULL
      AND (w.lease_expire_time IS NULL OR w.lease_expire_time <= (SELECT padlock.padlock_clock()))
    ORDER BY hashtextextended(w.tenant, 0) & 255, w.due_time
    LIMIT $1
  ) AS w
  ORDER BY w.turn, step.number
  LIMIT $1
), due AS (
  SELECT w.tenant, w.kind, w.id, next.turn, next.step
  FROM next JOIN padlock.work AS w
    ON w.tenant = next.tenant AND w.kind = next.kind AND w.id = next.id
  WHERE w.due_time <= (SELECT padlock.padlock_clock() - $3::bigint * interval '1 microsecond')
    AND (w.lease_expire_time IS NULL OR w.lease_expire_time <= (SELECT padlock.padlock_clock()))
  FOR UPDATE OF w SKIP LOCKED
))";

// After one of the two above.
constexpr char kClaimDue[] = R"(
, claimed AS (
  UPDATE padlock.work AS w
  SET lease_token = gen_random_uuid(),
      lease_expire_time = (SELECT padlock.padlock_clock()) + $2::bigint * interval '1 microsecond',
      claims = w.claims + 1, wake_time = NULL
  FROM due
  WHERE w.tenant = due.tenant AND w.kind = due.kind AND w.id = due.id
  RETURNING w.kind, w.id, w.tenant, w.lease_token, w.claims, w.due_time, due.turn, due.step
)
SELECT kind, id, tenant, lease_token::text, claims, turn, step FROM claimed ORDER BY due_time)";

constexpr char kGiveBack[] = R"(
UPDATE padlock.work
SET lease_token = NULL, lease_expire_time = NULL, claims = greatest(claims - 1, 0),
    wake_time = NULL
WHERE tenant = $1 AND kind = $2 AND id = $3 AND lease_token = $4::uuid)";

// In the following statements the time is a query of its own, or the function would be called for
// every row. What is overdue is read in the order of the index and up to a bound: PostgreSQL, which
// cannot know how much it is, takes it for a third of all rows and would read the whole table.

// A leased row can be claimed again when its lease expires, should its holder die. What is leased
// was the longest overdue.
constexpr char kUntilNextDue[] = R"(
WITH overdue AS (
  SELECT w.lease_expire_time FROM padlock.work AS w
  WHERE w.due_time <= (SELECT padlock.padlock_now())
  ORDER BY w.due_time LIMIT 1000
)
SELECT (extract(epoch FROM next.time - padlock.padlock_now()) * 1000000)::bigint AS wait_us
FROM (SELECT least(
  (SELECT w.due_time FROM padlock.work AS w
   WHERE w.due_time IS NOT NULL
     AND (w.lease_expire_time IS NULL OR w.lease_expire_time <= (SELECT padlock.padlock_now()))
   ORDER BY w.due_time LIMIT 1),
  (SELECT min(o.lease_expire_time) FROM overdue AS o
   WHERE o.lease_expire_time > (SELECT padlock.padlock_now()))
) AS time) AS next)";

// $1 how many are counted at most.
constexpr char kGetBacklog[] = R"(
SELECT count(*) AS overdue, coalesce((extract(epoch FROM
         padlock.padlock_now() - min(w.due_time)) * 1000000)::bigint, 0) AS oldest_us
FROM (SELECT due_time, lease_expire_time FROM padlock.work
      WHERE due_time <= (SELECT padlock.padlock_now())
      ORDER BY due_time LIMIT $1) AS w
WHERE w.lease_expire_time IS NULL OR w.lease_expire_time <= (SELECT padlock.padlock_now()))";

Lease LeaseFrom(const pqxx::row& row, base::Deadline deadline) {
  const RowReader reader(row);
  return {.kind = RowReader::Parsed(base::ValueIn(kWorkKindNames, reader.Text("kind"))),
          .tenant = TenantId(reader.Text("tenant")),
          .id = reader.Text("id"),
          .token = reader.Text("lease_token"),
          .claims = reader.Int("claims"),
          .deadline = deadline};
}

pqxx::result ExecuteClaim(Statements& sql, const WorkQueue::ClaimRequest& request, int share) {
  const std::int64_t lease = absl::ToInt64Microseconds(request.lease);
  const std::int64_t overdue = absl::ToInt64Microseconds(request.overdue);
  if (!request.in_turns) {
    return sql.exec_params(absl::StrCat(kLongestOverdue, kClaimDue), request.limit, lease, overdue);
  }
  return sql.exec_params(absl::StrCat(kInTurns, kClaimDue), request.limit, lease, overdue, share);
}

absl::StatusOr<std::unique_ptr<Session>> Open(ConnectionPool& pool) {
  return Session::Open(pool, TenantId(), Access::kClaim,
                       base::Deadline::After(pool.options().borrow_timeout));
}

}  // namespace

int PostgresWorkQueue::FirstShare() {
  const base::MutexLock lock(mutex_);
  return next_share_;
}

absl::StatusOr<std::vector<Lease>> PostgresWorkQueue::ClaimDue(const ClaimRequest& request) {
  if (request.limit > kMostClaimed) return absl::InvalidArgumentError("too many rows at once");
  RETURN_IF_ERROR(GiveBackUnheard());
  ASSIGN_OR_RETURN(const std::unique_ptr<Session> session, Open(pool_));
  const base::Deadline deadline = base::Deadline::After(request.lease - kSafetyMargin);
  using Result = absl::StatusOr<std::vector<Lease>>;
  int share = FirstShare();
  Result leases = session->Run([&](Statements& sql) -> Result {
    std::vector<Lease> claimed;
    std::pair<std::int64_t, int> last{0, -1};  // turn, and the share's distance from the first
    for (const pqxx::row& row : ExecuteClaim(sql, request, share)) {
      const RowReader reader(row);
      claimed.push_back(LeaseFrom(row, deadline));
      last = std::max(last, std::pair(reader.Int64("turn"), reader.Int("step")));
    }
    share = (share + last.second + 1) % kShares;
    return claimed;
  });
  if (!leases.ok()) return leases;
  const absl::Status committed = session->Commit();
  const base::MutexLock lock(mutex_);
  if (request.in_turns) next_share_ = share;
  if (committed.ok()) return leases;
  unheard_.insert(unheard_.end(), leases->begin(), leases->end());
  return committed;
}

// Nobody works under such leases, if they came to be, and their rows should not wait for their
// ends.
absl::Status PostgresWorkQueue::GiveBackUnheard() {
  std::vector<Lease> leases;
  {
    const base::MutexLock lock(mutex_);
    leases.swap(unheard_);
  }
  while (!leases.empty()) {
    absl::Status given = GiveBack(leases.back());
    if (absl::IsUnavailable(given)) {
      const base::MutexLock lock(mutex_);
      unheard_.insert(unheard_.end(), leases.begin(), leases.end());
      return given;
    }
    leases.pop_back();
  }
  return absl::OkStatus();
}

absl::Status PostgresWorkQueue::GiveBack(const Lease& lease) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Session> session, Open(pool_));
  RETURN_IF_ERROR(session->Run([&](Statements& sql) -> absl::Status {
    const pqxx::result given = sql.exec_params(kGiveBack, lease.tenant.text(),
                                               WorkKindName(lease.kind), lease.id, lease.token);
    return given.affected_rows() == 0 ? absl::AbortedError("the lease is lost") : absl::OkStatus();
  }));
  return session->Commit();
}

absl::StatusOr<absl::Duration> PostgresWorkQueue::UntilNextDue() {
  ASSIGN_OR_RETURN(const std::unique_ptr<Session> session, Open(pool_));
  return session->Run([](Statements& sql) -> absl::StatusOr<absl::Duration> {
    const pqxx::row row = sql.exec_params1(kUntilNextDue);
    if (row["wait_us"].is_null()) return absl::InfiniteDuration();
    return std::max(absl::Microseconds(RowReader(row).Int64("wait_us")), absl::ZeroDuration());
  });
}

absl::StatusOr<WorkQueue::Backlog> PostgresWorkQueue::GetBacklog() {
  ASSIGN_OR_RETURN(const std::unique_ptr<Session> session, Open(pool_));
  return session->Run([](Statements& sql) -> absl::StatusOr<Backlog> {
    const pqxx::row row = sql.exec_params1(kGetBacklog, kMostCounted);
    const RowReader reader(row);
    return Backlog{.overdue = reader.Int("overdue"),
                   .oldest = absl::Microseconds(reader.Int64("oldest_us"))};
  });
}

}  // namespace cert
