// Web servers at the addresses of a host: what each says, by perspective, to whoever fetches the
// token of an http-01 challenge.

#pragma once

#include <vector>

#include "absl/time/time.h"
#include "probe/core/fetcher.h"
#include "scenarios/blueprint.h"
#include "scenarios/checked_records.h"
#include "scenarios/draw.h"
#include "scenarios/scenario.h"
#include "scenarios/timeline.h"

namespace scenarios {

inline constexpr char kWebHost[] = "web.shop.test";

// At addresses of the host's own, whose records it adds; the pages change with the other records,
// and so may the addresses.
void AddWebServers(const CheckedRecords& checked, absl::Time change_time, Draw& draw,
                   std::vector<ZoneBlueprint>& zones, Scenario& scenario);

Subject HttpSubject(observation::Scope scope, const Scenario& scenario);

// The network of one perspective. Confined to one thread.
class SimulatedFetcher final : public probe::Fetcher {
 public:
  // Both must outlive it.
  SimulatedFetcher(const Scenario& scenario, std::size_t perspective, Timeline& timeline)
      : scenario_(scenario), perspective_(perspective), timeline_(timeline) {}

  void Fetch(probe::Fetching fetching, Done done) override;

  // Addresses that were fetched from.
  const std::vector<probe::IpAddress>& fetched() const { return fetched_; }

 private:
  const Scenario& scenario_;
  const std::size_t perspective_;
  Timeline& timeline_;
  std::vector<probe::IpAddress> fetched_;
};

}  // namespace scenarios
