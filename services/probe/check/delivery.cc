#include "probe/check/delivery.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "base/log.h"
#include "probe/check/slot.h"

namespace probe {
namespace {

// One look-up for all of a kind that follow each other, as nearly all do.
void CountAll(const std::vector<observation::Observation>& observations, base::Metrics& metrics) {
  for (auto first = observations.begin(); first != observations.end();) {
    const auto next = std::find_if(first, observations.end(), [&](const auto& seen) {
      return seen.role != first->role || seen.outcome != first->outcome;
    });
    metrics.Count(
        "padlock_probe_observations_total",
        {{"role", RoleName(first->role)}, {"outcome", observation::OutcomeName(first->outcome)}},
        static_cast<double>(next - first));
    first = next;
  }
}

}  // namespace

void Deliver(const Check& check, std::vector<observation::Observation> observations,
             std::string failure, base::Metrics& metrics, Checker::Done done) {
  CountAll(observations, metrics);
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
