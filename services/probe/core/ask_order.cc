#include "probe/core/ask_order.h"

#include <algorithm>
#include <map>
#include <string>

namespace probe {

using ::observation::Observation;
using ::observation::Outcome;
using ::observation::Vote;

bool NameserversAgree(const std::vector<Observation>& authoritative) {
  std::map<std::string, bool> zone_agrees;
  for (const Observation& seen : authoritative) {
    const bool unreached =
        seen.outcome == Outcome::kTimeout || seen.outcome == Outcome::kUnreachable;
    if (seen.vote != Vote::kAgree && !unreached) return false;
    zone_agrees[seen.zone] |= seen.vote == Vote::kAgree;
  }
  return std::ranges::all_of(zone_agrees, [](const auto& zone) { return zone.second; });
}

}  // namespace probe
