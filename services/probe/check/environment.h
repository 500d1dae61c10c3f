// What all checks of one loop share.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "base/random.h"
#include "probe/check/resolver_watch.h"
#include "probe/core/address_policy.h"
#include "probe/core/asker.h"
#include "probe/core/timers.h"
#include "probe/core/zone_cache.h"

namespace probe {

struct ResolverServer {
  std::string name;  // shown in observations
  ServerAddress address;
};

// Confined to its loop's thread; outlives the checks.
struct CheckEnvironment {
  Timers& timers;
  Asker& asker;
  ZoneCache& zones;
  const Zone& roots;
  const AddressPolicy& policy;
  const std::vector<ResolverServer>& resolvers;
  std::uint16_t authoritative_port;
  absl::Duration query_timeout;
  const base::Clock& clock;
  base::Metrics& metrics;
  base::Random& random;
  ResolverWatch watch = {};
};

// The same for nameservers, who are asked through `asker`; of resolvers it knows nothing.
CheckEnvironment WithAsker(const CheckEnvironment& environment, Asker& asker);

}  // namespace probe
