#include "probe/check/resolver_round.h"

#include <utility>

#include "absl/container/inlined_vector.h"

namespace probe {
namespace {

using observation::Observation;
using observation::Outcome;
using observation::Vote;

struct Said {
  const Question* question = nullptr;
  Observation seen = {};
};

bool IsForAddress(const Question& question) {
  return question.type == RrType::kA || question.type == RrType::kAaaa;
}

// Whether a host has no address of this type, but one of the other.
bool LacksOneType(const Said& one, const std::vector<Said>& all) {
  const bool lacks =
      one.seen.outcome == Outcome::kNoData || one.seen.outcome == Outcome::kNoSuchName;
  return lacks && IsForAddress(*one.question) && std::ranges::any_of(all, [&](const Said& other) {
           return IsForAddress(*other.question) && other.question->name == one.question->name &&
                  other.seen.vote == Vote::kAgree;
         });
}

int Weakness(const Observation& seen) {
  if (seen.outcome == Outcome::kBogus) return 3;  // a 'no' whatever the other resolvers say
  if (seen.vote == Vote::kDisagree) return 2;
  return seen.vote == Vote::kCouldNotTell ? 1 : 0;
}

}  // namespace

ResolverRound::ResolverRound(CheckEnvironment& environment, std::vector<Question> questions,
                             const std::shared_ptr<const Expectation>& expectation)
    : environment_(environment),
      resolvers_(environment.resolvers.size()),
      unfinished_(questions.size() * resolvers_) {
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
  // Before the first inquiry, which may begin to probe for the others too.
  absl::InlinedVector<bool, 16> being_probed;
  for (std::size_t i = 0; i < resolvers_; ++i) {
    being_probed.push_back(environment_.watch.IsProbing(i));
  }
  for (std::size_t i = 0; i < inquiries_.size(); ++i) {
    inquiries_[i].Begin(weak_from_this(), being_probed[i % resolvers_], [this] { OnFinished(); });
  }
}

void ResolverRound::OnFinished() {
  if (--unfinished_ == 0) std::exchange(on_finished_, nullptr)();
}

std::vector<Observation> ResolverRound::Close(std::vector<Observation> before) {
  before.reserve(before.size() + resolvers_);
  const bool is_one = inquiries_.size() == resolvers_;  // question, as nearly always
  for (std::size_t index = 0; index < resolvers_; ++index) {
    if (is_one) {
      inquiries_[index].Close(before.emplace_back());
    } else {
      before.push_back(CloseResolver(index));
    }
  }
  return before;
}

Observation ResolverRound::CloseResolver(std::size_t index) {
  std::vector<Said> said;
  for (std::size_t i = index; i < inquiries_.size(); i += resolvers_) {
    said.push_back({&inquiries_[i].question()});
    inquiries_[i].Close(said.back().seen);
  }
  return std::ranges::max_element(
             said, {},
             [&](const Said& one) { return LacksOneType(one, said) ? -1 : Weakness(one.seen); })
      ->seen;
}

void TakeWorse(std::vector<Observation> later, std::vector<Observation>& observations) {
  const std::size_t before = observations.size() - later.size();
  for (std::size_t i = 0; i < later.size(); ++i) {
    Observation& seen = observations[before + i];
    if (Weakness(later[i]) >= Weakness(seen)) seen = std::move(later[i]);
  }
}

}  // namespace probe
