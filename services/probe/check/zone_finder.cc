#include "probe/check/zone_finder.h"

#include <utility>

namespace probe {

ZoneFinder::ZoneFinder(CheckEnvironment& environment, DnsName name, Done done)
    : environment_(environment),
      name_(std::move(name)),
      done_(std::move(done)),
      walk_(name_, environment.roots, environment.zones, Walk::Limits{}) {}

void ZoneFinder::Begin() {
  if (auto known = environment_.zones.Holder(name_, environment_.clock.TimeNow())) {
    return std::exchange(done_, nullptr)(std::move(known));
  }
  TakeSteps();
}

void ZoneFinder::TakeSteps() {
  // A refused address is consumed at once, after which there may be more to ask.
  while (!walk_.done()) {
    const auto steps = walk_.TakeSteps(environment_.clock.TimeNow());
    if (steps.empty()) break;
    for (const Walk::Step& step : steps) Ask(step);
  }
  if (walk_.done() && done_ != nullptr) std::exchange(done_, nullptr)(walk_.zone());
}

void ZoneFinder::Ask(const Walk::Step& step) {
  const std::size_t branch = step.branch;
  if (!environment_.policy.MayAsk(step.address)) {
    return walk_.Consume(branch, nullptr, environment_.clock.TimeNow());
  }
  environment_.asker.Ask(
      {.server = {step.address, environment_.authoritative_port},
       .question = step.question,
       .timeout = environment_.query_timeout},
      [self = weak_from_this(), branch](const Reply& reply) {
        const auto finder = self.lock();
        if (finder == nullptr || finder->done_ == nullptr) return;
        const Message* answer = reply.kind == Reply::Kind::kAnswered ? &reply.message : nullptr;
        finder->walk_.Consume(branch, answer, finder->environment_.clock.TimeNow());
        finder->TakeSteps();
      });
}

}  // namespace probe
