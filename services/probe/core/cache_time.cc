#include "probe/core/cache_time.h"

#include <algorithm>

namespace probe {

using observation::Observation;
using observation::Outcome;

std::optional<absl::Time> CacheExpireTime(const Observation& observation) {
  switch (observation.outcome) {
    case Outcome::kMatch:
    case Outcome::kMismatch:
    case Outcome::kCnameInTheWay:
    case Outcome::kWildcardSynthesis:
    case Outcome::kCnameLoop:
      return observation.observe_time + observation.ttl;
    case Outcome::kNoData:
    case Outcome::kNoSuchName:
    case Outcome::kStale:
      if (!observation.soa_serial.has_value()) return std::nullopt;
      return observation.observe_time + observation.negative_ttl;
    case Outcome::kLame:
    case Outcome::kRefused:
    case Outcome::kServfail:
    case Outcome::kBogus:
    case Outcome::kMalformed:
    case Outcome::kTruncated:
      return observation.observe_time + kFailureTtl;
    case Outcome::kTimeout:
    case Outcome::kUnreachable:
    case Outcome::kNotAsked:
      return std::nullopt;
  }
  return std::nullopt;
}

void LimitByChain(absl::Duration chain_ttl, Observation& observation) {
  // The lack of records is remembered of the name at the end, whatever led there.
  if (observation.values.empty() || !observation.cache_expire_time.has_value()) return;
  observation.cache_expire_time =
      std::min(*observation.cache_expire_time, observation.observe_time + chain_ttl);
}

}  // namespace probe
