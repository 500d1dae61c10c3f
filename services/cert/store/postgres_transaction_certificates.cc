// Certificates and what was issued for them.

#include "absl/strings/str_cat.h"
#include "cert/store/json_codec.h"
#include "cert/store/postgres_transaction.h"

namespace cert {
namespace {

// The statements that read are this and one of the conditions below, then LockClause().
constexpr char kCertificates[] = R"(
SELECT r.tenant, r.id, r.domain, r.names, r.settings, r.idempotency_key, r.request_id, r.order_id,
       r.issuance, r.renew_time, r.failed_orders, r.ca_failures, r.finding, r.create_time,
       r.second_issuance, r.second_renew_time, r.expire_time, r.backup, r.backup_of,
       r.avoided_ca, r.backup_use_time, r.avoids_http, r.set_aside, r.awaited_issuances,
       r.awaited_issue_time, r.awaited_overdue_time, r.awaited_served_until, r.awaited_told,
       w.state, w.tries, w.start_time, w.due_time,
       CASE WHEN r.second_issuance IS NOT NULL THEN
         (SELECT i.not_after FROM padlock.issuances AS i
          WHERE i.tenant = r.tenant AND i.id = r.second_issuance) END AS second_expire_time,
       CASE WHEN r.domain <> '' THEN '[]' ELSE
         coalesce((SELECT jsonb_agg(d.domain ORDER BY d.position)
                   FROM padlock.certificate_domains AS d
                   WHERE d.tenant = r.tenant AND d.certificate = r.id), '[]') END AS domains
FROM padlock.work AS w
JOIN padlock.certificates AS r ON r.tenant = w.tenant AND r.id = w.id AND w.kind = 'certificate')";

constexpr char kCertificateById[] = " WHERE r.tenant = $1 AND r.id = $2";
// The id comes first; see postgres_transaction_domains.cc.
constexpr char kCertificateByKey[] = R"(
WHERE r.tenant = $1
  AND r.id = (SELECT c.id FROM padlock.certificates AS c
              WHERE c.tenant = $1 AND c.idempotency_key = $2 AND c.idempotency_key <> ''))";
constexpr char kCertificatePage[] = R"(
WHERE r.tenant = $1 AND (r.create_time, r.id) > ($2::timestamptz, $3) AND r.backup_of IS NULL
  AND w.state = coalesce($4, w.state) AND ($4 IS NOT NULL OR w.state <> 'DELETED')
ORDER BY r.create_time, r.id LIMIT $5)";

constexpr char kCertificatePlace[] =
    "SELECT create_time FROM padlock.certificates WHERE tenant = $1 AND id = $2";

constexpr char kInsertCertificate[] = R"(
INSERT INTO padlock.certificates (tenant, id, domain, names, request_id, order_id, issuance,
  renew_time, failed_orders, finding, create_time, settings, second_issuance, second_renew_time,
  ca_failures, idempotency_key, backup_of, avoided_ca)
VALUES ($1, $2, $3, $4::jsonb, $5, $6, $7, $8::timestamptz, $9, $10::jsonb, $11::timestamptz,
  $12::jsonb, $13, $14::timestamptz, $15::jsonb, $16, $17, $18))";

constexpr char kPutDomains[] = R"(
INSERT INTO padlock.certificate_domains (tenant, certificate, position, domain)
SELECT $1, $2, d.position, d.domain
FROM jsonb_array_elements_text($3::jsonb) WITH ORDINALITY AS d (domain, position))";

constexpr char kCertificatesSharing[] = R"(
SELECT d.certificate
FROM padlock.certificate_domains AS d
JOIN padlock.work AS w ON w.tenant = d.tenant AND w.kind = 'certificate' AND w.id = d.certificate
WHERE d.tenant = $1 AND d.domain = $2 AND w.state <> 'DELETED'
ORDER BY d.certificate)";

constexpr char kUpdateCertificate[] = R"(
UPDATE padlock.certificates
SET names = $3::jsonb, request_id = $4, order_id = $5, issuance = $6, renew_time = $7::timestamptz,
    failed_orders = $8, finding = $9::jsonb, second_issuance = $10,
    second_renew_time = $11::timestamptz, ca_failures = $12::jsonb, expire_time = $13::timestamptz,
    backup = $14, avoided_ca = $15, backup_use_time = $16::timestamptz, avoids_http = $17,
    set_aside = $18::jsonb, awaited_issuances = $19::jsonb, awaited_issue_time = $20::timestamptz,
    awaited_overdue_time = $21::timestamptz, awaited_served_until = $22::timestamptz,
    awaited_told = $23
WHERE tenant = $1 AND id = $2)";

// The statements that read are this, one of the two that follow, and one of the conditions below.
constexpr char kIssuances[] = R"(
SELECT tenant, id, certificate, order_id, ca, serial, issuer, names, not_before, not_after,
       key_type, create_time, revocation_reason, revocation_actor, revocation_request_id,
       revocation_request_time, revoke_time, revocation_finding,
       CASE WHEN revocation_finding IS NOT NULL THEN
         (SELECT due_time FROM padlock.work AS w
          WHERE w.tenant = issuances.tenant AND w.kind = 'revocation' AND w.id = issuances.id)
       END AS revocation_retry_time, )";
constexpr char kWithChainAndKey[] = R"(
       chain_pem, key_id, encode(key_octets, 'hex') AS key_octets
FROM padlock.issuances)";
// For what is shown: nothing of a key is read but for those who may have it.
constexpr char kWithoutChainAndKey[] = R"(
       '' AS chain_pem, NULL AS key_id, NULL AS key_octets
FROM padlock.issuances)";

constexpr char kIssuanceById[] = " WHERE tenant = $1 AND id = $2";
constexpr char kIssuancesByIds[] =
    " WHERE tenant = $1 AND id = ANY (ARRAY(SELECT jsonb_array_elements_text($2::jsonb)))";
constexpr char kUnexpiredIssuances[] = R"(
WHERE tenant = $1 AND certificate = $2 AND not_after > padlock.padlock_now()
ORDER BY create_time, id)";

constexpr char kInsertIssuance[] = R"(
INSERT INTO padlock.issuances (tenant, id, certificate, order_id, ca, serial, issuer, names,
  not_before, not_after, chain_pem, key_id, key_octets, create_time, key_type)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8::jsonb, $9::timestamptz, $10::timestamptz, $11, $12,
  decode($13, 'hex'), $14::timestamptz, $15))";

constexpr char kHandOver[] =
    "UPDATE padlock.issuances SET certificate = $3 WHERE tenant = $1 AND id = $2";

template <typename Id>
OptionalText IdText(const std::optional<Id>& id) {
  if (!id.has_value()) return std::nullopt;
  return id->text();
}

template <typename Id>
std::optional<Id> MaybeId(OptionalText text) {
  if (!text.has_value()) return std::nullopt;
  return Id(*std::move(text));
}

// Those of a certificate of several names are rows of their own.
std::vector<DomainId> DomainsFrom(const RowReader& reader) {
  std::vector<DomainId> domains;
  for (std::string& id : reader.Texts("domains")) domains.emplace_back(std::move(id));
  if (domains.empty()) domains.emplace_back(reader.Text("domain"));
  return domains;
}

std::optional<Deployment> DeploymentFrom(const RowReader& reader) {
  const std::optional<absl::Time> issue_time = reader.MaybeTime("awaited_issue_time");
  if (!issue_time) return std::nullopt;
  Deployment deployment{.awaited = {},
                        .issue_time = *issue_time,
                        .overdue_time = reader.Time("awaited_overdue_time"),
                        .served_until = reader.MaybeTime("awaited_served_until"),
                        .told = reader.Bool("awaited_told")};
  for (std::string& id : reader.Texts("awaited_issuances")) {
    deployment.awaited.emplace_back(std::move(id));
  }
  return deployment;
}

Certificate CertificateFrom(const pqxx::row& row) {
  const RowReader reader(row);
  return {.tenant = TenantId(reader.Text("tenant")),
          .id = CertificateId(reader.Text("id")),
          .domain = DomainId(reader.Text("domain")),
          .domains = DomainsFrom(reader),
          .names = reader.Texts("names"),
          .settings = reader.Settings("settings"),
          .idempotency_key = reader.Text("idempotency_key"),
          .request_id = reader.Text("request_id"),
          .progress = reader.Progress(ParseCertificateState),
          .order = MaybeId<OrderId>(reader.MaybeText("order_id")),
          .issuance = MaybeId<IssuanceId>(reader.MaybeText("issuance")),
          .renew_time = reader.MaybeTime("renew_time"),
          .expire_time = reader.MaybeTime("expire_time"),
          .second_issuance = MaybeId<IssuanceId>(reader.MaybeText("second_issuance")),
          .second_renew_time = reader.MaybeTime("second_renew_time"),
          .second_expire_time = reader.MaybeTime("second_expire_time"),
          .backup = MaybeId<CertificateId>(reader.MaybeText("backup")),
          .backup_of = MaybeId<CertificateId>(reader.MaybeText("backup_of")),
          .avoided_ca = reader.Text("avoided_ca"),
          .backup_use_time = reader.MaybeTime("backup_use_time"),
          .avoids_http = reader.Bool("avoids_http"),
          .failed_orders = reader.Int("failed_orders"),
          .ca_failures = reader.CaFailures("ca_failures"),
          .set_aside = reader.SetAside("set_aside"),
          .deployment = DeploymentFrom(reader),
          .finding = reader.MaybeFinding("finding"),
          .create_time = reader.Time("create_time")};
}

std::optional<Revocation> RevocationFrom(const RowReader& reader) {
  if (!reader.MaybeText("revocation_reason").has_value()) return std::nullopt;
  return Revocation{.reason = static_cast<RevocationReason>(reader.Int("revocation_reason")),
                    .actor = reader.Text("revocation_actor"),
                    .request_id = reader.Text("revocation_request_id"),
                    .request_time = reader.Time("revocation_request_time"),
                    .revoke_time = reader.MaybeTime("revoke_time"),
                    .finding = reader.MaybeFinding("revocation_finding"),
                    .retry_time = reader.MaybeTime("revocation_retry_time")};
}

Issuance IssuanceFrom(const pqxx::row& row) {
  const RowReader reader(row);
  return {
      .tenant = TenantId(reader.Text("tenant")),
      .id = IssuanceId(reader.Text("id")),
      .certificate = CertificateId(reader.Text("certificate")),
      .order = OrderId(reader.Text("order_id")),
      .ca = reader.Text("ca"),
      .serial = reader.Text("serial"),
      .issuer = reader.Text("issuer"),
      .names = reader.Texts("names"),
      .validity = {.not_before = reader.Time("not_before"), .not_after = reader.Time("not_after")},
      .chain_pem = reader.Text("chain_pem"),
      .key_type = RowReader::Parsed(ParseKeyType(reader.Text("key_type"))),
      .key = reader.MaybeSecret("key_id", "key_octets"),
      .revocation = RevocationFrom(reader),
      .create_time = reader.Time("create_time")};
}

}  // namespace

absl::StatusOr<Certificate> PostgresTransaction::GetCertificate(const CertificateId& id) {
  return session_.Run([&](Statements& sql) -> absl::StatusOr<Certificate> {
    const pqxx::result found = sql.exec_params(
        absl::StrCat(kCertificates, kCertificateById, LockClause()), tenant_.text(), id.text());
    if (found.empty()) return absl::NotFoundError("no such certificate");
    NoteHeld(id.text());
    return CertificateFrom(found[0]);
  });
}

absl::StatusOr<std::optional<Certificate>> PostgresTransaction::FindCertificateByKey(
    const std::string& key) {
  using Result = absl::StatusOr<std::optional<Certificate>>;
  return session_.Run([&](Statements& sql) -> Result {
    const pqxx::result found = sql.exec_params(
        absl::StrCat(kCertificates, kCertificateByKey, LockClause()), tenant_.text(), key);
    if (found.empty()) return std::nullopt;
    return CertificateFrom(found[0]);
  });
}

absl::StatusOr<std::vector<Certificate>> PostgresTransaction::ListCertificates(
    std::optional<CertificateState> state, const std::string& after_id, int limit) {
  using Result = absl::StatusOr<std::vector<Certificate>>;
  return session_.Run([&](Statements& sql) -> Result {
    std::string after_time = "-infinity";
    if (!after_id.empty()) {
      const pqxx::result place = sql.exec_params(kCertificatePlace, tenant_.text(), after_id);
      if (place.empty()) return absl::NotFoundError("no such certificate to list after");
      after_time = place[0][0].as<std::string>();
    }
    const OptionalText wanted = state.has_value() ? OptionalText(StateName(*state)) : std::nullopt;
    std::vector<Certificate> certificates;
    for (const pqxx::row& row :
         sql.exec_params(absl::StrCat(kCertificates, kCertificatePage), tenant_.text(), after_time,
                         after_id, wanted, limit)) {
      certificates.push_back(CertificateFrom(row));
    }
    return certificates;
  });
}

absl::Status PostgresTransaction::InsertCertificate(const Certificate& certificate) {
  return session_.Run([&](Statements& sql) {
    InsertWork(sql, ToWorkRow(WorkKind::kCertificate, certificate.id.text(), certificate.progress));
    sql.Later(kInsertCertificate, tenant_.text(), certificate.id.text(), certificate.domain.text(),
              TextsToJson(certificate.names), certificate.request_id, IdText(certificate.order),
              IdText(certificate.issuance), TimeText(certificate.renew_time),
              certificate.failed_orders, FindingText(certificate.finding),
              TimeText(certificate.create_time), SettingsToJson(certificate.settings),
              IdText(certificate.second_issuance), TimeText(certificate.second_renew_time),
              CaFailuresToJson(certificate.ca_failures), certificate.idempotency_key,
              IdText(certificate.backup_of), certificate.avoided_ca);
    if (!certificate.domain.empty()) return absl::OkStatus();
    std::vector<std::string> domains;
    for (const DomainId& id : certificate.domains) domains.push_back(id.text());
    sql.Later(kPutDomains, tenant_.text(), certificate.id.text(), TextsToJson(domains));
    return absl::OkStatus();
  });
}

absl::Status PostgresTransaction::UpdateCertificate(const Certificate& certificate) {
  const std::optional<Deployment>& awaited = certificate.deployment;
  return session_.Run([&](Statements& sql) -> absl::Status {
    return UpdateRecord(
        sql, ToWorkRow(WorkKind::kCertificate, certificate.id.text(), certificate.progress),
        kUpdateCertificate, TextsToJson(certificate.names), certificate.request_id,
        IdText(certificate.order), IdText(certificate.issuance), TimeText(certificate.renew_time),
        certificate.failed_orders, FindingText(certificate.finding),
        IdText(certificate.second_issuance), TimeText(certificate.second_renew_time),
        CaFailuresToJson(certificate.ca_failures), TimeText(certificate.expire_time),
        IdText(certificate.backup), certificate.avoided_ca, TimeText(certificate.backup_use_time),
        certificate.avoids_http, SetAsideToJson(certificate.set_aside),
        IdsToJson(awaited ? awaited->awaited : std::vector<IssuanceId>()),
        awaited ? OptionalText(TimeText(awaited->issue_time)) : std::nullopt,
        awaited ? OptionalText(TimeText(awaited->overdue_time)) : std::nullopt,
        awaited ? TimeText(awaited->served_until) : std::nullopt, awaited && awaited->told);
  });
}

absl::StatusOr<std::vector<CertificateId>> PostgresTransaction::ListCertificatesSharing(
    const DomainId& domain) {
  using Result = absl::StatusOr<std::vector<CertificateId>>;
  return session_.Run([&](Statements& sql) -> Result {
    std::vector<CertificateId> ids;
    for (const pqxx::row& row :
         sql.exec_params(kCertificatesSharing, tenant_.text(), domain.text())) {
      ids.emplace_back(row[0].as<std::string>());
    }
    return ids;
  });
}

absl::StatusOr<Issuance> PostgresTransaction::GetIssuance(const IssuanceId& id) {
  return session_.Run([&](Statements& sql) -> absl::StatusOr<Issuance> {
    const pqxx::result found = sql.exec_params(
        absl::StrCat(kIssuances, kWithChainAndKey, kIssuanceById), tenant_.text(), id.text());
    if (found.empty()) return absl::NotFoundError("no such issuance");
    return IssuanceFrom(found[0]);
  });
}

absl::Status PostgresTransaction::HandOver(const IssuanceId& id, const CertificateId& certificate) {
  return session_.Run([&](Statements& sql) -> absl::Status {
    const pqxx::result moved =
        sql.exec_params(kHandOver, tenant_.text(), id.text(), certificate.text());
    return moved.affected_rows() == 0 ? absl::NotFoundError("no such issuance") : absl::OkStatus();
  });
}

absl::StatusOr<std::vector<Issuance>> PostgresTransaction::ListIssuances(const CertificateId& id) {
  return session_.Run([&](Statements& sql) -> absl::StatusOr<std::vector<Issuance>> {
    std::vector<Issuance> issuances;
    for (const pqxx::row& row :
         sql.exec_params(absl::StrCat(kIssuances, kWithChainAndKey, kUnexpiredIssuances),
                         tenant_.text(), id.text())) {
      issuances.push_back(IssuanceFrom(row));
    }
    return issuances;
  });
}

absl::StatusOr<std::map<IssuanceId, Issuance>> PostgresTransaction::FindIssuances(
    const std::vector<IssuanceId>& ids) {
  using Result = absl::StatusOr<std::map<IssuanceId, Issuance>>;
  return session_.Run([&](Statements& sql) -> Result {
    std::map<IssuanceId, Issuance> issuances;
    for (const pqxx::row& row :
         sql.exec_params(absl::StrCat(kIssuances, kWithoutChainAndKey, kIssuancesByIds),
                         tenant_.text(), IdsToJson(ids))) {
      Issuance issuance = IssuanceFrom(row);
      const IssuanceId id = issuance.id;
      issuances.emplace(id, std::move(issuance));
    }
    return issuances;
  });
}

absl::Status PostgresTransaction::InsertIssuance(const Issuance& issuance) {
  return session_.Run([&](Statements& sql) {
    sql.Later(kInsertIssuance, tenant_.text(), issuance.id.text(), issuance.certificate.text(),
              issuance.order.text(), issuance.ca, issuance.serial, issuance.issuer,
              TextsToJson(issuance.names), TimeText(issuance.validity.not_before),
              TimeText(issuance.validity.not_after), issuance.chain_pem, KeyIdText(issuance.key),
              KeyOctetsText(issuance.key), TimeText(issuance.create_time),
              KeyTypeName(issuance.key_type));
    return absl::OkStatus();
  });
}

}  // namespace cert
