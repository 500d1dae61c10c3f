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

}  // namespace

HopVerdict JudgeHop(std::vector<Reading> readings, const std::vector<DnsName>& visited) {
  HopVerdict verdict{.follow = CommonAlias(readings)};
  const bool loops = verdict.follow && LeadsInCircles(*verdict.follow, visited);
  if (loops) verdict.follow = std::nullopt;
  for (Reading& reading : readings) {
    if (reading.alias && verdict.follow) continue;
    if (reading.alias && loops) {
      reading.observation.outcome = observation::Outcome::kCnameLoop;
    } else if (reading.alias) {
      reading.observation.note =
          "this server has a CNAME here, and others of the zone do not agree";
    }
    verdict.observations.push_back(std::move(reading.observation));
  }
  return verdict;
}

}  // namespace probe
