#include "cert/store/tenant_list.h"

#include <memory>

#include "base/status_macros.h"
#include "cert/store/session.h"

namespace cert {
namespace {

constexpr char kTenantsAfter[] =
    "SELECT tenant FROM padlock.tenants WHERE tenant > $1 ORDER BY tenant LIMIT $2";

}  // namespace

absl::StatusOr<std::vector<TenantId>> TenantList::After(const TenantId& after, int limit) const {
  ASSIGN_OR_RETURN(const std::unique_ptr<Session> session,
                   Session::Open(pool_, TenantId(), Access::kRead,
                                 base::Deadline::After(pool_.options().borrow_timeout)));
  using Result = absl::StatusOr<std::vector<TenantId>>;
  return session->Run([&](Statements& sql) -> Result {
    std::vector<TenantId> tenants;
    for (const pqxx::row& row : sql.exec_params(kTenantsAfter, after.text(), limit)) {
      tenants.emplace_back(row[0].as<std::string>());
    }
    return tenants;
  });
}

}  // namespace cert
