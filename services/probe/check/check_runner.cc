#include "probe/check/check_runner.h"

#include <utility>

#include "probe/check/delivery.h"
#include "probe/core/ask_order.h"
#include "probe/core/report_limit.h"

namespace probe {
namespace {

using observation::Observation;
using observation::Scope;

// The name that is asked about: a CAA set covers wildcards as it stands (RFC 8659, 3).
DnsName AskedName(DnsName name, const Expectation& expectation) {
  const bool wildcard = expectation.caa && name.wire().starts_with("\1*");
  return wildcard ? name.Parent() : std::move(name);
}

std::shared_ptr<const Expectation> TakeExpectation(Check& check) {
  return std::make_shared<const Expectation>(Expectation{
      .type = check.type, .values = std::move(check.expected_values), .caa = std::move(check.caa)});
}

}  // namespace

CheckRunner::CheckRunner(CheckEnvironment& environment, Check check, Checker::Done done)
    : environment_(environment),
      budget_(environment.asker, environment.timers, environment.clock, kMaxQuestionsPerCheck),
      nameservers_(WithAsker(environment, budget_)),
      expectation_(TakeExpectation(check)),
      check_(std::move(check)),
      done_(std::move(done)) {}

void CheckRunner::Begin() {
  absl::StatusOr<DnsName> name = DnsName::Parse(check_.name);
  if (!name.ok()) return Finish(std::string(name.status().message()));
  const std::optional<RrType> type = QuestionType(check_.type);
  if (!type) return Finish("this worker does not do HTTP checks");
  if (expectation_->caa && *type != RrType::kCaa)
    return Finish("only CAA records say who may issue");
  const Question question{AskedName(*std::move(name), *expectation_), *type};
  deadline_ = environment_.timers.After(check_.timeout, [self = weak_from_this()] {
    if (const auto runner = self.lock()) runner->Finish("");
  });
  if (check_.scope == Scope::kAllAtOnce) AskResolvers({question}, resolvers_);
  AskNameservers(question);
}

void CheckRunner::AskNameservers(const Question& question) {
  const auto climb = std::make_shared<Climb>(nameservers_, question, expectation_);
  climb_ = climb;
  climb->Begin([self = weak_from_this()] {
    if (const auto runner = self.lock()) runner->OnNameservers();
  });
}

void CheckRunner::OnNameservers() {
  authoritative_ = climb_->Close();
  authoritative_done_ = true;
  if (!climb_->failure().empty()) return Finish(climb_->failure());
  const bool ask =
      check_.scope == Scope::kAuthoritativeThenRecursive && NameserversAgree(authoritative_);
  if (ask) AskResolvers(climb_->Questions(), resolvers_);
  if (check_.scope == Scope::kAllAtOnce) AskResolversOfClimb();
  FinishIfAnswered();
}

void CheckRunner::AskResolversOfClimb() {
  std::vector<Question> questions = climb_->Questions();
  std::erase(questions, climb_->first_question());
  if (!questions.empty()) AskResolvers(std::move(questions), of_climb_);
}

void CheckRunner::AskResolvers(std::vector<Question> questions,
                               std::shared_ptr<ResolverRound>& round) {
  round = std::make_shared<ResolverRound>(environment_, std::move(questions), expectation_);
  round->Begin([self = weak_from_this()] {
    if (const auto runner = self.lock()) runner->FinishIfAnswered();
  });
}

void CheckRunner::FinishIfAnswered() {
  if (finished_ || !authoritative_done_) return;
  const auto is_open = [](const auto& round) { return round != nullptr && !round->finished(); };
  if (!is_open(resolvers_) && !is_open(of_climb_)) Finish("");
}

void CheckRunner::Finish(std::string failure) {
  if (std::exchange(finished_, true)) return;
  if (deadline_) environment_.timers.CancelTimer(*deadline_);
  if (climb_ != nullptr && !authoritative_done_) {
    authoritative_ = climb_->Close();
    if (failure.empty()) failure = climb_->failure();
  }
  std::vector<Observation> observations = std::move(authoritative_);
  if (resolvers_ != nullptr) observations = resolvers_->Close(std::move(observations));
  if (of_climb_ != nullptr) TakeWorse(of_climb_->Close(), observations);
  LimitReport(observations);
  Deliver(check_, std::move(observations), std::move(failure), environment_.metrics,
          std::exchange(done_, nullptr));
}

}  // namespace probe
