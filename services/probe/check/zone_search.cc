#include "probe/check/zone_search.h"

#include <utility>

namespace probe {

ZoneSearch::ZoneSearch(CheckEnvironment& environment, DnsName name)
    : environment_(environment), name_(std::move(name)) {}

void ZoneSearch::Begin(Done done) {
  done_ = std::move(done);
  const absl::Time now = environment_.clock.TimeNow();
  if (auto known = environment_.zones.Holder(name_, now)) {
    return Finish({.zone = std::move(known), .from_cache = true});
  }
  walk_.emplace(name_, environment_.roots, environment_.zones, Walk::Limits{});
  TakeSteps();
}

void ZoneSearch::TakeSteps() {
  // A refused address is consumed at once, after which there may be more to ask.
  while (!walk_->done()) {
    const auto steps = walk_->TakeSteps(environment_.clock.TimeNow());
    if (steps.empty()) break;
    for (const Walk::Step& step : steps) AskStep(step);
  }
  if (walk_->done()) Finish({.zone = walk_->zone(), .from_cache = walk_->from_cache()});
}

void ZoneSearch::AskStep(const Walk::Step& step) {
  const std::size_t branch = step.branch;
  if (!environment_.policy.MayAsk(step.address)) {
    return walk_->Consume(branch, nullptr, environment_.clock.TimeNow());
  }
  const ServerAddress server{step.address, environment_.authoritative_port};
  environment_.asker.Ask(
      {.server = server, .question = step.question, .timeout = environment_.query_timeout},
      [self = weak_from_this(), branch](const Reply& reply) {
        const auto search = self.lock();
        if (search == nullptr || !search->done_) return;
        search->TakeReply(branch, reply);
        search->TakeSteps();
      });
}

void ZoneSearch::TakeReply(std::size_t branch, const Reply& reply) {
  const absl::Time now = environment_.clock.TimeNow();
  if (reply.kind == Reply::Kind::kNotAsked) return walk_->Withhold(branch, now);
  walk_->Consume(branch, reply.kind == Reply::Kind::kAnswered ? &reply.message : nullptr, now);
}

void ZoneSearch::Finish(FoundZone found) {
  if (done_) std::exchange(done_, nullptr)(std::move(found));
}

}  // namespace probe
