#include "scenarios/run.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_format.h"
#include "probe/check/question_budget.h"
#include "scenarios/perspective.h"
#include "scenarios/truth.h"

namespace scenarios {
namespace {

using cert::Decision;

// Of one check, to each of the resolvers: besides the first a few that explain a failure.
constexpr std::size_t kMostResolverQuestions = 10;

bool IsAbout(const AskedQuestion& asked, const Refuter& refuter) {
  return asked.asking.server.ip == refuter.address && asked.asking.question == refuter.question;
}

bool IsForAddress(const AskedQuestion& asked) {
  const probe::RrType type = asked.asking.question.type;
  return type == probe::RrType::kA || type == probe::RrType::kAaaa;
}

// One round of a scenario, judged.
class Round {
 public:
  Round(const Scenario& scenario, std::vector<std::unique_ptr<Perspective>>& perspectives,
        Timeline& timeline, RunResult& result)
      : scenario_(scenario), perspectives_(perspectives), timeline_(timeline), result_(result) {}

  cert::Evidence Play(absl::Time time);

 private:
  void Ask();
  void Judge();
  void JudgeSubject(const Subject& subject, const cert::Verdict& verdict);
  void CheckYes(const Subject& subject, const Truth& truth, const cert::Verdict& verdict);
  void CheckQuestions();
  void CheckOrder(const Subject& subject, const Truth& truth);
  bool Lost(const Refuter& refuter, absl::Time until) const;
  bool Heard(const Refuter& refuter) const;
  void Violate(const std::string& what) { result_.violations.push_back(what); }

  const Scenario& scenario_;
  std::vector<std::unique_ptr<Perspective>>& perspectives_;
  Timeline& timeline_;
  RunResult& result_;
  Interval interval_;
  std::vector<std::vector<ResolverPlan>> resolvers_;  // at the beginning
  std::vector<std::size_t> already_asked_;            // by perspective
  cert::Evidence evidence_;
};

cert::Evidence Round::Play(absl::Time time) {
  timeline_.AdvanceTo(std::max(timeline_.TimeNow(), time));
  interval_.begin = timeline_.TimeNow();
  for (const auto& perspective : perspectives_) {
    already_asked_.push_back(perspective->asker().asked().size());
    std::vector<ResolverPlan>& plans = resolvers_.emplace_back();
    for (const PublicResolver& resolver : perspective->asker().resolvers()) {
      plans.push_back(resolver.plan());
    }
  }
  Ask();
  CheckQuestions();
  Judge();
  return std::move(evidence_);
}

void Round::Ask() {
  for (const Subject& subject : scenario_.subjects) {
    evidence_.push_back({.question = subject.question});
    for (const auto& perspective : perspectives_) perspective->Begin(subject.question);
  }
  timeline_.Run();
  interval_.end = timeline_.TimeNow();
  for (const auto& perspective : perspectives_) {
    std::vector<cert::View> views = perspective->TakeViews();
    for (std::size_t i = 0; i < views.size(); ++i) {
      if (views[i].failure == kNotReportedOnce) Violate(kNotReportedOnce);
      evidence_[i].views.push_back(std::move(views[i]));
    }
  }
}

void Round::CheckQuestions() {
  const probe::AddressPolicy policy;
  std::size_t most_hops = 1;
  for (const Subject& subject : scenario_.subjects) {
    most_hops = std::max(most_hops, subject.asked_hops());
  }
  for (std::size_t p = 0; p < perspectives_.size(); ++p) {
    const SimulatedAsker& asker = perspectives_[p]->asker();
    const std::size_t count = asker.asked().size() - already_asked_[p];
    result_.checks += scenario_.subjects.size();
    result_.questions += count;
    result_.most_questions = std::max(result_.most_questions, count / scenario_.subjects.size());
    const std::size_t most = static_cast<std::size_t>(probe::kMaxQuestionsPerCheck) +
                             kMostResolverQuestions * scenario_.resolvers.size() * most_hops;
    if (count > most * scenario_.subjects.size()) Violate("too many questions");
    for (const probe::IpAddress& address : perspectives_[p]->fetcher().fetched()) {
      if (!policy.MayAsk(address)) Violate("fetched from a refused address");
    }
    for (std::size_t i = already_asked_[p]; i < asker.asked().size(); ++i) {
      const probe::Asking& asking = asker.asked()[i].asking;
      const probe::IpAddress& address = asking.server.ip;
      if (!policy.MayAsk(address)) Violate("asked the refused address " + address.ToString());
      const bool is_resolver = asker.IsResolver(address);
      result_.resolver_questions += is_resolver ? 1 : 0;
      if (is_resolver != asking.recursion_desired) Violate("recursion was desired of the wrong");
      if (!is_resolver && !scenario_.world.hosts.contains(address)) {
        Violate("asked " + address.ToString() + ", an address that nobody published");
      }
    }
  }
}

void Round::Judge() {
  std::vector<Decision> decisions;
  for (std::size_t i = 0; i < evidence_.size(); ++i) {
    const cert::Verdict verdict = cert::Judge(evidence_[i], scenario_.policy);
    decisions.push_back(verdict.decision);
    JudgeSubject(scenario_.subjects[i], verdict);
  }
  const auto has = [&](Decision decision) { return std::ranges::count(decisions, decision) > 0; };
  const Decision expected = has(Decision::kDisagreed)      ? Decision::kDisagreed
                            : has(Decision::kCouldNotTell) ? Decision::kCouldNotTell
                                                           : Decision::kAgreed;
  if (cert::JudgeAll(evidence_, scenario_.policy) != expected) {
    Violate("the verdict over all records is not that of the single ones");
  }
}

void Round::JudgeSubject(const Subject& subject, const cert::Verdict& verdict) {
  const Truth truth = TruthOf(scenario_, subject, interval_, resolvers_);
  CheckOrder(subject, truth);
  const Decision decision = verdict.decision;
  result_.judged.push_back({.decision = decision,
                            .may_agree = truth.may_agree && truth.refuters.empty(),
                            .may_disagree = truth.may_disagree,
                            .must = truth.must});
  if (truth.must && decision != *truth.must) {
    Violate(absl::StrFormat("%s: %s where only %s is true", subject.question.name,
                            cert::DecisionName(decision), cert::DecisionName(*truth.must)));
  }
  if (decision == Decision::kDisagreed && !truth.may_disagree) {
    Violate(subject.question.name + ": a 'no' that nobody said");
  }
  if (decision == Decision::kAgreed) CheckYes(subject, truth, verdict);
}

void Round::CheckYes(const Subject& subject, const Truth& truth, const cert::Verdict& verdict) {
  if (truth.left_servers_agree) {
    result_.agreed_by_left_servers += truth.may_agree && truth.refuters.empty() ? 0 : 1;
    return;
  }
  if (!truth.may_agree) Violate(subject.question.name + ": a false yes");
  bool lost = false;
  bool unheard = false;
  for (const Refuter& refuter : truth.refuters) {
    const std::size_t p = refuter.perspective;
    const bool could_tell = verdict.perspectives[p].decision != Decision::kCouldNotTell;
    if (Lost(refuter, interval_.end)) {
      lost = true;
    } else if (p != 0 && !could_tell && (refuter.leads_elsewhere || !Heard(refuter))) {
      unheard = true;
    } else {
      return Violate(absl::StrFormat("%s: a false yes, as %s says no at p%d", subject.question.name,
                                     refuter.address.ToString(), p));
    }
  }
  result_.excused_by_loss += lost ? 1 : 0;
  result_.excused_by_policy += unheard ? 1 : 0;
}

bool Round::Heard(const Refuter& refuter) const {
  const absl::Time over = interval_.begin + scenario_.check_timeout;
  const auto& asked = perspectives_[refuter.perspective]->asker().asked();
  return std::any_of(
      asked.begin() + static_cast<std::ptrdiff_t>(already_asked_[refuter.perspective]), asked.end(),
      [&](const AskedQuestion& each) {
        return IsAbout(each, refuter) && !each.lost && !each.limited && each.reply_time <= over;
      });
}

// Whether the perspective asked the refuter until then, or for its address, and heard nothing
// because all got lost.
bool Round::Lost(const Refuter& refuter, absl::Time until) const {
  bool lost = false;
  bool address_lost = false;
  const auto& asked = perspectives_[refuter.perspective]->asker().asked();
  for (std::size_t i = already_asked_[refuter.perspective]; i < asked.size(); ++i) {
    const AskedQuestion& each = asked[i];
    if (each.time > until) continue;
    address_lost |= each.lost && IsForAddress(each);
    if (!IsAbout(each, refuter)) continue;
    if (!each.lost && !IsForAddress(each)) return false;  // of those there are two
    lost |= each.lost;
  }
  return lost || (refuter.needs_address && address_lost);
}

// A resolver that is asked while a nameserver says no would cache that (RFC 2308).
void Round::CheckOrder(const Subject& subject, const Truth& truth) {
  if (subject.question.scope == observation::Scope::kAllAtOnce || truth.left_servers_agree) return;
  for (std::size_t p = 0; p < perspectives_.size(); ++p) {
    const SimulatedAsker& asker = perspectives_[p]->asker();
    const auto first =
        std::find_if(asker.asked().begin() + static_cast<std::ptrdiff_t>(already_asked_[p]),
                     asker.asked().end(), [&](const AskedQuestion& each) {
                       return asker.IsResolver(each.asking.server.ip) &&
                              each.asking.question == subject.hops.front().question;
                     });
    if (first == asker.asked().end()) continue;
    if (subject.question.scope == observation::Scope::kAuthoritative) {
      Violate("a resolver was asked where none should be");
    }
    for (const Refuter& refuter : truth.refuters) {
      if (refuter.perspective != p || !refuter.is_known || Lost(refuter, first->time)) continue;
      Violate(absl::StrFormat("a resolver was asked for %s though %s says no at p%d",
                              subject.question.name, refuter.address.ToString(), p));
    }
  }
}

}  // namespace

RunResult Run(const Scenario& scenario) {
  static base::Metrics metrics;
  Draw draw(~scenario.seed);
  Timeline timeline;
  RunResult result;
  std::vector<std::unique_ptr<Perspective>> perspectives;
  for (std::size_t p = 0; p < scenario.perspectives(); ++p) {
    perspectives.push_back(std::make_unique<Perspective>(scenario, p, timeline, draw, metrics));
  }
  for (const absl::Time time : scenario.rounds) {
    result.evidence.push_back(Round(scenario, perspectives, timeline, result).Play(time));
  }
  return result;
}

}  // namespace scenarios
