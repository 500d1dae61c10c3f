#include "probe/check/climb.h"

#include <utility>

#include "probe/core/zone_view.h"

namespace probe {

using observation::Observation;
using observation::Vote;

Climb::Climb(CheckEnvironment& environment, const Question& question,
             std::shared_ptr<const Expectation> expectation)
    : environment_(environment),
      type_(question.type),
      expectation_(std::move(expectation)),
      names_({question.name}),
      begin_time_(environment.clock.TimeNow()) {}

void Climb::Begin(absl::AnyInvocable<void()> on_finished) {
  on_finished_ = std::move(on_finished);
  LookUp();
}

void Climb::LookUp() {
  const auto lookup = std::make_shared<AuthoritativeLookup>(
      environment_, Question{names_.back(), type_}, expectation_, may_learn_again_);
  lookup_ = lookup;
  lookup->Begin([self = weak_from_this()] {
    if (const auto climb = self.lock()) climb->OnLookup();
  });
}

void Climb::OnLookup() {
  AuthoritativeLookup::Result result = lookup_->Close();
  lookup_.reset();
  const bool climb = expectation_->caa.has_value() && result.failure.empty() &&
                     result.lacks_records && !names_.back().Parent().IsRoot();
  const bool told = result.has_records || result.lacks_records;
  Take(std::move(result));
  // The same servers may have told of a name below, which must not vouch for this one.
  if (expectation_->caa && !told) {
    std::erase_if(observations_, [](const Observation& seen) { return seen.vote == Vote::kAgree; });
  }
  if (climb) {
    names_.push_back(names_.back().Parent());
    return LookUp();
  }
  if (StartAgain()) return LookUp();
  finished_ = true;
  if (on_finished_) std::exchange(on_finished_, nullptr)();
}

bool Climb::StartAgain() {
  const bool disagree = std::ranges::any_of(
      observations_, [](const Observation& seen) { return seen.vote == Vote::kDisagree; });
  if (!disagree || known_before_.empty() || !failure_.empty()) return false;
  if (!std::exchange(may_start_again_, false)) return false;
  for (const DnsName& name : known_before_) {
    environment_.zones.Forget(name, environment_.clock.TimeNow());
  }
  names_.erase(names_.begin() + 1, names_.end());
  best_ = 0;
  found_ = false;
  may_learn_again_ = false;
  observations_.clear();
  return true;
}

void Climb::Take(AuthoritativeLookup::Result result) {
  if (result.has_records && !std::exchange(found_, true)) best_ = names_.size() - 1;
  if (result.learned_again) may_learn_again_ = false;
  failure_ = std::move(result.failure);
  if (result.learn_time < begin_time_ && (expectation_->caa || !AllAgree(result.observations))) {
    std::ranges::move(result.visited, std::back_inserter(known_before_));
  }
  const bool is_first = names_.size() == 1;
  if (!is_first && !result.has_records && AllAgree(result.observations)) return;
  observation::Append(std::move(result.observations), observations_);
}

std::vector<Question> Climb::Questions() const {
  std::vector<Question> questions = {{names_[best_], type_}};
  for (std::size_t i = 0; i < names_.size() && questions.size() < kMaxAskedNames; ++i) {
    if (i != best_) questions.push_back({names_[i], type_});
  }
  return questions;
}

std::vector<Observation> Climb::Close() {
  if (lookup_ != nullptr) Take(lookup_->Close());
  lookup_.reset();
  on_finished_ = nullptr;
  if (expectation_->caa && !finished_) {  // the names above are not known
    std::erase_if(observations_, [](const Observation& seen) { return seen.vote == Vote::kAgree; });
  }
  if (expectation_->caa && finished_ && !found_ && failure_.empty() && AllAgree(observations_)) {
    for (Observation& observation : observations_) {
      if (!observation.note.empty()) continue;
      observation.note = "no CAA record stands at this name or above it, so any CA may issue";
    }
  }
  return std::move(observations_);
}

}  // namespace probe
