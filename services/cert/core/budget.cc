#include "cert/core/budget.h"

#include <algorithm>

namespace cert {

Spent Spend(const BudgetLimit& limit, const std::optional<Budget>& budget, absl::Time now) {
  double left = limit.most;
  if (budget) {
    const absl::Duration age = std::max(now - budget->time, absl::ZeroDuration());
    left = std::min(limit.most, budget->left + absl::FDivDuration(age, limit.refill));
  }
  if (left >= 1) return {.budget = {.left = left - 1, .time = now}};
  return {.budget = {.left = left, .time = now}, .wait = limit.refill * (1 - left)};
}

}  // namespace cert
