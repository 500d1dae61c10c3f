// How often something may be asked for: so many at once, and one more each while. Pure.

#pragma once

#include <optional>

#include "absl/time/time.h"

namespace cert {

struct BudgetLimit {
  double most = 1;        // at once, after a pause
  absl::Duration refill;  // until there is one more
};

// What is left; as stored.
struct Budget {
  double left = 0;
  absl::Time time = absl::InfinitePast();  // when that was so

  bool operator==(const Budget&) const = default;
};

// Takes one. Returns what is left then; or, where there is none, how long until there is.
struct Spent {
  Budget budget;
  std::optional<absl::Duration> wait = std::nullopt;
};
Spent Spend(const BudgetLimit& limit, const std::optional<Budget>& budget, absl::Time now);

// Of rechecks and changes of methods: for one domain, and for all of a tenant's together.
inline constexpr BudgetLimit kDomainRechecks{.most = 20, .refill = absl::Seconds(30)};
inline constexpr BudgetLimit kTenantRechecks{.most = 5000, .refill = absl::Milliseconds(50)};

}  // namespace cert
