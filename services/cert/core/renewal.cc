#include "cert/core/renewal.h"

#include <algorithm>
#include <utility>

namespace cert {
namespace {

constexpr absl::Duration kLastSecond = absl::Seconds(1);  // both bounds are inclusive
constexpr absl::Duration kSoonestRefresh = absl::Hours(1);
constexpr absl::Duration kLatestRefresh = absl::Hours(24);
constexpr absl::Duration kUsualRefresh = absl::Hours(6);
constexpr int kLeadKept = 3;  // of the lead, one part in so many is kept whatever the CA says

absl::Duration LeadTime(const Validity& validity) {
  const absl::Duration lifetime = validity.not_after - validity.not_before + kLastSecond;
  if (lifetime < absl::Hours(24 * 10)) return lifetime / 2;
  return std::min(lifetime / 3, absl::Hours(24 * 30));
}

}  // namespace

absl::Time RenewTime(const Validity& validity, double spread) {
  const absl::Duration lead = LeadTime(validity);
  return validity.not_after - lead - lead * spread / 10;
}

absl::Time LastRenewTime(const Validity& validity) {
  return validity.not_after - LeadTime(validity) / kLeadKept;
}

absl::Time RenewTime(const Renewal& renewal) {
  if (!renewal.window) return RenewTime(renewal.validity, renewal.draw);
  const RenewalWindow& window = *renewal.window;
  const absl::Time wanted = window.start + (window.end - window.start) * renewal.draw;
  return std::min(wanted, LastRenewTime(renewal.validity));
}

Renewal PlanRenewal(Renewal issued, absl::Time now) {
  issued.refresh_time = now + kSoonestRefresh + (kUsualRefresh - kSoonestRefresh) * issued.draw;
  return issued;
}

Renewal AfterWindow(Renewal renewal, const std::optional<AcmeRenewalInfo>& info, absl::Time now) {
  if (!info) {
    renewal.window.reset();
    renewal.explanation_url.clear();
    renewal.refresh_time = now + kLatestRefresh;
    return renewal;
  }
  renewal.window = info->window;
  renewal.explanation_url = info->explanation_url;
  renewal.refresh_time =
      now + std::clamp(info->retry_after.value_or(kUsualRefresh), kSoonestRefresh, kLatestRefresh);
  return renewal;
}

Renewal AfterNoWindow(Renewal renewal, std::optional<absl::Duration> retry_after, absl::Time now) {
  renewal.refresh_time =
      now + std::clamp(retry_after.value_or(kSoonestRefresh), kSoonestRefresh, kLatestRefresh);
  return renewal;
}

}  // namespace cert
