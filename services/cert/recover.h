// `padlock-cert recover`: after a backup was restored, before the service is started again. A part
// of main.cc.

#pragma once

#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_join.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "cert/keys/sealer.h"
#include "cert/reconcile/accounts.h"
#include "cert/reconcile/services.h"
#include "cert/store/recovery.h"
#include "cert/store/tenant_list.h"

namespace cert {

// Lists, in the log, what the CA issued to an order that the backup does not know: its key is lost,
// and whoever wants it out of the world must ask the CA to revoke it. CAs that keep no list of an
// account's orders (RFC 8555 7.1.2.1) cannot be asked. What fails here only shortens the list.
inline void ListLostIssuances(const CertificateAuthority& ca, Accounts& accounts,
                              Recovery& recovery) {
  const base::Deadline deadline = base::Deadline::After(absl::Minutes(1));
  const auto give_up = [&](const std::string& why) {
    base::Log(base::LogLevel::kWarning, "the CA's orders were not looked through",
              {{"ca", ca.name}, {"error", why}});
  };
  Outcome<AcmeAccount> got = accounts.Get(ca, deadline);
  if (const auto* setback = std::get_if<Setback>(&got)) return give_up(setback->finding.sentence);
  const AcmeAccount& account = std::get<AcmeAccount>(got);
  Outcome<std::vector<std::string>> listed =
      Sort(ca.client->ListOrders(account, deadline), ca.name);
  if (const auto* setback = std::get_if<Setback>(&listed)) {
    return give_up(setback->finding.sentence);
  }
  const auto unknown = recovery.UnknownOrderUrls(std::get<std::vector<std::string>>(listed));
  if (!unknown.ok()) return give_up(std::string(unknown.status().message()));
  for (const std::string& url : *unknown) {
    Outcome<AcmeOrder> read = Sort(ca.client->GetOrder(account, url, deadline), ca.name);
    const auto* order = std::get_if<AcmeOrder>(&read);
    if (order == nullptr || order->status != AcmeOrderStatus::kValid) continue;
    base::Log(base::LogLevel::kWarning, "issued after the backup: its key is lost",
              {{"ca", ca.name},
               {"order_url", url},
               {"certificate_url", order->certificate_url},
               {"names", absl::StrJoin(order->names, ", ")}});
  }
}

// `key_ids`: of every configured key-encryption key.
inline absl::Status RecoverTenants(const TenantList& tenants, Recovery& recovery,
                                   const std::vector<std::string>& key_ids) {
  return ForEachTenant(tenants, [&](const TenantId& tenant) -> absl::Status {
    ASSIGN_OR_RETURN(const Recovery::Result result, recovery.RecoverTenant(tenant, key_ids));
    base::Log(base::LogLevel::kInfo, "tenant recovered",
              {{"tenant", tenant.text()},
               {"open_orders", result.orders},
               {"domains_to_prove", result.domains}});
    for (const std::string& name : result.keyless) {
      base::Log(base::LogLevel::kWarning, "sealed under a key that is not configured",
                {{"tenant", tenant.text()}, {"name", name}});
    }
    return absl::OkStatus();
  });
}

}  // namespace cert
