#include "cert/store/recovery.h"

#include <memory>

#include "base/status_macros.h"
#include "cert/store/json_codec.h"
#include "cert/store/session.h"

namespace cert {
namespace {

constexpr char kNewEpoch[] =
    "UPDATE padlock.tenants SET epoch = gen_random_uuid()::text WHERE tenant = $1";

constexpr char kEndLeases[] = R"(
UPDATE padlock.work
SET lease_token = NULL, lease_expire_time = NULL, claims = 0, wake_time = NULL
WHERE tenant = $1 AND lease_token IS NOT NULL)";

constexpr char kHurryOrders[] = R"(
UPDATE padlock.work SET due_time = padlock.padlock_now()
WHERE tenant = $1 AND kind = 'order' AND due_time IS NOT NULL)";

// Whether newOrder was sent after the backup was taken is not known: it is looked for at the CA.
constexpr char kSuspectNewOrders[] = R"(
UPDATE padlock.orders AS o SET new_order_sent = true
FROM padlock.work AS w
WHERE o.tenant = $1 AND w.tenant = o.tenant AND w.kind = 'order' AND w.id = o.id
  AND w.state = 'INTENDED')";

constexpr char kGiveUpClaims[] = "DELETE FROM padlock.claims WHERE tenant = $1";

constexpr char kProveAgain[] = R"(
UPDATE padlock.work
SET state = 'PENDING', tries = 0, start_time = padlock.padlock_now(),
    due_time = padlock.padlock_now()
WHERE tenant = $1 AND kind = 'domain' AND state = 'ACTIVE')";

constexpr char kKeyless[] = R"(
WITH known AS (SELECT jsonb_array_elements_text($2::jsonb) AS key_id)
SELECT 'tenants/' || i.tenant || '/certificates/' || i.certificate || '/issuances/' || i.id AS name
FROM padlock.issuances AS i
WHERE i.tenant = $1 AND i.key_id NOT IN (SELECT key_id FROM known)
UNION ALL
SELECT 'tenants/' || o.tenant || '/certificates/' || o.certificate || '/orders/' || o.id
FROM padlock.orders AS o
JOIN padlock.work AS w ON w.tenant = o.tenant AND w.kind = 'order' AND w.id = o.id
WHERE o.tenant = $1 AND w.due_time IS NOT NULL AND o.key_id NOT IN (SELECT key_id FROM known)
ORDER BY name)";

constexpr char kAssumeUsed[] = R"(
INSERT INTO padlock.ca_states (ca, recover_time)
SELECT ca, padlock.padlock_now() FROM jsonb_array_elements_text($1::jsonb) AS configured (ca)
ON CONFLICT (ca) DO UPDATE SET recover_time = excluded.recover_time)";

constexpr char kUnknownUrls[] = R"(
SELECT asked.url FROM jsonb_array_elements_text($1::jsonb) AS asked (url)
WHERE NOT EXISTS (SELECT 1 FROM padlock.order_urls AS known WHERE known.order_url = asked.url))";

std::vector<std::string> TextsOf(const pqxx::result& rows) {
  std::vector<std::string> texts;
  for (const pqxx::row& row : rows) texts.push_back(row[0].as<std::string>());
  return texts;
}

}  // namespace

absl::StatusOr<Recovery::Result> Recovery::RecoverTenant(const TenantId& tenant,
                                                         const std::vector<std::string>& key_ids) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Session> session,
                   Session::Open(pool_, tenant, Access::kWrite,
                                 base::Deadline::After(pool_.options().borrow_timeout)));
  Result result;
  RETURN_IF_ERROR(session->Run([&](Statements& sql) {
    sql.exec_params0(kNewEpoch, tenant.text());
    sql.exec_params0(kEndLeases, tenant.text());
    sql.exec_params0(kSuspectNewOrders, tenant.text());
    sql.exec_params0(kGiveUpClaims, tenant.text());
    result.orders = sql.exec_params(kHurryOrders, tenant.text()).affected_rows();
    result.domains = sql.exec_params(kProveAgain, tenant.text()).affected_rows();
    result.keyless = TextsOf(sql.exec_params(kKeyless, tenant.text(), TextsToJson(key_ids)));
    return absl::OkStatus();
  }));
  RETURN_IF_ERROR(session->Commit());
  return result;
}

absl::Status Recovery::AssumeLimitsUsed(const std::vector<std::string>& cas) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Session> session,
                   Session::Open(pool_, TenantId(), Access::kWrite,
                                 base::Deadline::After(pool_.options().borrow_timeout)));
  RETURN_IF_ERROR(session->Run([&](Statements& sql) {
    sql.exec_params0(kAssumeUsed, TextsToJson(cas));
    return absl::OkStatus();
  }));
  return session->Commit();
}

absl::StatusOr<std::vector<std::string>> Recovery::UnknownOrderUrls(
    const std::vector<std::string>& urls) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Session> session,
                   Session::Open(pool_, TenantId(), Access::kRead,
                                 base::Deadline::After(pool_.options().borrow_timeout)));
  return session->Run([&](Statements& sql) -> absl::StatusOr<std::vector<std::string>> {
    return TextsOf(sql.exec_params(kUnknownUrls, TextsToJson(urls)));
  });
}

}  // namespace cert
