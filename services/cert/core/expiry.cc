#include "cert/core/expiry.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/str_format.h"
#include "base/strings.h"
#include "cert/core/schedule.h"

namespace cert {
namespace {

constexpr absl::Duration kShortestUrgentPause = absl::Minutes(10);
constexpr absl::Duration kLongestUrgentPause = absl::Hours(1);
constexpr int kUrgentAttempts = 24;  // the time left is divided among so many

std::string Count(std::int64_t count, const char* what) {
  return absl::StrFormat("%d %s%s", count, what, count == 1 ? "" : "s");
}

// How long may be waited when the certificate ends in `left`.
absl::Duration LongestPause(absl::Duration left) {
  if (left > kLastDay) return std::max(left - kLastDay, kLongestUrgentPause);
  if (left <= absl::ZeroDuration()) return kLongestUrgentPause;
  return std::clamp(left / kUrgentAttempts, kShortestUrgentPause, kLongestUrgentPause);
}

Finding ExpiredFinding(absl::Time expire_time) {
  Finding finding{.code = FindingCode::kCertificateExpired};
  finding.sentence =
      absl::StrFormat("The certificate in use expired at %s and there is no new one yet.",
                      base::UtcText(expire_time));
  return finding;
}

bool SaysExpired(const std::optional<Finding>& finding) {
  return finding && finding->code == FindingCode::kCertificateExpired;
}

}  // namespace

bool IsLastDay(absl::Time now, std::optional<absl::Time> expire_time) {
  return expire_time && *expire_time - now <= kLastDay;
}

std::string TimeLeftText(absl::Duration left) {
  if (left >= absl::Hours(24)) return Count(left / absl::Hours(24), "day");
  if (left >= absl::Hours(1)) return Count(left / absl::Hours(1), "hour");
  return "less than an hour";
}

absl::Duration RenewalPause(int failed_orders, std::optional<absl::Duration> retry_after,
                            std::optional<absl::Time> expire_time, absl::Time now) {
  const absl::Duration usual = OrderPause(failed_orders, retry_after);
  if (!expire_time) return usual;
  const absl::Duration asked = OrderPause(0, retry_after);
  const absl::Duration ours =
      std::min(OrderPause(failed_orders, std::nullopt), LongestPause(*expire_time - now));
  return retry_after ? std::max(ours, asked) : ours;
}

std::optional<Finding> WithExpiry(std::optional<Finding> cause,
                                  std::optional<absl::Time> expire_time, absl::Time now) {
  if (!expire_time) return cause;
  if (now >= *expire_time) {
    Finding expired = ExpiredFinding(*expire_time);
    if (!cause) return expired;
    cause->code = expired.code;
    cause->sentence = expired.sentence + " " + cause->sentence;
    return cause;
  }
  if (!cause) return cause;
  cause->sentence += absl::StrFormat(" The certificate in use is valid for another %s, until %s.",
                                     TimeLeftText(*expire_time - now), base::UtcText(*expire_time));
  return cause;
}

bool IsNewlyExpired(const std::optional<Finding>& before, const std::optional<Finding>& after) {
  return SaysExpired(after) && !SaysExpired(before);
}

}  // namespace cert
