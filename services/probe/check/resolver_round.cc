#include "probe/check/resolver_round.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace probe {

ResolverRound::ResolverRound(CheckEnvironment& environment, Question question,
                             std::shared_ptr<const Expectation> expectation)
    : expectation_(std::move(expectation)) {
  const auto subject = std::make_shared<const Subject>(std::move(question));
  inquiries_.reserve(environment.resolvers.size());
  for (std::size_t index = 0; index < environment.resolvers.size(); ++index) {
    inquiries_.push_back(
        std::make_shared<ResolverInquiry>(environment, index, subject, *expectation_));
  }
}

void ResolverRound::Begin(absl::AnyInvocable<void()> on_finished) {
  on_finished_ = std::move(on_finished);
  for (const std::shared_ptr<ResolverInquiry>& inquiry : inquiries_) {
    inquiry->Begin([self = weak_from_this()] {
      if (const auto round = self.lock()) round->OnFinished();
    });
  }
}

bool ResolverRound::finished() const {
  return std::ranges::all_of(inquiries_, [](const auto& inquiry) { return inquiry->finished(); });
}

void ResolverRound::OnFinished() {
  if (finished()) std::exchange(on_finished_, nullptr)();
}

std::vector<observation::Observation> ResolverRound::Close() {
  std::vector<observation::Observation> observations;
  observations.reserve(inquiries_.size());
  for (const auto& inquiry : inquiries_) observations.push_back(inquiry->Close());
  inquiries_.clear();
  return observations;
}

}  // namespace probe
