// Claims, which are global, and the evidence of checks.

#include <utility>

#include "base/status_macros.h"
#include "cert/core/evidence_limit.h"
#include "cert/store/json_codec.h"
#include "cert/store/postgres_transaction.h"

namespace cert {
namespace {

constexpr char kGetClaim[] =
    "SELECT hostname, tenant, domain, prove_time, notice_time FROM padlock.claims"
    " WHERE hostname = $1";

constexpr char kGetClaimLocked[] =
    "SELECT hostname, tenant, domain, prove_time, notice_time FROM padlock.claims"
    " WHERE hostname = $1 FOR UPDATE";

constexpr char kFindClaims[] = R"(
SELECT hostname, tenant, domain, prove_time, notice_time FROM padlock.claims
WHERE hostname = ANY (ARRAY(SELECT jsonb_array_elements_text($1::jsonb))))";

// Another tenant's row is locked, and left as it is.
constexpr char kTakeClaim[] = R"(
INSERT INTO padlock.claims AS c (hostname, tenant, domain, prove_time)
VALUES ($1, $2, $3, $4::timestamptz)
ON CONFLICT (hostname) DO UPDATE
  SET domain = excluded.domain, prove_time = excluded.prove_time, notice_time = NULL
  WHERE c.tenant = excluded.tenant)";

// Only the first notice counts: the holder's time runs from it.
constexpr char kNoteChallenge[] =
    "UPDATE padlock.claims SET notice_time = padlock.padlock_now()"
    " WHERE hostname = $1 AND notice_time IS NULL";

constexpr char kTakeClaimOver[] =
    "UPDATE padlock.claims SET tenant = $2, domain = $3, prove_time = $4::timestamptz,"
    " notice_time = NULL WHERE hostname = $1";

constexpr char kReleaseClaim[] =
    "DELETE FROM padlock.claims WHERE hostname = $1 AND tenant = $2 AND domain = $3";

constexpr char kPutEvidence[] = R"(
INSERT INTO padlock.evidence (tenant, subject_id, attempt, time, decision, answers)
SELECT $1, $2, coalesce(max(attempt), 0) + 1, $3::timestamptz, $4, $5::jsonb
FROM padlock.evidence WHERE tenant = $1 AND subject_id = $2
RETURNING attempt)";

constexpr char kDropEvidence[] =
    "DELETE FROM padlock.evidence WHERE tenant = $1 AND subject_id = $2 AND attempt <= $3";

constexpr char kLatestEvidence[] = R"(
SELECT attempt, time, decision, answers FROM padlock.evidence
WHERE tenant = $1 AND subject_id = $2 ORDER BY attempt DESC LIMIT 1)";

constexpr int kKeptEvidence = 20;

Claim ClaimFrom(const pqxx::row& row) {
  const RowReader reader(row);
  return {.hostname = reader.Text("hostname"),
          .tenant = TenantId(reader.Text("tenant")),
          .domain = DomainId(reader.Text("domain")),
          .prove_time = reader.Time("prove_time"),
          .notice_time = reader.MaybeTime("notice_time")};
}

}  // namespace

absl::StatusOr<std::optional<Claim>> PostgresTransaction::GetClaim(const std::string& hostname) {
  using Result = absl::StatusOr<std::optional<Claim>>;
  return session_.Run([&](Statements& sql) -> Result {
    const pqxx::result found =
        sql.exec_params(access_ == Access::kRead ? kGetClaim : kGetClaimLocked, hostname);
    if (found.empty()) return std::nullopt;
    return ClaimFrom(found[0]);
  });
}

absl::StatusOr<std::map<std::string, Claim>> PostgresTransaction::FindClaims(
    const std::vector<std::string>& hostnames) {
  using Result = absl::StatusOr<std::map<std::string, Claim>>;
  return session_.Run([&](Statements& sql) -> Result {
    std::map<std::string, Claim> claims;
    for (const pqxx::row& row : sql.exec_params(kFindClaims, TextsToJson(hostnames))) {
      Claim claim = ClaimFrom(row);
      claims.emplace(claim.hostname, claim);
    }
    return claims;
  });
}

absl::StatusOr<Claim> PostgresTransaction::TakeClaim(const Claim& claim) {
  return session_.Run([&](Statements& sql) -> absl::StatusOr<Claim> {
    sql.Later(kTakeClaim, claim.hostname, tenant_.text(), claim.domain.text(),
              TimeText(claim.prove_time));
    return ClaimFrom(sql.exec_params1(kGetClaim, claim.hostname));
  });
}

absl::Status PostgresTransaction::ReleaseClaim(const std::string& hostname,
                                               const DomainId& domain) {
  return session_.Run([&](Statements& sql) {
    sql.Later(kReleaseClaim, hostname, tenant_.text(), domain.text());
    return absl::OkStatus();
  });
}

absl::Status PostgresTransaction::NoteChallenge(const std::string& hostname) {
  return session_.Run([&](Statements& sql) {
    sql.Later(kNoteChallenge, hostname);
    return absl::OkStatus();
  });
}

absl::Status PostgresTransaction::TakeClaimOver(const Claim& claim) {
  return session_.Run([&](Statements& sql) {
    sql.Later(kTakeClaimOver, claim.hostname, tenant_.text(), claim.domain.text(),
              TimeText(claim.prove_time));
    return absl::OkStatus();
  });
}

absl::StatusOr<int> PostgresTransaction::PutEvidence(const std::string& subject_id,
                                                     const EvidenceRecord& evidence) {
  Evidence kept = evidence.answers;
  LimitEvidence(kept);
  return session_.Run([&](Statements& sql) -> absl::StatusOr<int> {
    const int attempt =
        sql.exec_params1(kPutEvidence, tenant_.text(), subject_id, TimeText(evidence.time),
                         evidence.decision, EvidenceToJson(kept))[0]
            .as<int>();
    sql.Later(kDropEvidence, tenant_.text(), subject_id, attempt - kKeptEvidence);
    return attempt;
  });
}

absl::StatusOr<std::optional<EvidenceRecord>> PostgresTransaction::LatestEvidence(
    const std::string& subject_id) {
  using Result = absl::StatusOr<std::optional<EvidenceRecord>>;
  return session_.Run([&](Statements& sql) -> Result {
    const pqxx::result found = sql.exec_params(kLatestEvidence, tenant_.text(), subject_id);
    if (found.empty()) return std::nullopt;
    const pqxx::row row = found[0];
    const RowReader reader(row);
    ASSIGN_OR_RETURN(Evidence answers, EvidenceFromJson(reader.Text("answers")));
    return EvidenceRecord{.attempt = reader.Int("attempt"),
                          .time = reader.Time("time"),
                          .decision = reader.Text("decision"),
                          .answers = std::move(answers)};
  });
}

}  // namespace cert
