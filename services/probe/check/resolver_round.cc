#include "probe/check/resolver_round.h"

#include <utility>

namespace probe {
namespace {

using observation::Observation;
using observation::Outcome;
using observation::Vote;

int Weakness(const Observation& seen) {
  if (seen.outcome == Outcome::kBogus) return 3;  // a 'no' whatever the other resolvers say
  if (seen.vote == Vote::kDisagree) return 2;
  return seen.vote == Vote::kCouldNotTell ? 1 : 0;
}

}  // namespace

ResolverRound::ResolverRound(CheckEnvironment& environment, std::vector<Question> questions,
                             const std::shared_ptr<const Expectation>& expectation)
    : resolvers_(environment.resolvers.size()), unfinished_(questions.size() * resolvers_) {
  inquiries_.reserve(unfinished_);
  for (Question& question : questions) {
    const auto subject = std::make_shared<const Subject>(std::move(question), expectation);
    for (std::size_t index = 0; index < resolvers_; ++index) {
      inquiries_.emplace_back(environment, index, subject);
    }
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

std::vector<Observation> ResolverRound::Close(std::vector<Observation> before) {
  before.reserve(before.size() + resolvers_);
  for (std::size_t index = 0; index < resolvers_; ++index) {
    Observation& weakest = before.emplace_back();
    inquiries_[index].Close(weakest);
    for (std::size_t i = index + resolvers_; i < inquiries_.size(); i += resolvers_) {
      Observation seen;
      inquiries_[i].Close(seen);
      if (Weakness(seen) > Weakness(weakest)) weakest = std::move(seen);
    }
  }
  return before;
}

}  // namespace probe
