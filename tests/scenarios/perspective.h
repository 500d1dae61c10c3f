// One of our perspectives in a scenario: its network, what it remembers, and the checks that run
// there.

#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "cert/core/inquiry.h"
#include "probe/check/environment.h"
#include "scenarios/draw.h"
#include "scenarios/scenario.h"
#include "scenarios/simulated_asker.h"
#include "scenarios/timeline.h"
#include "scenarios/web.h"

namespace scenarios {

// Confined to one thread; neither copied nor moved, as the checks point into it.
class Perspective {
 public:
  Perspective(const Scenario& scenario, std::size_t index, Timeline& timeline, Draw& draw,
              base::Metrics& metrics);
  Perspective(const Perspective&) = delete;
  Perspective& operator=(const Perspective&) = delete;

  // Starts a check of the question; its report comes while the timeline runs.
  void Begin(const cert::Question& question);
  // The reports of the checks begun since the last call, in their order; one that has not come, or
  // came more than once, has a failure that says so.
  std::vector<cert::View> TakeViews();

  const SimulatedAsker& asker() const { return asker_; }
  const SimulatedFetcher& fetcher() const { return fetcher_; }

 private:
  struct Reported {
    int count = 0;
    cert::View view = {};
  };

  template <typename Check>
  void Run(std::shared_ptr<Check> check);

  const Scenario& scenario_;
  const std::string name_;
  Timeline& timeline_;
  SimulatedAsker asker_;
  SimulatedFetcher fetcher_;
  probe::ZoneCache zones_;
  const probe::AddressPolicy policy_;
  probe::CheckEnvironment environment_;
  std::vector<std::shared_ptr<Reported>> reported_;
};

inline constexpr char kNotReportedOnce[] = "the check did not report exactly once";

}  // namespace scenarios
