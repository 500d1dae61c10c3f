#include "bench/store_fill.h"

#include <pqxx/pqxx>

#include "absl/strings/str_format.h"

namespace bench {
namespace {

constexpr char kFillTenants[] = R"(
INSERT INTO padlock.tenants (tenant, delegation_id)
SELECT 't' || i, 'd' || i FROM generate_series(0, $1::int - 1) AS i)";

// $1 how many. Times of the future are spread over the 60 days in which renewals fall due.
constexpr const char* kFill[] = {
    R"(INSERT INTO padlock.domains (tenant, id, hostname, wildcard, claim_value, delegation_target,
         canary_value, certificate, idempotency_key, request_id, live, create_time, prove_time)
       SELECT 't' || i % 100, 'dom_' || i, 'www' || i || '.example.com', false,
         'padlock-verify=' || md5(i::text), 'www' || i || '.example.com.d1.dcv.example.net',
         'padlock-canary=' || md5(i::text), 'crt_' || i, '', 'bench', true,
         now() - interval '30 days', now()
       FROM generate_series(0, $1::int - 1) AS i)",
    R"(INSERT INTO padlock.certificates (tenant, id, domain, names, request_id, issuance, renew_time,
         failed_orders, create_time)
       SELECT 't' || i % 100, 'crt_' || i, 'dom_' || i,
         jsonb_build_array('www' || i || '.example.com'), 'bench', 'iss_' || i,
         now() + i % 60 * interval '1 day', 0, now() - interval '30 days'
       FROM generate_series(0, $1::int - 1) AS i)",
    R"(INSERT INTO padlock.orders (tenant, id, certificate, ca, names, request_id, new_order_sent,
         order_url, finalize_url, delegation_target, csr_der, finalize_sent, intent_time)
       SELECT 't' || i % 100, 'ord_' || i, 'crt_' || i, 'ca',
         jsonb_build_array('www' || i || '.example.com'), 'bench', true,
         'https://ca.example.net/order/' || i, 'https://ca.example.net/finalize/' || i, '', '\x30',
         true, now() - interval '30 days'
       FROM generate_series(0, $1::int - 1) AS i)",
    // A chain that is short enough to stay in its row.
    R"(INSERT INTO padlock.issuances (tenant, id, certificate, order_id, ca, serial, issuer, names,
         not_before, not_after, chain_pem, key_id, key_octets, create_time)
       SELECT 't' || i % 100, 'iss_' || i, 'crt_' || i, 'ord_' || i, 'ca', md5(i::text), 'CN=CA',
         jsonb_build_array('www' || i || '.example.com'), now() - interval '30 days',
         now() + interval '60 days',
         repeat(md5(i::text), 50),
         'kek1', decode(md5(i::text), 'hex'), now() - interval '30 days'
       FROM generate_series(0, $1::int - 1) AS i)",
    R"(INSERT INTO padlock.work (tenant, kind, id, state, tries, start_time, due_time)
       SELECT 't' || i % 100, 'domain', 'dom_' || i, 'ACTIVE', 0, now() - interval '30 days',
         now() + interval '1 day' + i % 86400 * interval '1 second'
       FROM generate_series(0, $1::int - 1) AS i)",
    R"(INSERT INTO padlock.work (tenant, kind, id, state, tries, start_time, due_time)
       SELECT 't' || i % 100, 'order', 'ord_' || i, 'COMPLETED', 0, now() - interval '30 days', NULL
       FROM generate_series(0, $1::int - 1) AS i)",
};

// $2 how many of them are due.
constexpr char kFillCertificateWork[] = R"(
INSERT INTO padlock.work (tenant, kind, id, state, tries, start_time, due_time)
SELECT 't' || i % 100, 'certificate', 'crt_' || i, 'ACTIVE', 0, now() - interval '30 days',
  CASE WHEN i % ($1::int / $2::int) = 0 THEN now() - interval '1 hour' + i % 3000 * interval '1 second'
       ELSE now() + interval '1 day' + i % 5000000 * interval '1 second' END
FROM generate_series(0, $1::int - 1) AS i)";

}  // namespace

absl::Status FillStore(const std::string& superuser_connection_string, int certificates, int due) {
  try {
    pqxx::connection connection(superuser_connection_string);
    pqxx::nontransaction sql(connection);
    sql.exec_params0(kFillTenants, kTenants);
    for (const char* statement : kFill) sql.exec_params0(statement, certificates);
    sql.exec_params0(kFillCertificateWork, certificates, due);
    sql.exec0("VACUUM (ANALYZE)");
    sql.exec0("CHECKPOINT");
    return absl::OkStatus();
  } catch (const std::exception& error) {
    return absl::InternalError(absl::StrFormat("filling the database: %s", error.what()));
  }
}

}  // namespace bench
