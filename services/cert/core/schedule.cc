#include "cert/core/schedule.h"

#include <algorithm>
#include <cmath>

namespace cert {
namespace {

constexpr double kLongestSeconds = 4 * 3600;
constexpr int kGentleTries = 10;
constexpr absl::Duration kEagerTime = absl::Minutes(10);
constexpr absl::Duration kEagerInterval = absl::Seconds(5);
constexpr absl::Duration kAfterCaches = absl::Seconds(1);  // TTLs are whole seconds, rounded down

bool IsEager(const Look& look, absl::Time now) { return now < look.start_time + kEagerTime; }

// The place in the documented schedule that corresponds to an age.
int TriesAtAge(absl::Duration age) {
  absl::Duration sum;
  int tries = 0;
  while (sum < age) sum += Backoff(tries++);
  return tries;
}

}  // namespace

absl::Duration Backoff(int tries) {
  const double base = tries < kGentleTries ? 1.05 : 1.15;
  const double seconds = std::floor(60.0 * std::pow(base, tries));
  return absl::Seconds(std::min(seconds, kLongestSeconds));
}

absl::Time NextLook(const Look& look, absl::Time now, double jitter) {
  absl::Duration wait = kEagerInterval;
  if (!IsEager(look, now)) wait = Backoff(TriesAtAge(now - look.start_time));
  if (look.caches_expire_time) {
    const absl::Duration until = *look.caches_expire_time + kAfterCaches - now;
    wait = IsEager(look, now) ? std::clamp(until, absl::Seconds(1), Backoff(0))
                              : std::min(wait, std::max(until, absl::Seconds(1)));
  }
  return now + wait + wait * jitter / 10;
}

bool IsUsedUp(const Schedule& schedule, const Look& look, absl::Time now) {
  return look.tries >= schedule.max_tries && now >= look.start_time + schedule.max_age;
}

absl::Duration OrderPause(int failed_orders, std::optional<absl::Duration> retry_after) {
  absl::Duration pause = absl::Minutes(1);
  for (int i = 1; i < failed_orders && pause < absl::Hours(24); ++i) pause *= 10;
  pause = std::min(pause, absl::Hours(24));
  return retry_after ? std::max(pause, *retry_after) : pause;
}

absl::Duration StepPause(int tries, double jitter) {
  absl::Duration pause = absl::Seconds(1) * std::pow(2.0, std::clamp(tries, 0, 6));
  pause = std::min(pause, absl::Seconds(60));
  return pause + pause * jitter / 10;
}

}  // namespace cert
