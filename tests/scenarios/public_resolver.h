// A simulated public resolver as one perspective reaches it: it asks the nameservers of the world,
// validates, and caches what it heard, a 'no' as well (RFC 2308).

#pragma once

#include <cstddef>
#include <map>
#include <optional>

#include "absl/time/time.h"
#include "probe/core/asker.h"
#include "probe/core/dns_message.h"
#include "scenarios/draw.h"
#include "scenarios/world.h"

namespace scenarios {

struct Scenario;

enum class Habit { kHonest, kSaysYes, kSaysNo, kFails, kRefuses, kNonsense, kSilent };

// An answer as it was when it came.
struct CachedAnswer {
  probe::Message message = {};
  absl::Time stored_time = absl::InfinitePast();
  absl::Time expire_time = absl::InfinitePast();
};

struct ResolverPlan {
  Habit habit = Habit::kHonest;
  bool validates = true;
  bool explains = true;  // sends extended errors (RFC 8914)
  Path path = {};        // its site has no meaning
  std::map<probe::Question, CachedAnswer> cache = {};
};

// Confined to one thread.
class PublicResolver {
 public:
  // `scenario` and `draw` must outlive it.
  PublicResolver(const Scenario& scenario, std::size_t perspective, ResolverPlan plan, Draw& draw);

  const ResolverPlan& plan() const { return plan_; }
  // Unset: nothing, or nothing that could be read.
  std::optional<probe::Message> Answer(const probe::Asking& asking, absl::Time now);

 private:
  bool IsChecked(const probe::Question& question) const;
  probe::Message Resolve(const probe::Question& question, bool checking_disabled, absl::Time now);
  std::optional<probe::Message> AskZone(std::size_t zone, const probe::Question& question,
                                        absl::Time now);
  probe::Message Fail(bool bogus) const;
  probe::Message Lie(const probe::Question& question) const;

  const Scenario& scenario_;
  const std::size_t perspective_;
  ResolverPlan plan_;
  Draw& draw_;
};

}  // namespace scenarios
