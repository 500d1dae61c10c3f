#include "scenarios/simulated_asker.h"

#include <utility>

namespace scenarios {
namespace {

using probe::Reply;

constexpr int kAttempts = 2;  // of the engine, each with half of the time

absl::Duration DelayOf(const Reply& reply, absl::Duration timeout) {
  return reply.kind == Reply::Kind::kTimeout ? timeout : reply.round_trip_time;
}

}  // namespace

SimulatedAsker::SimulatedAsker(const Scenario& scenario, std::size_t perspective,
                               Timeline& timeline, Draw& draw)
    : scenario_(scenario), perspective_(perspective), timeline_(timeline), draw_(draw) {
  const std::vector<ResolverPlan>& plans = scenario.resolver_plans[perspective];
  for (std::size_t i = 0; i < plans.size(); ++i) {
    resolvers_.emplace_back(scenario, perspective, plans[i], draw);
    by_address_[scenario.resolvers[i].address.ip] = i;
  }
}

void SimulatedAsker::Ask(const probe::Asking& asking, Done done) {
  AskedQuestion& asked =
      asked_.emplace_back(AskedQuestion{.time = timeline_.TimeNow(), .asking = asking});
  const Path* path = FindRoute(asked.asking.server.ip);
  Reply reply;
  if (scenario_.own_limit > 0 && draw_.Chance(scenario_.own_limit)) {
    asked.limited = true;
    reply.kind = Reply::Kind::kNotAsked;
  } else if (path == nullptr || path->state == Path::State::kUnreachable) {
    reply = {.kind = Reply::Kind::kUnreachable, .round_trip_time = absl::Milliseconds(5)};
  } else {
    reply = Travel(*path, asked);
  }
  const absl::Duration delay = DelayOf(reply, asked.asking.timeout);
  asked.reply_time = timeline_.TimeNow() + delay;
  timeline_.After(delay, [reply = std::move(reply), done = std::move(done)]() mutable {
    done(std::move(reply));
  });
}

const Path* SimulatedAsker::FindRoute(const probe::IpAddress& address) const {
  const auto resolver = by_address_.find(address);
  if (resolver != by_address_.end()) return &resolvers_[resolver->second].plan().path;
  return FindPath(scenario_.world, address, perspective_);
}

// The question to its server and the answer back; the time that this takes is the round trip's.
Reply SimulatedAsker::Travel(const Path& path, AskedQuestion& asked) {
  Reply nothing{.kind = Reply::Kind::kTimeout};
  if (!IsReachable(path)) return nothing;
  absl::Duration waited = absl::ZeroDuration();
  for (int attempt = 0; attempt < kAttempts; ++attempt, waited += asked.asking.timeout / 2) {
    if (path.loss > 0 && draw_.Chance(path.loss)) continue;
    const absl::Duration arrival = waited + path.round_trip_time / 2;
    auto message = AskAt(path, asked.asking, timeline_.TimeNow() + arrival);
    const absl::Duration whole = waited + path.round_trip_time;
    if (!message) return {.kind = Reply::Kind::kMalformed, .round_trip_time = whole};
    message->question = asked.asking.question;
    return {
        .kind = Reply::Kind::kAnswered, .message = *std::move(message), .round_trip_time = whole};
  }
  asked.lost = true;
  return nothing;
}

std::optional<probe::Message> SimulatedAsker::AskAt(const Path& path, const probe::Asking& asking,
                                                    absl::Time time) {
  const auto resolver = by_address_.find(asking.server.ip);
  if (resolver != by_address_.end()) return resolvers_[resolver->second].Answer(asking, time);
  return AnswerOf(scenario_.world.sites[path.site], asking.question, time);
}

}  // namespace scenarios
