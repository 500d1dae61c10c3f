// Until when caches keep what a server answered, from which the next useful look follows.

#pragma once

#include <optional>

#include "absl/time/time.h"
#include "observation/observation.h"

namespace probe {

// How long resolvers remember that a server failed. RFC 9520, 3.2 asks for at least a second and at
// most five minutes, and gives five seconds as the first step of a back-off.
inline constexpr absl::Duration kFailureTtl = absl::Seconds(5);

// Of an observation as its answer was read, at its observe_time: records for their TTL, the lack of
// them for the negative TTL of the zone's SOA (RFC 2308, 5), a failure for kFailureTtl. Unset when
// nothing keeps it: there was no answer, or a 'no' came without an SOA.
std::optional<absl::Time> CacheExpireTime(const observation::Observation& observation);

// Adds what led there: a CNAME that expires earlier takes the records at its end along.
void LimitByChain(absl::Duration chain_ttl, observation::Observation& observation);

}  // namespace probe
