#include "probe/check/resolver_round.h"

#include <algorithm>
#include <utility>

namespace probe {

ResolverRound::ResolverRound(CheckEnvironment& environment, Question question,
                             Expectation expectation)
    : environment_(environment), expectation_(std::move(expectation)) {
  for (const ResolverServer& resolver : environment_.resolvers) {
    slots_.push_back({.role = observation::ServerRole::kRecursive,
                      .server = resolver.name,
                      .address = resolver.address,
                      .question = question});
  }
}

void ResolverRound::Begin(absl::AnyInvocable<void()> on_finished) {
  on_finished_ = std::move(on_finished);
  for (std::size_t index = 0; index < slots_.size(); ++index) {
    environment_.asker.Ask({.server = slots_[index].address,
                            .question = slots_[index].question,
                            .recursion_desired = true,
                            .timeout = environment_.query_timeout},
                           [self = weak_from_this(), index](const Reply& reply) {
                             if (const auto round = self.lock()) round->OnReply(index, reply);
                           });
  }
}

bool ResolverRound::finished() const {
  return std::ranges::all_of(slots_, [](const Slot& s) { return s.reading.has_value(); });
}

void ResolverRound::OnReply(std::size_t index, const Reply& reply) {
  if (slots_.empty()) return;  // closed
  TakeReply(reply, expectation_, environment_, slots_[index]);
  if (finished()) std::exchange(on_finished_, nullptr)();
}

std::vector<observation::Observation> ResolverRound::Close() {
  std::vector<observation::Observation> observations;
  for (Slot& slot : slots_) observations.push_back(probe::Close(slot, environment_));
  slots_.clear();
  return observations;
}

}  // namespace probe
