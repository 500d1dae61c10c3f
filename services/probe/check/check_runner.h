// One check, from its name to its report.
//
//   ask the nameservers (climb.h) ─► they agree (ask_order.h), and the scope says so
//                                        ─► ask every resolver (resolver_round.h) ─► report
//
// A resolver that is asked too early caches the 'no' (RFC 2308), so none is asked before; except in
// Scope::kAllAtOnce, which is for diagnosis: of the name at once, and of the names that a climb for
// CAA has gone through once it is known which those are. Nameservers are asked at most
// kMaxQuestionsPerCheck times, whatever they answer, and a report holds no more than LimitReport
// leaves.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "probe/check/checker.h"
#include "probe/check/climb.h"
#include "probe/check/environment.h"
#include "probe/check/question_budget.h"
#include "probe/check/resolver_round.h"
#include "probe/core/check.h"
#include "probe/core/reading.h"

namespace probe {

// Confined to its loop's thread; owned by a shared_ptr, because answers may come after its end.
class CheckRunner : public std::enable_shared_from_this<CheckRunner> {
 public:
  CheckRunner(CheckEnvironment& environment, Check check, Checker::Done done);

  // `done` is called once, by then or later, at the latest when the check's time is over.
  void Begin();
  // Reports now; what has not answered yet says so. `failure`: why, when it is our own fault.
  void Finish(std::string failure);

 private:
  void AskNameservers(const Question& question);
  void OnNameservers();
  void AskResolvers(std::vector<Question> questions, std::shared_ptr<ResolverRound>& round);
  void AskResolversOfClimb();
  void FinishIfAnswered();

  CheckEnvironment& environment_;
  QuestionBudget budget_;
  CheckEnvironment nameservers_;  // the same, with the budget in front of the asker
  const std::shared_ptr<const Expectation> expectation_;
  const Check check_;  // without what is expected
  Checker::Done done_;
  bool finished_ = false;
  std::optional<Timers::TimerId> deadline_;

  std::shared_ptr<Climb> climb_;
  std::vector<observation::Observation> authoritative_;  // once the climb is through
  bool authoritative_done_ = false;
  std::shared_ptr<ResolverRound> resolvers_;
  std::shared_ptr<ResolverRound> of_climb_;  // if those were asked at once
};

}  // namespace probe
