#include "probe/core/ask_order.h"

#include <algorithm>

namespace probe {

using ::observation::Observation;
using ::observation::Outcome;
using ::observation::Vote;

bool NameserversAgree(const std::vector<Observation>& authoritative) {
  const auto agrees = [](const Observation& seen) { return seen.vote == Vote::kAgree; };
  return std::ranges::all_of(authoritative, [&](const Observation& seen) {
    if (agrees(seen)) return true;
    if (!IsUnreached(seen)) return false;
    return std::ranges::any_of(authoritative, [&](const Observation& other) {
      return agrees(other) && other.zone == seen.zone && other.owner == seen.owner;
    });
  });
}

bool IsUnreached(const Observation& seen) {
  return seen.outcome == Outcome::kTimeout || seen.outcome == Outcome::kUnreachable;
}

}  // namespace probe
