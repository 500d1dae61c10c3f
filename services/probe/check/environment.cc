#include "probe/check/environment.h"

namespace probe {

CheckEnvironment WithAsker(const CheckEnvironment& environment, Asker& asker) {
  return {.timers = environment.timers,
          .asker = asker,
          .zones = environment.zones,
          .roots = environment.roots,
          .policy = environment.policy,
          .resolvers = environment.resolvers,
          .authoritative_port = environment.authoritative_port,
          .query_timeout = environment.query_timeout,
          .clock = environment.clock,
          .metrics = environment.metrics,
          .random = environment.random};
}

}  // namespace probe
