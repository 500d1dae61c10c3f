#include "probe/core/hop.h"

#include <algorithm>
#include <utility>

namespace probe {
namespace {

std::optional<DnsName> CommonAlias(const std::vector<Reading>& readings) {
  std::optional<DnsName> alias;
  for (const Reading& reading : readings) {
    if (!reading.alias) {
      if (reading.observation.vote == observation::Vote::kAgree) return std::nullopt;
      continue;
    }
    if (alias && *alias != *reading.alias) return std::nullopt;
    alias = reading.alias;
  }
  return alias;
}

bool LeadsInCircles(const DnsName& target, const std::vector<DnsName>& visited) {
  return visited.size() > kMaxAliases || std::ranges::find(visited, target) != visited.end();
}

// The observation of a server with a CNAME at the asked name.
void ExplainAlias(bool followed, bool loops, Reading& reading) {
  observation::Observation& observation = reading.observation;
  if (followed) {
    observation.outcome = observation::Outcome::kMatch;
    observation.vote = observation::Vote::kAgree;
    observation.note = "this server answers with the CNAME that was followed";
  } else if (loops) {
    observation.outcome = observation::Outcome::kCnameLoop;
  } else {
    observation.note = "this server has a CNAME here, and others of the zone do not agree";
  }
}

}  // namespace

HopVerdict JudgeHop(std::vector<Reading> readings, const std::vector<DnsName>& visited) {
  HopVerdict verdict{.follow = CommonAlias(readings)};
  const bool loops = verdict.follow && LeadsInCircles(*verdict.follow, visited);
  if (loops) verdict.follow = std::nullopt;
  const bool unanimous =
      std::ranges::all_of(readings, [](const Reading& r) { return r.alias.has_value(); });
  if (verdict.follow && unanimous) return verdict;
  for (Reading& reading : readings) {
    if (reading.alias) ExplainAlias(verdict.follow.has_value(), loops, reading);
    verdict.observations.push_back(std::move(reading.observation));
  }
  return verdict;
}

}  // namespace probe
