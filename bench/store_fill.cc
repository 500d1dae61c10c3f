#include "bench/store_fill.h"

#include <functional>
#include <pqxx/pqxx>

#include "absl/strings/str_format.h"

namespace bench {
namespace {

// 26 characters of base32, the same ones for each number.
constexpr char kMakeToken[] = R"(
CREATE FUNCTION pg_temp.token(i integer) RETURNS text LANGUAGE sql IMMUTABLE
RETURN left(translate(md5(i::text), '0189', 'ghij'), 26))";

constexpr char kFillTenants[] = R"(
INSERT INTO padlock.tenants (tenant, delegation_id)
SELECT 't' || i, 'd' || i FROM generate_series(0, $1::int - 1) AS i)";

// $1 how many. Times of the future are spread over the 60 days in which renewals fall due.
constexpr const char* kFill[] = {
    R"(INSERT INTO padlock.domains (tenant, id, hostname, wildcard, claim_value, delegation_target,
         canary_value, certificate, idempotency_key, request_id, live, create_time, prove_time)
       SELECT 't' || i % 100, 'dom_' || pg_temp.token(i), 'www' || i || '.example.com', false,
         'padlock-verify=' || md5(i::text), 'www' || i || '.example.com.d1.dcv.example.net',
         'padlock-canary=' || md5(i::text), 'crt_' || pg_temp.token(i), '', 'bench', true,
         now() - interval '30 days', now()
       FROM generate_series(0, $1::int - 1) AS i)",
    R"(INSERT INTO padlock.claims (hostname, tenant, domain, prove_time)
       SELECT 'www' || i || '.example.com', 't' || i % 100, 'dom_' || pg_temp.token(i), now()
       FROM generate_series(0, $1::int - 1) AS i)",
    R"(INSERT INTO padlock.certificates (tenant, id, domain, names, request_id, order_id, issuance,
         renew_time, expire_time, failed_orders, create_time)
       SELECT 't' || i % 100, 'crt_' || pg_temp.token(i), 'dom_' || pg_temp.token(i),
         jsonb_build_array('www' || i || '.example.com'), 'bench', NULL,
         'iss_' || pg_temp.token(i), now() + (1 + i % 60) * interval '1 day',
         now() + interval '60 days', 0, now() - interval '30 days'
       FROM generate_series(0, $1::int - 1) AS i)",
    R"(INSERT INTO padlock.orders (tenant, id, certificate, ca, names, request_id, new_order_sent,
         order_url, finalize_url, delegation_target, csr_der, finalize_sent, intent_time)
       SELECT 't' || i % 100, 'ord_' || pg_temp.token(i), 'crt_' || pg_temp.token(i), 'ca',
         jsonb_build_array('www' || i || '.example.com'), 'bench', true,
         'https://ca.example.net/order/' || i, 'https://ca.example.net/finalize/' || i, '', '\x30',
         true, now() - interval '30 days'
       FROM generate_series(0, $1::int - 1) AS i)",
    // A chain that is short enough to stay in its row.
    R"(INSERT INTO padlock.issuances (tenant, id, certificate, order_id, ca, serial, issuer, names,
         not_before, not_after, chain_pem, key_id, key_octets, create_time)
       SELECT 't' || i % 100, 'iss_' || pg_temp.token(i), 'crt_' || pg_temp.token(i),
         'ord_' || pg_temp.token(i), 'ca', md5(i::text), 'CN=CA',
         jsonb_build_array('www' || i || '.example.com'), now() - interval '30 days',
         now() + interval '60 days',
         repeat(md5(i::text), 50),
         'kek1', decode(md5(i::text), 'hex'), now() - interval '30 days'
       FROM generate_series(0, $1::int - 1) AS i)",
    R"(INSERT INTO padlock.renewals (tenant, issuance, ca, account_url, renewal_id, not_before,
         not_after, draw, explanation_url, refresh_time)
       SELECT 't' || i % 100, 'iss_' || pg_temp.token(i), 'ca', '', '', now() - interval '30 days',
         now() + interval '60 days', 0.5, '', now() + interval '60 days'
       FROM generate_series(0, $1::int - 1) AS i)",
    R"(INSERT INTO padlock.work (tenant, kind, id, state, tries, start_time, due_time)
       SELECT 't' || i % 100, 'domain', 'dom_' || pg_temp.token(i), 'ACTIVE', 0,
         now() - interval '30 days',
         now() + (1 + random()) * interval '1 day'
       FROM generate_series(0, $1::int - 1) AS i)",
    R"(INSERT INTO padlock.work (tenant, kind, id, state, tries, start_time, due_time)
       SELECT 't' || i % 100, 'order', 'ord_' || pg_temp.token(i), 'COMPLETED', 0,
         now() - interval '30 days', NULL
       FROM generate_series(0, $1::int - 1) AS i)",
    R"(INSERT INTO padlock.work (tenant, kind, id, state, tries, start_time, due_time)
       SELECT 't' || i % 100, 'certificate', 'crt_' || pg_temp.token(i), 'ACTIVE', 0,
         now() - interval '30 days',
         now() + (1 + 58 * random()) * interval '1 day'
       FROM generate_series(0, $1::int - 1) AS i)",
};

// $1 how many.
constexpr char kMakeDue[] = R"(
UPDATE padlock.work AS w
SET due_time = now() - interval '1 hour' + i % 3000 * interval '1 second'
FROM generate_series(0, $1::int - 1) AS i
WHERE w.tenant = 't' || i % 100 AND w.kind = 'certificate' AND w.id = 'crt_' || pg_temp.token(i))";

// $1 how many.
constexpr char kSample[] = R"(
SELECT tenant, 'tenants/' || tenant || '/certificates/' || id AS name
FROM padlock.certificates ORDER BY random() LIMIT $1::int)";

absl::Status Run(const std::string& connection_string,
                 const std::function<void(pqxx::nontransaction&)>& body) {
  try {
    pqxx::connection connection(connection_string);
    pqxx::nontransaction sql(connection);
    sql.exec0(kMakeToken);
    body(sql);
    return absl::OkStatus();
  } catch (const std::exception& error) {
    return absl::InternalError(absl::StrFormat("filling the database: %s", error.what()));
  }
}

// Nothing of it is left for a measurement to pay.
void Settle(pqxx::nontransaction& sql) {
  sql.exec0("VACUUM (FREEZE, ANALYZE)");
  sql.exec0("CHECKPOINT");
}

}  // namespace

absl::Status FillStore(const std::string& superuser_connection_string, int certificates) {
  return Run(superuser_connection_string, [&](pqxx::nontransaction& sql) {
    sql.exec_params0(kFillTenants, kTenants);
    for (const char* statement : kFill) sql.exec_params0(statement, certificates);
    Settle(sql);
  });
}

absl::Status MakeDue(const std::string& superuser_connection_string, int count) {
  return Run(superuser_connection_string, [&](pqxx::nontransaction& sql) {
    sql.exec_params0(kMakeDue, count);
    Settle(sql);
  });
}

absl::StatusOr<std::vector<FilledCertificate>> SampleCertificates(
    const std::string& superuser_connection_string, int count) {
  std::vector<FilledCertificate> sample;
  const absl::Status status = Run(superuser_connection_string, [&](pqxx::nontransaction& sql) {
    for (const pqxx::row& row : sql.exec_params(kSample, count)) {
      sample.push_back({row["tenant"].as<std::string>(), row["name"].as<std::string>()});
    }
  });
  if (!status.ok()) return status;
  return sample;
}

}  // namespace bench
