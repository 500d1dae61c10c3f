#include "probe/check/slot.h"

#include <utility>

#include "probe/core/cache_time.h"

namespace probe {
namespace {

using observation::Observation;
using observation::Outcome;
using observation::ServerRole;

Outcome OutcomeOf(Reply::Kind kind) {
  switch (kind) {
    case Reply::Kind::kTimeout:
      return Outcome::kTimeout;
    case Reply::Kind::kUnreachable:
      return Outcome::kUnreachable;
    case Reply::Kind::kNotAsked:
      return Outcome::kNotAsked;
    case Reply::Kind::kMalformed:
    case Reply::Kind::kAnswered:
      break;
  }
  return Outcome::kMalformed;
}

Reading Read(const Message& message, const Slot& slot) {
  const Subject& subject = *slot.subject;
  if (slot.resolver != nullptr) {
    return ReadRecursive(message, subject.question, *subject.expectation);
  }
  return ReadAuthoritative(message, subject.question, subject.zone->name, *subject.expectation);
}

std::optional<PlainMatch> FindMatch(const Reply& reply, const Slot& slot) {
  if (reply.kind != Reply::Kind::kAnswered || !reply.note.empty()) return std::nullopt;
  if (slot.resolver == nullptr && !reply.message.authoritative) return std::nullopt;
  return FindPlainMatch(reply.message, slot.subject->question, *slot.subject->expectation);
}

void Show(const Slot::Match& match, const Subject& subject, Observation& observation) {
  ShowPlainMatch(match.plain, subject.value_text, observation);
  observation.owner = subject.owner_text;
  observation.over_tcp = match.over_tcp;
  observation.round_trip_time = match.round_trip_time;
  observation.observe_time = match.observe_time;
  observation.cache_expire_time = CacheExpireTime(observation);
}

void ShowServer(const CheckEnvironment& environment, const Slot& slot, Observation& observation) {
  observation.role = slot.role();
  observation.server =
      slot.resolver != nullptr ? slot.resolver->name : slot.nameserver->name.ToString();
  if (slot.has_address) observation.address = slot.address.ip.ToString();
  observation.zone = slot.subject->zone_text;
  if (observation.observe_time == absl::UnixEpoch()) {
    observation.observe_time = environment.clock.TimeNow();
  }
}

// It may well answer: that is our own limit, not the server's silence.
void EndUnlessDone(Slot& slot) {
  if (slot.done()) return;
  TakeNoAnswer(Outcome::kNotAsked, "the check's time was over before an answer came", slot);
}

}  // namespace

const char* RoleName(ServerRole role) {
  return role == ServerRole::kRecursive ? "recursive" : "authoritative";
}

void TakeReply(const Reply& reply, const CheckEnvironment& environment, Slot& slot) {
  slot.match.reset();
  slot.reading = nullptr;
  if (reply.kind == Reply::Kind::kAnswered) {
    environment.metrics.Observe("padlock_probe_round_trip_seconds",
                                {{"role", RoleName(slot.role())}},
                                absl::ToDoubleSeconds(reply.round_trip_time));
  }
  if (const std::optional<PlainMatch> plain = FindMatch(reply, slot)) {
    slot.match = Slot::Match{.plain = *plain,
                             .round_trip_time = reply.round_trip_time,
                             .observe_time = environment.clock.TimeNow(),
                             .over_tcp = reply.over_tcp};
    return;
  }
  if (reply.kind == Reply::Kind::kAnswered) {
    slot.reading = std::make_shared<Reading>(Read(reply.message, slot));
  } else {
    TakeNoAnswer(OutcomeOf(reply.kind), reply.note, slot);
  }
  Observation& observation = slot.reading->observation;
  if (observation.note.empty()) observation.note = reply.note;
  observation.over_tcp = reply.over_tcp;
  observation.round_trip_time = reply.round_trip_time;
  observation.observe_time = environment.clock.TimeNow();
  observation.cache_expire_time = CacheExpireTime(observation);
}

void TakeNoAnswer(Outcome outcome, std::string_view note, Slot& slot) {
  slot.reading = std::make_shared<Reading>(NoAnswer(outcome, slot.subject->question.name, note));
}

void TakeObservation(const CheckEnvironment& environment, Slot& slot, Observation& out) {
  EndUnlessDone(slot);
  if (slot.match) {
    Show(*slot.match, *slot.subject, out);
  } else {
    out = std::move(slot.reading->observation);
  }
  ShowServer(environment, slot, out);
}

void Explain(const CheckEnvironment& environment, Slot& slot) {
  EndUnlessDone(slot);
  if (slot.match) {
    slot.reading = std::make_shared<Reading>();
    Show(*slot.match, *slot.subject, slot.reading->observation);
    slot.reading->has_records = true;
    slot.reading->records = {slot.subject->expectation->values.front()};
    slot.match.reset();
  }
  ShowServer(environment, slot, slot.reading->observation);
}

}  // namespace probe
