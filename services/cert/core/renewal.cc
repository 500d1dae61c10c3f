#include "cert/core/renewal.h"

#include <algorithm>

namespace cert {
namespace {

constexpr absl::Duration kLastSecond = absl::Seconds(1);  // both bounds are inclusive

absl::Duration LeadTime(absl::Duration lifetime) {
  if (lifetime < absl::Hours(24 * 10)) return lifetime / 2;
  return std::min(lifetime / 3, absl::Hours(24 * 30));
}

}  // namespace

absl::Time RenewTime(const Validity& validity, double spread) {
  const absl::Duration lead = LeadTime(validity.not_after - validity.not_before + kLastSecond);
  return validity.not_after - lead - lead * spread / 10;
}

}  // namespace cert
