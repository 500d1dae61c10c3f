#include "cert/app/authorize.h"

#include "absl/strings/str_format.h"

namespace cert {

absl::Status Authorize(const transport::Identity& identity, const TenantId& tenant,
                       TenantNamedBy named_by, transport::Role role) {
  if (identity.tenant.empty() || !identity.May(role)) {
    return absl::PermissionDeniedError(
        absl::StrFormat("%s does not have the role %s", identity.name, transport::RoleName(role)));
  }
  if (identity.tenant == tenant.text()) return absl::OkStatus();
  if (named_by == TenantNamedBy::kResource) return absl::NotFoundError("name: not found");
  return absl::PermissionDeniedError(
      absl::StrFormat("parent: %s may act for tenant %s only", identity.name, identity.tenant));
}

}  // namespace cert
