#include "scenarios/describe.h"

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

namespace scenarios {
namespace {

std::string DescribePath(const World& world, const Path& path) {
  const Site& site = world.sites[path.site];
  std::string text = absl::StrFormat(" [site %d manner %d state %d rtt %s", path.site,
                                     static_cast<int>(site.manner), static_cast<int>(path.state),
                                     absl::FormatDuration(path.round_trip_time));
  if (path.loss > 0) text += absl::StrFormat(" loss %.2f", path.loss);
  for (const History& history : site.zones) {
    text += " changes " + absl::FormatTime(history.back().from, absl::UTCTimeZone());
  }
  return text + "]";
}

std::string DescribeZone(const Scenario& scenario, const ZonePlan& zone) {
  std::string text = absl::StrFormat("zone %s%s%s\n", zone.apex.ToString(),
                                     zone.has_refused_address ? ", has a refused address" : "",
                                     zone.bogus ? ", bogus" : "");
  for (const ZonePlan::Server& server : zone.servers) {
    text += absl::StrFormat("  %s%s", server.address.ToString(),
                            server.found_through.empty() ? "" : ", without glue");
    for (const Path& path : scenario.world.hosts.at(server.address)) {
      text += DescribePath(scenario.world, path);
    }
    text += "\n";
  }
  return text;
}

std::string DescribeSubject(const Subject& subject) {
  std::string text =
      absl::StrFormat("check type %d scope %d%s\n", static_cast<int>(subject.question.type),
                      static_cast<int>(subject.question.scope), subject.endless ? ", endless" : "");
  for (const Hop& hop : subject.hops) {
    text += absl::StrFormat("  %s -> %s\n", hop.question.name.ToString(),
                            hop.alias ? hop.alias->ToString() : absl::StrJoin(hop.values, ", "));
  }
  return text;
}

std::string DescribeView(const cert::View& view) {
  std::string text = absl::StrFormat("  %s %s\n", view.perspective, view.failure);
  for (const observation::Observation& seen : view.observations) {
    text += absl::StrFormat("    %-16s %-18s %-12s %-18s %-14s %s %s\n", seen.server, seen.address,
                            seen.zone, OutcomeName(seen.outcome), VoteName(seen.vote), seen.owner,
                            seen.note);
  }
  return text;
}

}  // namespace

std::string Describe(const Scenario& scenario, const RunResult& result) {
  std::string text = absl::StrFormat("seed %d, quorum %d, time %s, faults:", scenario.seed,
                                     scenario.policy.recursive_quorum,
                                     absl::FormatDuration(scenario.check_timeout));
  for (std::size_t fault = 0; fault < kFaults; ++fault) {
    if (scenario.faults.test(fault)) {
      text += absl::StrFormat(" %s,", FaultName(static_cast<Fault>(fault)));
    }
  }
  text += "\n";
  for (const ZonePlan& zone : scenario.zones) text += DescribeZone(scenario, zone);
  for (const Subject& subject : scenario.subjects) text += DescribeSubject(subject);
  for (std::size_t round = 0; round < result.evidence.size(); ++round) {
    for (const cert::Answer& answer : result.evidence[round]) {
      text += absl::StrFormat("round %d: %s\n", round,
                              DecisionName(cert::Judge(answer, scenario.policy).decision));
      for (const cert::View& view : answer.views) text += DescribeView(view);
    }
  }
  return text;
}

}  // namespace scenarios
