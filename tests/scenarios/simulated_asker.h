// The network of one perspective: takes a question to whom it is addressed, may lose it on the way
// as often as the engine tries, and writes down what was asked.

#pragma once

#include <cstddef>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "probe/core/asker.h"
#include "scenarios/draw.h"
#include "scenarios/public_resolver.h"
#include "scenarios/scenario.h"
#include "scenarios/timeline.h"

namespace scenarios {

struct AskedQuestion {
  absl::Time time = absl::InfinitePast();
  probe::Asking asking = {};
  bool limited = false;  // by our own limit: it was not sent
  absl::Time reply_time = absl::InfiniteFuture();
  bool lost = false;  // every attempt, though the server would have answered in time
};

// Confined to one thread.
class SimulatedAsker final : public probe::Asker {
 public:
  // All must outlive it.
  SimulatedAsker(const Scenario& scenario, std::size_t perspective, Timeline& timeline, Draw& draw);

  void Ask(const probe::Asking& asking, Done done) override;

  const std::vector<AskedQuestion>& asked() const { return asked_; }
  const std::vector<PublicResolver>& resolvers() const { return resolvers_; }
  bool IsResolver(const probe::IpAddress& address) const { return by_address_.contains(address); }

 private:
  const Path* FindRoute(const probe::IpAddress& address) const;
  probe::Reply Travel(const Path& path, AskedQuestion& asked);
  std::optional<probe::Message> AskAt(const Path& path, const probe::Asking& asking,
                                      absl::Time time);

  const Scenario& scenario_;
  const std::size_t perspective_;
  Timeline& timeline_;
  Draw& draw_;
  std::vector<PublicResolver> resolvers_;
  absl::flat_hash_map<probe::IpAddress, std::size_t> by_address_;
  std::vector<AskedQuestion> asked_;
};

}  // namespace scenarios
