// Who may do what. Pure.

#pragma once

#include "absl/status/status.h"
#include "cert/core/ids.h"
#include "transport/identity.h"

namespace cert {

// How the caller named the tenant: as a parent, or within the name of a thing. Another tenant's
// parent is refused; another tenant's thing is as if it did not exist.
enum class TenantNamedBy { kParent, kResource };

// PERMISSION_DENIED: the identity lacks the role, or the parent is another tenant.
// NOT_FOUND: the thing is another tenant's.
absl::Status Authorize(const transport::Identity& identity, const TenantId& tenant,
                       TenantNamedBy named_by, transport::Role role);

}  // namespace cert
