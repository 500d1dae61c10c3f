#include "probe/check/climb.h"

#include <utility>

#include "probe/core/zone_view.h"

namespace probe {

using observation::Observation;

Climb::Climb(CheckEnvironment& environment, Question question,
             std::shared_ptr<const Expectation> expectation)
    : environment_(environment),
      question_(std::move(question)),
      expectation_(std::move(expectation)),
      name_(question_.name) {}

void Climb::Begin(absl::AnyInvocable<void()> on_finished) {
  on_finished_ = std::move(on_finished);
  LookUp();
}

void Climb::LookUp() {
  const auto lookup = std::make_shared<AuthoritativeLookup>(
      environment_, Question{name_, question_.type}, expectation_, may_learn_again_);
  lookup_ = lookup;
  lookup->Begin([self = weak_from_this()] {
    if (const auto climb = self.lock()) climb->OnLookup();
  });
}

void Climb::OnLookup() {
  AuthoritativeLookup::Result result = lookup_->Close();
  lookup_.reset();
  const bool climb = expectation_->caa.has_value() && result.failure.empty() &&
                     result.lacks_records && !name_.Parent().IsRoot();
  Take(std::move(result));
  if (climb) {
    name_ = name_.Parent();
    return LookUp();
  }
  finished_ = true;
  if (on_finished_) std::exchange(on_finished_, nullptr)();
}

void Climb::Take(AuthoritativeLookup::Result result) {
  if (result.has_records && !std::exchange(found_, true)) question_.name = name_;
  if (result.learned_again) may_learn_again_ = false;
  failure_ = std::move(result.failure);
  const bool is_first = std::exchange(is_first_, false);
  if (!is_first && !result.has_records && AllAgree(result.observations)) return;
  observation::Append(std::move(result.observations), observations_);
}

std::vector<Observation> Climb::Close() {
  if (lookup_ != nullptr) Take(lookup_->Close());
  lookup_.reset();
  on_finished_ = nullptr;
  if (expectation_->caa && finished_ && !found_ && failure_.empty() && AllAgree(observations_)) {
    for (Observation& observation : observations_) {
      if (!observation.note.empty()) continue;
      observation.note = "no CAA record stands at this name or above it, so any CA may issue";
    }
  }
  return std::move(observations_);
}

}  // namespace probe
