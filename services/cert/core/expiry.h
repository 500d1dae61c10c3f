// What the end of a certificate in use means for its renewal: how long to wait between attempts,
// and what its owner is told.

#pragma once

#include <optional>
#include <string>

#include "absl/time/time.h"
#include "cert/core/finding.h"

namespace cert {

// From then on before the end what is missing is urgent: attempts come often, nothing is waited for
// that another CA does not need, a backup steps in, and owners are told.
inline constexpr absl::Duration kLastDay = absl::Hours(24);

// Never without a certificate.
bool IsLastDay(absl::Time now, std::optional<absl::Time> expire_time);

// "12 days", "1 day", "5 hours", "less than an hour".
std::string TimeLeftText(absl::Duration left);

// The pause before the next order after `failed_orders` in a row: OrderPause() of schedule.h, but
// never beyond the moment 24 hours before `expire_time`; from then on an hour at most, and less as
// the end comes nearer, at least ten minutes unless OrderPause() is shorter. What the CA asked for
// is waited for all the same.
absl::Duration RenewalPause(int failed_orders, std::optional<absl::Duration> retry_after,
                            std::optional<absl::Time> expire_time, absl::Time now);

// What is to be said of a certificate whose renewal is stopped by `cause`, if by anything, and
// whose issuance in use, if any, ends at `expire_time`: with the time that is left, and that it has
// expired when it has.
std::optional<Finding> WithExpiry(std::optional<Finding> cause,
                                  std::optional<absl::Time> expire_time, absl::Time now);

// Whether the second is the first to say so.
bool IsNewlyExpired(const std::optional<Finding>& before, const std::optional<Finding>& after);

}  // namespace cert
