#include "cert/core/schedule.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/backoff.h"

namespace cert {
namespace {

constexpr absl::Duration kLongestBackoff = absl::Hours(4);
constexpr int kGentleTries = 10;
constexpr absl::Duration kEagerTime = absl::Minutes(10);
constexpr absl::Duration kEagerInterval = absl::Seconds(5);
constexpr absl::Duration kMinute = absl::Minutes(1);
constexpr absl::Duration kAfterCaches = absl::Seconds(1);  // TTLs are whole seconds, rounded down
// A 'no' in its last second has a TTL of zero, and ends before it has been judged.
constexpr absl::Duration kStillCached = absl::Seconds(5);
constexpr absl::Duration kDay = absl::Hours(24);
constexpr std::array kOrderPauses{absl::Minutes(1), absl::Minutes(10), absl::Minutes(100), kDay};
constexpr absl::Duration kLongestRetryAfter = absl::Hours(24 * 7);

// The place in the documented schedule that corresponds to an age.
int TriesAtAge(absl::Duration age) {
  absl::Duration sum;
  int tries = 0;
  while (sum < age && Backoff(tries) < kLongestBackoff) sum += Backoff(tries++);
  return tries;
}

}  // namespace

absl::Duration Backoff(int tries) {
  const double base = tries < kGentleTries ? 1.05 : 1.15;
  const double seconds = std::floor(60.0 * std::pow(base, std::max(tries, 0)));
  return absl::Seconds(std::min(seconds, absl::ToDoubleSeconds(kLongestBackoff)));
}

absl::Time NextLook(const Look& look, absl::Time now, double jitter) {
  const absl::Duration age = now - look.start_time;
  const bool eager = age < kEagerTime;
  const absl::Duration expiry = look.caches_expire_time.value_or(absl::InfinitePast()) - now;
  const bool cached = expiry > -kStillCached;
  if (!cached) {
    const absl::Duration pause = eager ? kEagerInterval : Backoff(TriesAtAge(age));
    return now + pause - pause * jitter / 10;
  }
  const absl::Duration longest = eager ? kMinute : Backoff(TriesAtAge(age));
  const absl::Duration shortest = eager ? kAfterCaches : kMinute;
  const absl::Duration pause = std::clamp(expiry + kAfterCaches, shortest, longest);
  const absl::Duration late = pause * jitter / 10;  // never early: the cache would not have changed
  return now + (pause + late <= longest ? pause + late : longest - longest * jitter / 10);
}

bool IsUsedUp(const Schedule& schedule, const Look& look, absl::Time now) {
  return look.tries >= schedule.max_tries && now >= look.start_time + schedule.max_age;
}

absl::Duration OrderPause(int failed_orders, std::optional<absl::Duration> retry_after) {
  const auto last = static_cast<int>(kOrderPauses.size()) - 1;
  const auto index = static_cast<std::size_t>(std::clamp(failed_orders - 1, 0, last));
  const absl::Duration asked =
      std::min(retry_after.value_or(absl::ZeroDuration()), kLongestRetryAfter);
  return std::max(kOrderPauses.at(index), asked);
}

absl::Duration StepPause(int tries, double jitter) {
  return base::BackoffDelay({.initial = absl::Seconds(2), .cap = kMinute}, tries, jitter);
}

}  // namespace cert
