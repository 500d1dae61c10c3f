#include "cert/core/agreement.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "base/enum_names.h"
#include "cert/core/names.h"

namespace cert {
namespace {

using ::observation::Observation;
using ::observation::Outcome;
using ::observation::RecordType;
using ::observation::Scope;
using ::observation::ServerRole;
using ::observation::Vote;

constexpr base::EnumNames<Decision, 3> kDecisionNames{{
    {Decision::kAgreed, "AGREED"},
    {Decision::kDisagreed, "DISAGREED"},
    {Decision::kCouldNotTell, "COULD_NOT_TELL"},
}};

constexpr std::size_t kRegions = 2;  // that the agreeing remotes lie in, where they can

// What the perspectives together know of one nameserver address.
struct ServerTally {
  bool disagrees = false;
  bool answered = false;
  bool not_asked = false;  // by our own limits: whether it could be reached is not known
};

// Of HTTP the votes are those of web servers, which are named like the host. Its nameservers are
// listed only where they do not say of its addresses what others of their zone do.
bool IsOfHostsNameserver(const Question& question, const Observation& seen) {
  return question.type == RecordType::kHttp && seen.server != question.name;
}

struct ServerKey {
  std::string zone;
  std::string address;
  bool is_hosts_nameserver = false;  // a web server may have the same address

  auto operator<=>(const ServerKey&) const = default;
};
using Tallies = std::map<ServerKey, ServerTally>;

ServerKey KeyOf(const Question& question, const Observation& seen) {
  return {seen.zone, seen.address.empty() ? seen.server : seen.address,
          IsOfHostsNameserver(question, seen)};
}

bool Lists(const View& view, const Question& question, const ServerKey& server) {
  return std::ranges::any_of(view.observations, [&](const Observation& seen) {
    return seen.role == ServerRole::kAuthoritative && KeyOf(question, seen) == server;
  });
}

Tallies TallyNameservers(const Answer& answer) {
  Tallies tallies;
  for (const View& view : answer.views) {
    for (const Observation& seen : view.observations) {
      if (seen.role != ServerRole::kAuthoritative) continue;
      const bool unreached =
          seen.outcome == Outcome::kTimeout || seen.outcome == Outcome::kUnreachable;
      ServerTally& tally = tallies[KeyOf(answer.question, seen)];
      tally.disagrees |= seen.vote == Vote::kDisagree;
      tally.not_asked |= seen.outcome == Outcome::kNotAsked;
      tally.answered |=
          seen.vote != Vote::kCouldNotTell || (!unreached && seen.outcome != Outcome::kNotAsked);
    }
  }
  // Where one is not listed it told what others did.
  for (auto& entry : tallies) {
    if (!entry.first.is_hosts_nameserver) continue;
    entry.second.answered |= std::ranges::any_of(answer.views, [&](const View& view) {
      return !view.observations.empty() && !Lists(view, answer.question, entry.first);
    });
  }
  return tallies;
}

// True when an agreeing answer was reached through a CNAME at the name for which `silent` was
// asked. The nameservers that gave this CNAME agree, but their votes are cast where it leads
// (probe/core/hop.h).
bool LedOnward(const View& view, const std::string& asked_name, const Observation& silent) {
  return std::ranges::any_of(view.observations, [&](const Observation& seen) {
    const bool led = seen.role == ServerRole::kAuthoritative && seen.vote == Vote::kAgree &&
                     !seen.cname_chain.empty();
    if (!led) return false;
    if (silent.cname_chain.empty()) return IsInside(asked_name, silent.zone);
    return std::find(seen.cname_chain.begin(), seen.cname_chain.end() - 1,
                     silent.cname_chain.back()) != seen.cname_chain.end() - 1;
  });
}

// Whether a sibling vouches for each server of the view: one of its zone that agrees about the same
// name, since at another name along the CNAMEs it may have been another's to tell.
bool EveryNameHasAgreement(const View& view, const Question& question) {
  std::map<std::pair<std::string, std::string>, bool> agrees;  // by zone and owner
  const auto is_vote = [&](const Observation& seen) {
    return seen.role == ServerRole::kAuthoritative && !IsOfHostsNameserver(question, seen);
  };
  for (const Observation& seen : view.observations) {
    if (is_vote(seen)) agrees[{seen.zone, seen.owner}] |= seen.vote == Vote::kAgree;
  }
  return !agrees.empty() && std::ranges::all_of(view.observations, [&](const Observation& seen) {
    return !is_vote(seen) || agrees.at({seen.zone, seen.owner}) ||
           LedOnward(view, question.name, seen);
  });
}

// Over the nameservers that this view lists, with what the other views know of each.
Decision JudgeNameservers(const View& view, const Question& question, const Tallies& tallies) {
  bool could_not_tell = false;
  for (const Observation& seen : view.observations) {
    if (seen.role != ServerRole::kAuthoritative) continue;
    if (seen.vote == Vote::kDisagree) return Decision::kDisagreed;
    if (seen.vote == Vote::kAgree) continue;
    const ServerTally& tally = tallies.at(KeyOf(question, seen));
    could_not_tell |= tally.answered || tally.not_asked;
  }
  return EveryNameHasAgreement(view, question) && !could_not_tell ? Decision::kAgreed
                                                                  : Decision::kCouldNotTell;
}

Decision JudgeResolvers(const View& view, int quorum) {
  int total = 0;
  int agree = 0;
  int disagree = 0;
  for (const Observation& seen : view.observations) {
    if (seen.role != ServerRole::kRecursive) continue;
    ++total;
    agree += seen.vote == Vote::kAgree ? 1 : 0;
    disagree += seen.vote == Vote::kDisagree ? 1 : 0;
  }
  if (total == 0) return Decision::kCouldNotTell;
  const int needed = std::clamp(quorum, 1, total);
  if (agree >= needed) return Decision::kAgreed;
  return total - disagree < needed ? Decision::kDisagreed : Decision::kCouldNotTell;
}

bool SeesBogus(const View& view) {
  return std::ranges::any_of(
      view.observations, [](const Observation& seen) { return seen.outcome == Outcome::kBogus; });
}

// What it answered does not matter here: a validating resolver answers only what it has validated.
bool HasValidatedAnswer(const View& view) {
  return std::ranges::any_of(view.observations, [](const Observation& seen) {
    return seen.role == ServerRole::kRecursive && seen.vote != Vote::kCouldNotTell &&
           seen.validating.value_or(true);
  });
}

// Older workers ask no resolver for the addresses of a web server; newer ones do as soon as every
// nameserver agrees.
bool IsHttpOfOlderWorker(const View& view, const Question& question, Decision nameservers) {
  return question.type == RecordType::kHttp && nameservers == Decision::kAgreed &&
         std::ranges::count(view.observations, ServerRole::kRecursive, &Observation::role) == 0;
}

PerspectiveVerdict JudgeView(const View& view, const Question& question, const Tallies& tallies,
                             int quorum) {
  PerspectiveVerdict verdict{.perspective = view.perspective};
  if (!view.failure.empty()) return verdict;
  verdict.nameservers = JudgeNameservers(view, question, tallies);
  verdict.decision = verdict.nameservers;
  const bool asks_resolvers = question.scope != Scope::kAuthoritative &&
                              !IsHttpOfOlderWorker(view, question, verdict.nameservers);
  if (verdict.nameservers == Decision::kAgreed && asks_resolvers) {
    verdict.decision = JudgeResolvers(view, quorum);
  }
  if (SeesBogus(view)) verdict.decision = Decision::kDisagreed;
  return verdict;
}

// Whether some resolver vouches for what the perspectives agree upon.
bool IsValidated(const Answer& answer, const std::vector<PerspectiveVerdict>& verdicts) {
  for (std::size_t i = 0; i < answer.views.size(); ++i) {
    const View& view = answer.views[i];
    if (HasValidatedAnswer(view)) return true;
    if (IsHttpOfOlderWorker(view, answer.question, verdicts[i].nameservers)) return true;
  }
  return false;
}

// Whether the policy would be content if exactly the perspectives of which `agrees` is true did.
template <typename Predicate>
bool Suffices(const AgreementPolicy& policy, Predicate agrees) {
  int count = 0;
  std::set<std::string> regions;           // of the remotes
  std::set<std::string> agreeing_regions;  // of the agreeing remotes
  for (const PerspectivePolicy& perspective : policy.perspectives) {
    const bool is_primary = &perspective == &policy.perspectives.front();
    const bool agreeing = agrees(perspective.name);
    if (is_primary && !agreeing) return false;
    count += agreeing ? 1 : 0;
    if (is_primary || perspective.region.empty()) continue;
    regions.insert(perspective.region);
    if (agreeing) agreeing_regions.insert(perspective.region);
  }
  const int total = static_cast<int>(policy.perspectives.size());
  return total > 0 && total - count <= AllowedDissent(total - 1) &&
         count >= policy.min_perspectives &&
         (regions.size() < kRegions || agreeing_regions.size() >= kRegions);
}

// Disagreed only if somebody disagrees and those who could not tell cannot outvote it any more.
Decision Combine(const std::vector<PerspectiveVerdict>& verdicts, const AgreementPolicy& policy) {
  std::map<std::string, Decision> decisions;
  for (const PerspectiveVerdict& verdict : verdicts) {
    decisions.try_emplace(verdict.perspective, verdict.decision);
  }
  const auto decision_of = [&](const std::string& perspective) {
    const auto found = decisions.find(perspective);
    return found == decisions.end() ? Decision::kCouldNotTell : found->second;
  };
  const auto agrees = [&](const std::string& perspective) {
    return decision_of(perspective) == Decision::kAgreed;
  };
  const auto may_agree = [&](const std::string& perspective) {
    return decision_of(perspective) != Decision::kDisagreed;
  };
  if (Suffices(policy, agrees)) return Decision::kAgreed;
  const bool some_disagree = !std::ranges::all_of(
      policy.perspectives, may_agree, [](const PerspectivePolicy& p) { return p.name; });
  return some_disagree && !Suffices(policy, may_agree) ? Decision::kDisagreed
                                                       : Decision::kCouldNotTell;
}

// Until when a resolver's 'no' may come from its cache; the past if it cannot.
absl::Time CachedUntil(const Observation& seen) {
  if (seen.cache_expire_time) return *seen.cache_expire_time;
  const bool negative = seen.outcome == Outcome::kNoData || seen.outcome == Outcome::kNoSuchName;
  const absl::Duration ttl = negative ? seen.negative_ttl : seen.ttl;
  return ttl > absl::ZeroDuration() ? seen.observe_time + ttl : absl::InfinitePast();
}

}  // namespace

const char* DecisionName(Decision decision) { return base::NameIn(kDecisionNames, decision); }

std::optional<Decision> ParseDecision(const std::string& name) {
  return base::ValueIn(kDecisionNames, name);
}

std::vector<std::string> PerspectiveNames(const AgreementPolicy& policy) {
  std::vector<std::string> names;
  for (const PerspectivePolicy& perspective : policy.perspectives) {
    names.push_back(perspective.name);
  }
  return names;
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
        JudgeView(view, answer.question, tallies, policy.recursive_quorum));
  }
  // A nameserver's 'no' counts whoever heard it, and so does a failed DNSSEC validation.
  const bool refuted =
      std::ranges::any_of(tallies, [](const auto& entry) { return entry.second.disagrees; }) ||
      std::ranges::any_of(answer.views, SeesBogus);
  verdict.decision = refuted ? Decision::kDisagreed : Combine(verdict.perspectives, policy);
  verdict.unvalidated = verdict.decision == Decision::kAgreed && policy.needs_validation &&
                        answer.question.scope != Scope::kAuthoritative &&
                        !IsValidated(answer, verdict.perspectives);
  if (verdict.unvalidated) verdict.decision = Decision::kCouldNotTell;
  return verdict;
}

Decision JudgeAll(const Evidence& evidence, const AgreementPolicy& policy) {
  // Where nothing was asked nothing is agreed.
  Decision all = evidence.empty() ? Decision::kCouldNotTell : Decision::kAgreed;
  for (const Answer& answer : evidence) {
    const Decision decision = Judge(answer, policy).decision;
    if (decision == Decision::kDisagreed) return decision;
    if (decision == Decision::kCouldNotTell) all = decision;
  }
  return all;
}

std::optional<absl::Time> CachesExpireTime(const Evidence& evidence) {
  absl::Time first = absl::InfiniteFuture();
  for (const Answer& answer : evidence) {
    for (const View& view : answer.views) {
      for (const Observation& seen : view.observations) {
        if (seen.vote != Vote::kDisagree) continue;
        if (seen.role == ServerRole::kAuthoritative) return std::nullopt;
        const absl::Time until = CachedUntil(seen);
        if (until != absl::InfinitePast()) first = std::min(first, until);
      }
    }
  }
  return first == absl::InfiniteFuture() ? std::nullopt : std::optional(first);
}

}  // namespace cert
