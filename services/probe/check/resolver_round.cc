#include "probe/check/resolver_round.h"

#include <utility>

namespace probe {

ResolverRound::ResolverRound(CheckEnvironment& environment, Question question,
                             std::shared_ptr<const Expectation> expectation)
    : expectation_(std::move(expectation)), unfinished_(environment.resolvers.size()) {
  const auto subject = std::make_shared<const Subject>(std::move(question));
  inquiries_.reserve(environment.resolvers.size());
  for (std::size_t index = 0; index < environment.resolvers.size(); ++index) {
    inquiries_.emplace_back(environment, index, subject, *expectation_);
  }
}

void ResolverRound::Begin(absl::AnyInvocable<void()> on_finished) {
  on_finished_ = std::move(on_finished);
  for (ResolverInquiry& inquiry : inquiries_) {
    inquiry.Begin(weak_from_this(), [this] { OnFinished(); });
  }
}

void ResolverRound::OnFinished() {
  if (--unfinished_ == 0) std::exchange(on_finished_, nullptr)();
}

std::vector<observation::Observation> ResolverRound::Close(
    std::vector<observation::Observation> before) {
  before.reserve(before.size() + inquiries_.size());
  for (ResolverInquiry& inquiry : inquiries_) before.push_back(std::move(inquiry.Close()));
  return before;
}

}  // namespace probe
