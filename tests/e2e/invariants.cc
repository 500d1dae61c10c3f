#include "e2e/invariants.h"

#include <algorithm>
#include <array>
#include <map>
#include <pqxx/pqxx>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "base/status_macros.h"
#include "e2e/fetched.h"
#include "lab/question.h"

namespace e2e {
namespace {

constexpr char kReader[] = "padlock_read";

// Each names what is wrong, row by row.
struct Rule {
  const char* broken;
  const char* sql;  // with {renewals} for Allowance::renewals
};
constexpr std::array<Rule, 5> kRules = {{
    {"an order has not ended",
     "SELECT id || ' is ' || state FROM padlock.work WHERE kind = 'order' AND due_time IS NOT "
     "NULL"},
    {"work is overdue",
     "SELECT kind || ' ' || id || ' is ' || state || ', due since ' || due_time || "
     "coalesce(', leased until ' || lease_expire_time, '') FROM padlock.work"
     " WHERE due_time < padlock.padlock_now() - interval '10 s'"},
    {"a completed order has no issuance, or an issuance no completed order",
     "SELECT coalesce(w.id, i.order_id) FROM"
     " (SELECT tenant, id FROM padlock.work WHERE kind = 'order' AND state = 'COMPLETED') AS w"
     " FULL JOIN padlock.issuances AS i ON i.tenant = w.tenant AND i.order_id = w.id"
     " WHERE w.id IS NULL OR i.id IS NULL"},
    {"a certificate was issued more than once before its renewal was due",
     "SELECT i.certificate FROM padlock.issuances AS i JOIN padlock.certificates AS c"
     " ON c.tenant = i.tenant AND c.id = i.certificate AND c.renew_time > padlock.padlock_now()"
     " GROUP BY i.certificate HAVING count(*) > 1 + {renewals}"},
    {"event numbers have a gap",
     "SELECT t.tenant FROM padlock.tenants AS t JOIN padlock.events AS e ON e.tenant = t.tenant"
     " GROUP BY t.tenant, t.last_event_number"
     " HAVING count(*) <> max(e.number) - min(e.number) + 1"
     " OR max(e.number) <> t.last_event_number"},
}};

absl::Status CheckRule(pqxx::connection& connection, const Rule& rule, const Allowance& allowance) {
  const std::string sql =
      absl::StrReplaceAll(rule.sql, {{"{renewals}", absl::StrCat(allowance.renewals)}});
  const pqxx::result rows = pqxx::nontransaction(connection).exec(sql);
  if (rows.empty()) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat(rule.broken, ": ", rows[0][0].c_str()));
}

int Number(pqxx::connection& connection, const char* sql) {
  return pqxx::nontransaction(connection).exec1(sql)[0].as<int>();
}

// How often the CA accepted to finalize each order.
std::map<std::string, int> Finalized(const lab::AcmeProxy& acme) {
  std::map<std::string, int> result;
  for (const lab::AcmeExchange& exchange : acme.History()) {
    const bool accepted = exchange.status >= 200 && exchange.status < 300;
    if (exchange.call == lab::AcmeCall::kFinalize && accepted) ++result[exchange.path];
  }
  return result;
}

absl::Status CheckCa(pqxx::connection& connection, const lab::AcmeProxy& acme,
                     const Allowance& allowance) {
  const int intended = Number(connection, "SELECT count(*) FROM padlock.orders");
  const int created = acme.Accepted(lab::AcmeCall::kNewOrder);
  if (created > intended + allowance.lost_new_orders) {
    return absl::DataLossError(
        absl::StrFormat("the CA accepted %d orders for %d intended", created, intended));
  }
  const int counted =
      Number(connection, "SELECT count(*) FROM padlock.ca_uses WHERE scope = 'ACCOUNT'");
  if (allowance.counted && counted < created) {
    return absl::DataLossError(
        absl::StrFormat("the CA accepted %d orders, of which the ledger has %d", created, counted));
  }
  const std::map<std::string, int> finalized = Finalized(acme);
  for (const auto& [path, times] : finalized) {
    if (times > 1) return absl::DataLossError(absl::StrFormat("%s %d times", path, times));
  }
  const int completed = Number(
      connection, "SELECT count(*) FROM padlock.work WHERE kind = 'order' AND state = 'COMPLETED'");
  const int in_vain = static_cast<int>(finalized.size()) - completed;
  if (in_vain < 0 || in_vain > allowance.forgotten) {
    return absl::DataLossError(
        absl::StrFormat("the CA finalized %d orders, %d completed", finalized.size(), completed));
  }
  return absl::OkStatus();
}

absl::Status CheckTarget(const lab::Knot& server, const std::string& target) {
  ASSIGN_OR_RETURN(const std::string answer, lab::Ask(server.address(), target, "TXT"));
  const std::vector<std::string> values = absl::StrSplit(answer, '\n', absl::SkipEmpty());
  if (values.size() == 1 && absl::StartsWith(values.front(), "\"padlock-canary=")) {
    return absl::OkStatus();
  }
  return absl::DataLossError(absl::StrFormat("%s at %s: %s", target, server.address(), answer));
}

}  // namespace

absl::Status CheckLedger(lab::Lab& lab, const Allowance& allowance) {
  try {
    pqxx::connection connection(lab.DatabaseFor(kReader));
    for (const Rule& rule : kRules) RETURN_IF_ERROR(CheckRule(connection, rule, allowance));
    return CheckCa(connection, lab.acme(), allowance);
  } catch (const std::exception& error) {
    return absl::InternalError(error.what());
  }
}

absl::Status CheckServed(Tenant& tenant, const pb::Domain& domain) {
  ASSIGN_OR_RETURN(const Fetched fetched, Fetch(tenant, domain.hostname()));
  if (fetched.certificate_public_key != fetched.private_key_public_key) {
    return absl::DataLossError(domain.hostname() + ": the key is not the certificate's");
  }
  const std::string target = WantedRecord(domain, pb::RequiredRecord::PURPOSE_DELEGATION).value;
  if (target.empty()) return absl::OkStatus();
  lab::DnsTree& dns = tenant.lab().dns();
  RETURN_IF_ERROR(CheckTarget(dns.delegation_primary(), target));
  return CheckTarget(dns.delegation_secondary(), target);
}

}  // namespace e2e
