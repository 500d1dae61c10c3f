#include "cert/store/postgres_ca_records.h"

#include <pqxx/pqxx>

#include "cert/store/json_codec.h"
#include "cert/store/row_values.h"

namespace cert {
namespace {

constexpr char kGetHealth[] = "SELECT failures, failure_time FROM padlock.ca_states WHERE ca = $1";

constexpr char kNoteFailure[] = R"(
INSERT INTO padlock.ca_states AS s (ca, failures, failure_time)
VALUES ($1, 1, padlock.padlock_now())
ON CONFLICT (ca) DO UPDATE
SET failures = least(s.failures, 1000000) + 1, failure_time = excluded.failure_time)";

// Touches no row, and so waits for nobody, while the CA answers.
constexpr char kNoteReply[] =
    "UPDATE padlock.ca_states SET failures = 0 WHERE ca = $1 AND failures > 0";

constexpr char kMakeState[] =
    "INSERT INTO padlock.ca_states (ca) VALUES ($1) ON CONFLICT (ca) DO NOTHING";
constexpr char kLockState[] = "SELECT 1 FROM padlock.ca_states WHERE ca = $1 FOR UPDATE";

// Keys come as two jsonb arrays of equal length: scopes and subjects. $4 is the limit's count, $5
// its window in seconds. After a recovery, with m known uses in the window before it and the others
// assumed at its moment, the count-th newest of all is the latest of: the count-th newest known
// one; the m-th newest known one where that is before the recovery, else the recovery.
constexpr char kNthNewest[] = R"(
SELECT k.position, n.time, s.recover_time IS NOT NULL AND n.time <= s.recover_time AS assumed
FROM ROWS FROM (jsonb_array_elements_text($2::jsonb), jsonb_array_elements_text($3::jsonb))
  WITH ORDINALITY AS k (scope, subject, position)
LEFT JOIN padlock.ca_states AS s
  ON s.ca = $1 AND s.recover_time > padlock.padlock_now() - ($5 + 60) * interval '1 second'
CROSS JOIN LATERAL (
  SELECT CASE WHEN s.recover_time IS NULL THEN (
    SELECT used.time FROM padlock.ca_uses AS used
    WHERE used.ca = $1 AND used.scope = k.scope AND used.subject = padlock.ca_subject(k.subject)
    ORDER BY used.time DESC OFFSET $4::int - 1 LIMIT 1)
  ELSE (
    SELECT greatest(known.times[$4::int],
                    least(s.recover_time, coalesce(known.times[known.m], s.recover_time)))
    FROM (
      SELECT array_agg(used.time ORDER BY used.time DESC) AS times,
        least(count(*) FILTER (WHERE used.time <= s.recover_time
                               AND used.time > s.recover_time - $5 * interval '1 second'),
              $4::int)::int AS m
      FROM padlock.ca_uses AS used
      WHERE used.ca = $1 AND used.scope = k.scope
        AND used.subject = padlock.ca_subject(k.subject)) AS known)
  END AS time) AS n
WHERE n.time IS NOT NULL
ORDER BY k.position)";

// By the clock that moves on: the transaction may have waited for the lock.
constexpr char kAddUses[] = R"(
INSERT INTO padlock.ca_uses (ca, scope, subject, time, drop_time)
SELECT $1, k.scope, padlock.ca_subject(k.subject), clock.time,
       clock.time + $4 * interval '1 second'
FROM (SELECT padlock.padlock_clock() AS time) AS clock,
  ROWS FROM (jsonb_array_elements_text($2::jsonb), jsonb_array_elements_text($3::jsonb))
  AS k (scope, subject))";

// More than are added: $1 of them.
constexpr char kDropUses[] = R"(
DELETE FROM padlock.ca_uses WHERE id IN (
  SELECT u.id FROM padlock.ca_uses AS u WHERE u.drop_time < padlock.padlock_now()
  ORDER BY u.drop_time LIMIT 20 + 2 * $1::bigint FOR UPDATE SKIP LOCKED))";

constexpr char kTakeBackUses[] = R"(
WITH unsent AS MATERIALIZED (
  SELECT (SELECT u.id FROM padlock.ca_uses AS u
          WHERE u.ca = $1 AND u.scope = k.scope AND u.subject = padlock.ca_subject(k.subject)
            AND u.time >= $4::timestamptz
          ORDER BY u.time LIMIT 1 FOR UPDATE SKIP LOCKED) AS id
  FROM ROWS FROM (jsonb_array_elements_text($2::jsonb), jsonb_array_elements_text($3::jsonb))
    AS k (scope, subject))
DELETE FROM padlock.ca_uses AS u USING unsent WHERE u.id = unsent.id)";

constexpr char kGetWaits[] = R"(
SELECT k.position, w.end_time, w.reason
FROM ROWS FROM (jsonb_array_elements_text($2::jsonb), jsonb_array_elements_text($3::jsonb))
  WITH ORDINALITY AS k (scope, subject, position)
JOIN padlock.ca_waits AS w
  ON w.ca = $1 AND w.scope = k.scope AND w.subject = padlock.ca_subject(k.subject)
WHERE w.end_time > padlock.padlock_now()
ORDER BY k.position)";

constexpr char kPutWait[] = R"(
INSERT INTO padlock.ca_waits (ca, scope, subject, end_time, reason)
VALUES ($1, $2, padlock.ca_subject($3), $4::timestamptz, $5)
ON CONFLICT (ca, scope, subject) DO UPDATE
SET end_time = excluded.end_time, reason = excluded.reason
WHERE ca_waits.end_time < excluded.end_time)";

constexpr char kDropWaits[] = R"(
DELETE FROM padlock.ca_waits WHERE (ca, scope, subject) IN (
  SELECT w.ca, w.scope, w.subject FROM padlock.ca_waits AS w
  WHERE w.end_time < padlock.padlock_now()
  ORDER BY w.end_time LIMIT 20 FOR UPDATE SKIP LOCKED))";

std::string ScopesOf(const std::vector<LimitKey>& keys) {
  std::vector<std::string> scopes;
  scopes.reserve(keys.size());
  for (const LimitKey& key : keys) scopes.emplace_back(LimitScopeName(key.scope));
  return TextsToJson(scopes);
}

std::string SubjectsOf(const std::vector<LimitKey>& keys) {
  std::vector<std::string> subjects;
  subjects.reserve(keys.size());
  for (const LimitKey& key : keys) subjects.push_back(key.subject);
  return TextsToJson(subjects);
}

const LimitKey& KeyAt(const std::vector<LimitKey>& keys, const RowReader& reader) {
  return keys.at(static_cast<std::size_t>(reader.Int64("position") - 1));
}

}  // namespace

absl::StatusOr<CaHealth> PostgresCaRecords::GetHealth(const std::string& ca) {
  return session_.Run([&](Statements& sql) -> absl::StatusOr<CaHealth> {
    const pqxx::result found = sql.exec_params(kGetHealth, ca);
    if (found.empty()) return CaHealth{};
    const pqxx::row row = found[0];
    const RowReader reader(row);
    return CaHealth{
        .failures = reader.Int("failures"),
        .failure_time = reader.MaybeTime("failure_time").value_or(absl::InfinitePast())};
  });
}

absl::Status PostgresCaRecords::NoteFailure(const std::string& ca) {
  return session_.Run([&](Statements& sql) {
    sql.Later(kNoteFailure, ca);
    return absl::OkStatus();
  });
}

absl::Status PostgresCaRecords::NoteReply(const std::string& ca) {
  return session_.Run([&](Statements& sql) {
    sql.Later(kNoteReply, ca);
    return absl::OkStatus();
  });
}

absl::Status PostgresCaRecords::LockUses(const std::string& ca) {
  return session_.Run([&](Statements& sql) {
    sql.Later(kMakeState, ca);
    sql.exec_params1(kLockState, ca);
    return absl::OkStatus();
  });
}

absl::StatusOr<std::vector<KeyUse>> PostgresCaRecords::NthNewestUses(
    const std::string& ca, const std::vector<LimitKey>& keys, const CaLimit& limit) {
  using Result = absl::StatusOr<std::vector<KeyUse>>;
  return session_.Run([&](Statements& sql) -> Result {
    std::vector<KeyUse> uses;
    for (const pqxx::row& row : sql.exec_params(kNthNewest, ca, ScopesOf(keys), SubjectsOf(keys),
                                                limit.count, absl::ToInt64Seconds(limit.window))) {
      const RowReader reader(row);
      uses.push_back({.key = KeyAt(keys, reader),
                      .time = reader.Time("time"),
                      .assumed = reader.Bool("assumed")});
    }
    return uses;
  });
}

absl::Status PostgresCaRecords::AddUses(const std::string& ca, const std::vector<LimitKey>& keys,
                                        absl::Duration kept) {
  return session_.Run([&](Statements& sql) {
    sql.Later(kAddUses, ca, ScopesOf(keys), SubjectsOf(keys), absl::ToInt64Seconds(kept));
    sql.Later(kDropUses, static_cast<std::int64_t>(keys.size()));
    return absl::OkStatus();
  });
}

absl::Status PostgresCaRecords::TakeBackUses(const std::string& ca,
                                             const std::vector<LimitKey>& keys, absl::Time since) {
  return session_.Run([&](Statements& sql) {
    sql.Later(kTakeBackUses, ca, ScopesOf(keys), SubjectsOf(keys), TimeText(since));
    return absl::OkStatus();
  });
}

absl::StatusOr<std::vector<LimitWait>> PostgresCaRecords::GetWaits(
    const std::string& ca, const std::vector<LimitKey>& keys) {
  using Result = absl::StatusOr<std::vector<LimitWait>>;
  return session_.Run([&](Statements& sql) -> Result {
    std::vector<LimitWait> waits;
    for (const pqxx::row& row : sql.exec_params(kGetWaits, ca, ScopesOf(keys), SubjectsOf(keys))) {
      const RowReader reader(row);
      waits.push_back({.key = KeyAt(keys, reader),
                       .end_time = reader.Time("end_time"),
                       .reason = reader.Text("reason")});
    }
    return waits;
  });
}

absl::Status PostgresCaRecords::PutWait(const std::string& ca, const LimitWait& wait) {
  return session_.Run([&](Statements& sql) {
    sql.Later(kPutWait, ca, LimitScopeName(wait.key.scope), wait.key.subject,
              TimeText(wait.end_time), wait.reason);
    sql.Later(kDropWaits);
    return absl::OkStatus();
  });
}

}  // namespace cert
