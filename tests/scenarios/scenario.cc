#include "scenarios/scenario.h"

#include <algorithm>
#include <array>

#include "absl/strings/str_format.h"
#include "scenarios/blueprint.h"
#include "scenarios/caa_sets.h"
#include "scenarios/checked_records.h"
#include "scenarios/draw_faults.h"
#include "scenarios/timeline.h"
#include "scenarios/web.h"

namespace scenarios {
namespace {

constexpr std::array<const char*, kFaults> kNames = {"stale secondary", "anycast lag",
                                                     "split view",      "changed meanwhile",
                                                     "lying resolver",  "failing resolver",
                                                     "stale resolver",  "loss",
                                                     "slow server",     "silent server",
                                                     "unreachable",     "lame server",
                                                     "failing",         "garbage",
                                                     "glueless",        "parent differs",
                                                     "old glue",        "private",
                                                     "bogus",           "wildcard",
                                                     "long chain",      "loop",
                                                     "sick parent",     "short time",
                                                     "own limit",       "dname",
                                                     "fails for CAA",   "moved zone",
                                                     "odd web server",  "moved host"};

cert::AgreementPolicy DrawPolicy(Draw& draw, int resolvers) {
  constexpr std::array kRegions = {"arin", "ripe", "apnic"};
  cert::AgreementPolicy policy{.recursive_quorum = draw.Chance(0.7) ? 2 : resolvers - 1};
  const int count = draw.Chance(0.4) ? 1 : draw.Chance(0.7) ? 3 : draw.Between(2, 7);
  const bool regions = draw.Chance(0.5);
  for (int i = 0; i < count; ++i) {
    policy.perspectives.push_back({.name = absl::StrFormat("p%d", i),
                                   .region = regions ? kRegions[draw.Below(kRegions.size())] : ""});
  }
  if (draw.Chance(0.2)) policy.min_perspectives = draw.Between(1, count);
  policy.needs_validation = draw.Chance(0.8);
  return policy;
}

void AddResolvers(int count, Draw& draw, Scenario& scenario) {
  for (int i = 0; i < count; ++i) {
    scenario.resolvers.push_back(
        {.name = absl::StrFormat("resolver%d", i),
         .address = {*probe::IpAddress::Parse(absl::StrFormat("30.0.0.%d", i + 1))}});
  }
  for (std::size_t p = 0; p < scenario.perspectives(); ++p) {
    std::vector<ResolverPlan>& plans = scenario.resolver_plans.emplace_back();
    for (int i = 0; i < count; ++i) {
      plans.push_back({.path = {.round_trip_time =
                                    draw.Between(absl::Milliseconds(1), absl::Milliseconds(100))}});
    }
  }
}

absl::Time DrawChangeTime(const FaultSet& faults, Draw& draw) {
  if (!faults.test(static_cast<std::size_t>(Fault::kChangedMeanwhile))) {
    return kStartTime - absl::Hours(1);
  }
  return kStartTime + draw.Between(absl::ZeroDuration(), absl::Seconds(3));
}

observation::Scope DrawScope(Draw& draw) {
  if (draw.Chance(0.2)) return observation::Scope::kAuthoritative;
  return draw.Chance(0.9) ? observation::Scope::kAuthoritativeThenRecursive
                          : observation::Scope::kAllAtOnce;
}

void AddSubjects(const CheckedRecords& checked, bool own_zone, Draw& draw, Scenario& scenario) {
  std::vector<Subject> subjects;
  const observation::Scope scope = DrawScope(draw);
  subjects.push_back(SubjectOf(checked.claim, false, scope, scenario));
  subjects.push_back(SubjectOf(checked.challenge, false, scope, scenario));
  subjects.push_back(CaaSubject(/*wildcard=*/draw.Chance(0.4), scope, scenario));
  subjects.push_back(HttpSubject(scope, scenario));
  if (!own_zone) subjects.push_back(SubjectOf(checked.challenge, true, scope, scenario));
  const std::size_t first = draw.Chance(0.4) ? 1 : draw.Below(subjects.size());
  scenario.subjects.push_back(subjects[first]);
  if (draw.Chance(0.3)) {
    scenario.subjects.push_back(subjects[(first + 1) % subjects.size()]);
  }
}

}  // namespace

const char* FaultName(Fault fault) { return kNames[static_cast<std::size_t>(fault)]; }

const Site* Reach(const Scenario& scenario, const ZonePlan::Server& server,
                  std::size_t perspective) {
  const bool found = std::ranges::all_of(server.found_through, [&](std::size_t zone) {
    return std::ranges::any_of(scenario.zones[zone].servers, [&](const ZonePlan::Server& other) {
      const Site* site = Reach(scenario, other, perspective);
      return site != nullptr && site->manner == Manner::kHonest;
    });
  });
  const Path* path = FindPath(scenario.world, server.address, perspective);
  if (!found || path == nullptr || !IsReachable(*path)) return nullptr;
  return &scenario.world.sites[path->site];
}

bool Subject::Asks(const probe::Question& asked) const {
  return std::any_of(hops.begin(), hops.begin() + static_cast<std::ptrdiff_t>(asked_hops()),
                     [&](const Hop& hop) { return hop.question == asked; });
}

const Subject* FindSubject(const Scenario& scenario, const probe::Question& question) {
  const auto found = std::ranges::find_if(
      scenario.subjects, [&](const Subject& subject) { return subject.Asks(question); });
  return found == scenario.subjects.end() ? nullptr : &*found;
}

std::size_t ZoneOf(const Scenario& scenario, const probe::DnsName& name) {
  std::size_t best = 0;  // the root
  for (std::size_t i = 0; i < scenario.zones.size(); ++i) {
    const probe::DnsName& apex = scenario.zones[i].apex;
    if (name.IsSubdomainOf(apex) && apex.IsSubdomainOf(scenario.zones[best].apex)) best = i;
  }
  return best;
}

Scenario DrawScenario(std::uint64_t seed) {
  Draw draw(seed);
  Scenario scenario{.seed = seed, .faults = DrawFaults(draw)};
  const int resolvers = draw.Between(3, 6);
  scenario.policy = DrawPolicy(draw, resolvers);
  AddResolvers(resolvers, draw, scenario);
  scenario.rounds = {kStartTime};
  if (draw.Chance(0.3)) {
    scenario.rounds.push_back(kStartTime + draw.Between(absl::Seconds(30), absl::Minutes(20)));
  }
  if (scenario.Has(Fault::kMovedZone)) {
    scenario.rounds.resize(1);
    scenario.rounds.push_back(kStartTime + draw.Between(absl::Minutes(2), absl::Minutes(20)));
    scenario.move_time = scenario.rounds.back() - absl::Minutes(1);
  }
  const bool own_zone = draw.Chance(0.1);
  std::vector<ZoneBlueprint> zones = DrawZones(scenario.faults, own_zone, draw);
  const CheckedRecords checked{.claim = DrawClaim(),
                               .challenge = DrawChallenge(scenario.faults, own_zone, draw),
                               .right_before = draw.Chance(0.2),
                               .right_after = draw.Chance(0.75)};
  AddRecords(checked.claim, checked, draw, zones);
  AddRecords(checked.challenge, checked, draw, zones);
  AddCaaSets(draw, zones);
  if (scenario.Has(Fault::kWildcard)) AddWildcards(draw, zones);
  const absl::Time change_time = DrawChangeTime(scenario.faults, draw);
  AddWebServers(checked, change_time, draw, zones, scenario);
  Build(zones, change_time, draw, scenario);
  AddSubjects(checked, own_zone, draw, scenario);
  ApplyFaults(draw, scenario);
  return scenario;
}

}  // namespace scenarios
