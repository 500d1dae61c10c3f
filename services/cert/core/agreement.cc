#include "cert/core/agreement.h"

#include <algorithm>
#include <map>
#include <set>

namespace cert {
namespace {

using ::observation::Observation;
using ::observation::Outcome;
using ::observation::Scope;
using ::observation::ServerRole;
using ::observation::Vote;

// What the perspectives together know of one nameserver address.
struct ServerTally {
  bool agrees = false;
  bool disagrees = false;
  bool answered_without_saying = false;
};

using ServerKey = std::pair<std::string, std::string>;  // zone, address
using Tallies = std::map<ServerKey, ServerTally>;

bool Unreached(Outcome outcome) {
  return outcome == Outcome::kTimeout || outcome == Outcome::kUnreachable ||
         outcome == Outcome::kNotAsked;
}

Tallies TallyNameservers(const Answer& answer) {
  Tallies tallies;
  for (const View& view : answer.views) {
    for (const Observation& seen : view.observations) {
      if (seen.role != ServerRole::kAuthoritative) continue;
      ServerTally& tally = tallies[{seen.zone, seen.address.empty() ? seen.server : seen.address}];
      tally.agrees |= seen.vote == Vote::kAgree;
      tally.disagrees |= seen.vote == Vote::kDisagree;
      tally.answered_without_saying |= seen.vote == Vote::kCouldNotTell && !Unreached(seen.outcome);
    }
  }
  return tallies;
}

// Over the nameservers that this view lists, with what the other views know of each.
Decision JudgeNameservers(const View& view, const Tallies& tallies) {
  std::map<std::string, bool> zone_agrees;
  bool could_not_tell = false;
  for (const Observation& seen : view.observations) {
    if (seen.role != ServerRole::kAuthoritative) continue;
    if (seen.vote == Vote::kDisagree) return Decision::kDisagreed;
    bool& agrees = zone_agrees[seen.zone];
    agrees |= seen.vote == Vote::kAgree;
    if (seen.vote == Vote::kAgree) continue;
    const ServerTally& tally =
        tallies.at({seen.zone, seen.address.empty() ? seen.server : seen.address});
    could_not_tell |= tally.agrees || tally.disagrees || tally.answered_without_saying;
  }
  const bool every_zone_agrees =
      !zone_agrees.empty() &&
      std::ranges::all_of(zone_agrees, [](const auto& zone) { return zone.second; });
  return every_zone_agrees && !could_not_tell ? Decision::kAgreed : Decision::kCouldNotTell;
}

Decision JudgeResolvers(const View& view, int quorum) {
  int total = 0;
  int agree = 0;
  int disagree = 0;
  bool bogus = false;
  for (const Observation& seen : view.observations) {
    if (seen.role != ServerRole::kRecursive) continue;
    ++total;
    agree += seen.vote == Vote::kAgree ? 1 : 0;
    disagree += seen.vote == Vote::kDisagree ? 1 : 0;
    bogus |= seen.outcome == Outcome::kBogus;
  }
  if (bogus) return Decision::kDisagreed;
  const int needed = std::min(quorum, total);
  if (total > 0 && agree >= needed) return Decision::kAgreed;
  return total - disagree < needed ? Decision::kDisagreed : Decision::kCouldNotTell;
}

Decision JudgeView(const View& view, const Scope scope, const Tallies& tallies, int quorum) {
  if (!view.failure.empty()) return Decision::kCouldNotTell;
  const Decision nameservers = JudgeNameservers(view, tallies);
  if (nameservers != Decision::kAgreed || scope == Scope::kAuthoritative) return nameservers;
  return JudgeResolvers(view, quorum);
}

// Regions of the perspectives in `names`, without unknown ones.
std::set<std::string> Regions(const AgreementPolicy& policy, const std::set<std::string>& names) {
  std::set<std::string> regions;
  for (const PerspectivePolicy& perspective : policy.perspectives) {
    if (names.contains(perspective.name) && !perspective.region.empty()) {
      regions.insert(perspective.region);
    }
  }
  return regions;
}

Decision Combine(const std::vector<PerspectiveVerdict>& verdicts, const AgreementPolicy& policy) {
  std::set<std::string> all;
  std::set<std::string> agreeing;
  int disagreeing_remotes = 0;
  Decision primary = Decision::kCouldNotTell;
  for (const PerspectiveVerdict& verdict : verdicts) {
    const bool is_primary = verdict.perspective == policy.perspectives.front().name;
    all.insert(verdict.perspective);
    if (verdict.decision == Decision::kAgreed) agreeing.insert(verdict.perspective);
    if (is_primary) primary = verdict.decision;
    disagreeing_remotes += !is_primary && verdict.decision == Decision::kDisagreed ? 1 : 0;
  }
  const int remotes = static_cast<int>(policy.perspectives.size()) - 1;
  const int allowed = AllowedDissent(remotes);
  if (primary == Decision::kDisagreed || disagreeing_remotes > allowed) return Decision::kDisagreed;
  const int agreeing_count = static_cast<int>(agreeing.size());
  const std::size_t regions_needed = std::min<std::size_t>(2, Regions(policy, all).size());
  const bool enough = primary == Decision::kAgreed && agreeing_count - 1 >= remotes - allowed &&
                      agreeing_count >= policy.min_perspectives &&
                      Regions(policy, agreeing).size() >= regions_needed;
  return enough ? Decision::kAgreed : Decision::kCouldNotTell;
}

}  // namespace

const char* DecisionName(Decision decision) {
  switch (decision) {
    case Decision::kAgreed:
      return "AGREED";
    case Decision::kDisagreed:
      return "DISAGREED";
    case Decision::kCouldNotTell:
      return "COULD_NOT_TELL";
  }
  return "?";
}

std::optional<Decision> ParseDecision(const std::string& name) {
  for (const Decision decision :
       {Decision::kAgreed, Decision::kDisagreed, Decision::kCouldNotTell}) {
    if (name == DecisionName(decision)) return decision;
  }
  return std::nullopt;
}

int AllowedDissent(int remotes) {
  if (remotes < 2) return 0;
  return remotes < 6 ? 1 : 2;
}

Verdict Judge(const Answer& answer, const AgreementPolicy& policy) {
  const Tallies tallies = TallyNameservers(answer);
  Verdict verdict;
  for (const View& view : answer.views) {
    verdict.perspectives.push_back(
        {.perspective = view.perspective,
         .decision = JudgeView(view, answer.question.scope, tallies, policy.recursive_quorum)});
  }
  // A nameserver's 'no' counts whoever heard it.
  const bool some_nameserver_disagrees =
      std::ranges::any_of(tallies, [](const auto& entry) { return entry.second.disagrees; });
  verdict.decision =
      some_nameserver_disagrees ? Decision::kDisagreed : Combine(verdict.perspectives, policy);
  return verdict;
}

Decision JudgeAll(const Evidence& evidence, const AgreementPolicy& policy) {
  Decision all = Decision::kAgreed;
  for (const Answer& answer : evidence) {
    const Decision decision = Judge(answer, policy).decision;
    if (decision == Decision::kDisagreed) return decision;
    if (decision == Decision::kCouldNotTell) all = decision;
  }
  return all;
}

std::optional<absl::Time> CachesExpireTime(const Evidence& evidence) {
  std::optional<absl::Time> last;
  for (const Answer& answer : evidence) {
    for (const View& view : answer.views) {
      for (const Observation& seen : view.observations) {
        if (seen.vote != Vote::kDisagree) continue;
        if (seen.role == ServerRole::kAuthoritative) return std::nullopt;
        const bool negative =
            seen.outcome == Outcome::kNoData || seen.outcome == Outcome::kNoSuchName;
        const absl::Time expires = seen.observe_time + (negative ? seen.negative_ttl : seen.ttl);
        last = last ? std::max(*last, expires) : expires;
      }
    }
  }
  return last;
}

}  // namespace cert
