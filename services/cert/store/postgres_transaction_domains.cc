// Domains.

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "cert/store/postgres_transaction.h"

namespace cert {
namespace {

// The statements that read are this and one of the conditions below, then LockClause().
constexpr char kDomains[] = R"(
SELECT r.tenant, r.id, r.hostname, r.wildcard, r.method, r.claim_value, r.delegation_target, r.canary_value,
       r.certificate, r.idempotency_key, r.request_id, r.finding, r.create_time, r.prove_time,
       r.check_time, r.trouble_time, r.trouble_cause, w.state, w.tries, w.start_time, w.due_time
FROM padlock.work AS w
JOIN padlock.domains AS r ON r.tenant = w.tenant AND r.id = w.id AND w.kind = 'domain')";

constexpr char kDomainById[] = " WHERE r.tenant = $1 AND r.id = $2";
// Ids come first, and both tables are looked into by them: before a first ANALYZE the planner would
// rather join all of the tenant's domains with all of its work.
constexpr char kDomainsByIds[] = R"(
WHERE r.tenant = $1 AND r.id = ANY (ARRAY(SELECT jsonb_array_elements_text($2::jsonb)))
  AND w.id = ANY (ARRAY(SELECT jsonb_array_elements_text($2::jsonb))))";
constexpr char kByHostname[] = R"(
WHERE r.tenant = $1
  AND r.id = (SELECT d.id FROM padlock.domains AS d
              WHERE d.tenant = $1 AND d.hostname = $2 AND d.live))";
constexpr char kByKey[] = R"(
WHERE r.tenant = $1
  AND r.id = (SELECT d.id FROM padlock.domains AS d
              WHERE d.tenant = $1 AND d.idempotency_key = $2 AND d.idempotency_key <> ''))";
constexpr char kDomainPage[] = R"(
WHERE r.tenant = $1 AND r.live AND (r.create_time, r.id) > ($2::timestamptz, $3)
  AND w.state = coalesce($4, w.state)
ORDER BY r.create_time, r.id LIMIT $5)";

constexpr char kDomainPlace[] =
    "SELECT create_time FROM padlock.domains WHERE tenant = $1 AND id = $2";

constexpr char kInsertDomain[] = R"(
INSERT INTO padlock.domains (tenant, id, hostname, wildcard, claim_value, delegation_target,
  canary_value, certificate, idempotency_key, request_id, live, finding, create_time, prove_time,
  check_time, method)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12::jsonb, $13::timestamptz,
  $14::timestamptz, $15::timestamptz, $16))";

constexpr char kUpdateDomain[] = R"(
UPDATE padlock.domains
SET wildcard = $3, claim_value = $4, delegation_target = $5, canary_value = $6, certificate = $7,
    request_id = $8, live = $9, finding = $10::jsonb, prove_time = $11::timestamptz,
    check_time = $12::timestamptz, method = $13, trouble_time = $14::timestamptz,
    trouble_cause = $15
WHERE tenant = $1 AND id = $2)";

Domain DomainFrom(const pqxx::row& row) {
  const RowReader reader(row);
  return {.tenant = TenantId(reader.Text("tenant")),
          .id = DomainId(reader.Text("id")),
          .hostname = reader.Text("hostname"),
          .wildcard = reader.Bool("wildcard"),
          .method = RowReader::Parsed(ParseMethod(reader.Text("method"))),
          .claim_value = reader.Text("claim_value"),
          .delegation_target = reader.Text("delegation_target"),
          .canary_value = reader.Text("canary_value"),
          .certificate = CertificateId(reader.Text("certificate")),
          .idempotency_key = reader.Text("idempotency_key"),
          .request_id = reader.Text("request_id"),
          .progress = reader.Progress(ParseDomainState),
          .finding = reader.MaybeFinding("finding"),
          .create_time = reader.Time("create_time"),
          .prove_time = reader.MaybeTime("prove_time"),
          .check_time = reader.MaybeTime("check_time"),
          .trouble_time = reader.MaybeTime("trouble_time"),
          .trouble_cause = reader.Text("trouble_cause")};
}

// A hostname may be added again at once: what is being deleted only cleans up after itself.
bool IsLive(const Domain& domain) {
  return domain.progress.state != DomainState::kDeleting &&
         domain.progress.state != DomainState::kDeleted;
}

}  // namespace

std::optional<Domain> PostgresTransaction::FindDomain(Statements& sql, const char* where,
                                                      const std::string& value) {
  const pqxx::result found =
      sql.exec_params(absl::StrCat(kDomains, where, LockClause()), tenant_.text(), value);
  if (found.empty()) return std::nullopt;
  Domain domain = DomainFrom(found[0]);
  NoteHeld(domain.id.text());
  return domain;
}

absl::StatusOr<Domain> PostgresTransaction::GetDomain(const DomainId& id) {
  return session_.Run([&](Statements& sql) -> absl::StatusOr<Domain> {
    std::optional<Domain> domain = FindDomain(sql, kDomainById, id.text());
    if (!domain.has_value()) return absl::NotFoundError("no such domain");
    return *std::move(domain);
  });
}

absl::StatusOr<std::map<DomainId, Domain>> PostgresTransaction::FindDomains(
    const std::vector<DomainId>& ids) {
  using Result = absl::StatusOr<std::map<DomainId, Domain>>;
  return session_.Run([&](Statements& sql) -> Result {
    std::map<DomainId, Domain> domains;
    // Mostly one, which is found in half the time without lists.
    const pqxx::result found =
        ids.size() == 1
            ? sql.exec_params(absl::StrCat(kDomains, kDomainById), tenant_.text(), ids[0].text())
            : sql.exec_params(absl::StrCat(kDomains, kDomainsByIds), tenant_.text(),
                              IdsToJson(ids));
    for (const pqxx::row& row : found) {
      Domain domain = DomainFrom(row);
      const DomainId id = domain.id;
      domains.emplace(id, std::move(domain));
    }
    return domains;
  });
}

absl::StatusOr<std::optional<Domain>> PostgresTransaction::FindDomainByHostname(
    const std::string& host) {
  return session_.Run([&](Statements& sql) -> absl::StatusOr<std::optional<Domain>> {
    std::optional<Domain> domain = FindDomain(sql, kByHostname, host);
    if (domain && !IsLive(*domain)) domain.reset();  // deleted while we waited for its lock
    return domain;
  });
}

absl::StatusOr<std::optional<Domain>> PostgresTransaction::FindDomainByKey(const std::string& key) {
  return session_.Run([&](Statements& sql) -> absl::StatusOr<std::optional<Domain>> {
    return FindDomain(sql, kByKey, key);
  });
}

absl::StatusOr<std::vector<Domain>> PostgresTransaction::ListDomains(
    std::optional<DomainState> state, const std::string& after_id, int limit) {
  return session_.Run([&](Statements& sql) -> absl::StatusOr<std::vector<Domain>> {
    std::string after_time = "-infinity";
    if (!after_id.empty()) {
      const pqxx::result place = sql.exec_params(kDomainPlace, tenant_.text(), after_id);
      if (place.empty()) return absl::NotFoundError("no such domain to list after");
      after_time = place[0][0].as<std::string>();
    }
    const OptionalText wanted = state.has_value() ? OptionalText(StateName(*state)) : std::nullopt;
    std::vector<Domain> domains;
    for (const pqxx::row& row : sql.exec_params(absl::StrCat(kDomains, kDomainPage), tenant_.text(),
                                                after_time, after_id, wanted, limit)) {
      domains.push_back(DomainFrom(row));
    }
    return domains;
  });
}

absl::Status PostgresTransaction::InsertDomain(const Domain& domain) {
  return session_.Run([&](Statements& sql) {
    InsertWork(sql, ToWorkRow(WorkKind::kDomain, domain.id.text(), domain.progress));
    sql.Later(kInsertDomain, tenant_.text(), domain.id.text(), domain.hostname, domain.wildcard,
              domain.claim_value, domain.delegation_target, domain.canary_value,
              domain.certificate.text(), domain.idempotency_key, domain.request_id, IsLive(domain),
              FindingText(domain.finding), TimeText(domain.create_time),
              TimeText(domain.prove_time), TimeText(domain.check_time), MethodName(domain.method));
    return absl::OkStatus();
  });
}

absl::Status PostgresTransaction::UpdateDomain(const Domain& domain) {
  return session_.Run([&](Statements& sql) -> absl::Status {
    return UpdateRecord(
        sql, ToWorkRow(WorkKind::kDomain, domain.id.text(), domain.progress), kUpdateDomain,
        domain.wildcard, domain.claim_value, domain.delegation_target, domain.canary_value,
        domain.certificate.text(), domain.request_id, IsLive(domain), FindingText(domain.finding),
        TimeText(domain.prove_time), TimeText(domain.check_time), MethodName(domain.method),
        TimeText(domain.trouble_time), domain.trouble_cause);
  });
}

}  // namespace cert
