#include "cert/app/authorize.h"

#include "absl/strings/str_format.h"

namespace cert {
namespace {

const char* RoleName(transport::Role role) {
  switch (role) {
    case transport::Role::kReader:
      return "reader";
    case transport::Role::kOperator:
      return "operator";
    case transport::Role::kKeyReader:
      return "key-reader";
    case transport::Role::kAdmin:
      return "admin";
    case transport::Role::kProbe:
      return "probe";
  }
  return "unknown";  // not a value of the enum
}

}  // namespace

absl::Status Authorize(const transport::Identity& identity, const TenantId& tenant,
                       TenantNamedBy named_by, transport::Role role) {
  if (identity.tenant.empty() || !identity.May(role)) {
    return absl::PermissionDeniedError(
        absl::StrFormat("%s does not have the role %s", identity.name, RoleName(role)));
  }
  if (identity.tenant == tenant.text()) return absl::OkStatus();
  if (named_by == TenantNamedBy::kResource) return absl::NotFoundError("name: not found");
  return absl::PermissionDeniedError(
      absl::StrFormat("parent: %s may act for tenant %s only", identity.name, identity.tenant));
}

}  // namespace cert
