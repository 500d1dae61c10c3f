// When to renew where the CA offers no ARI window (RFC 9773).

#pragma once

#include "absl/time/time.h"
#include "cert/core/lifecycle.h"

namespace cert {

// 30 days before the end for lifetimes of 90 days and more, a third of the lifetime before it for
// shorter ones, half for those under ten days; then up to a tenth of that earlier by `spread` in
// [0, 1), drawn once and stored, so that what was issued together is not renewed together.
absl::Time RenewTime(const Validity& validity, double spread);

}  // namespace cert
