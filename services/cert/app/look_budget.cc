#include "cert/app/look_budget.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/str_format.h"
#include "base/retry_delay.h"

namespace cert {

absl::Status LookBudget::Begin(const TenantId& tenant, absl::Time now) {
  base::MutexLock lock(mutex_);
  std::erase_if(whole_time_, [&](const auto& entry) { return entry.second <= now; });
  const auto spent = whole_time_.find(tenant);
  const absl::Time before = spent == whole_time_.end() ? now : spent->second;
  const absl::Time whole = before + options_.refill;
  if (whole > now + options_.burst * options_.refill) {
    const std::int64_t seconds =
        absl::ToInt64Seconds(before - now - (options_.burst - 1) * options_.refill) + 1;
    return base::WithRetryDelay(
        absl::ResourceExhaustedError(
            absl::StrFormat("fresh: too many looks; the next one may be had in %d s", seconds)),
        absl::Seconds(seconds));
  }
  if (under_way_ >= options_.at_once) {
    return absl::ResourceExhaustedError("fresh: too many looks are under way; retry in a moment");
  }
  ++under_way_;
  whole_time_[tenant] = whole;
  return absl::OkStatus();
}

void LookBudget::End() {
  base::MutexLock lock(mutex_);
  --under_way_;
}

}  // namespace cert
