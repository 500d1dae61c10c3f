#include "probe/check/delivery.h"

#include <cstdint>
#include <utility>

#include "base/log.h"
#include "probe/check/slot.h"

namespace probe {

void Deliver(const Check& check, std::vector<observation::Observation> observations,
             std::string failure, base::Metrics& metrics, Checker::Done done) {
  for (const observation::Observation& seen : observations) {
    metrics.Count(
        "padlock_probe_observations_total",
        {{"role", RoleName(seen.role)}, {"outcome", observation::OutcomeName(seen.outcome)}});
  }
  base::Log(base::LogLevel::kInfo, "check finished",
            {{"request_id", check.request_id},
             {"check", check.id},
             {"observations", static_cast<std::int64_t>(observations.size())},
             {"error", failure}});
  done(Report{.check_id = check.id,
              .observations = std::move(observations),
              .failure = std::move(failure)});
}

}  // namespace probe
