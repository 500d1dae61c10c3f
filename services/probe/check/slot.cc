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

// Makes a reading where it is to stay: moving one costs as much as making it.
template <typename Make>
struct InPlace {
  Make make;
  operator Reading() const { return make(); }  // NOLINT: that is what it is for
};
template <typename Make>
InPlace(Make) -> InPlace<Make>;

}  // namespace

const char* RoleName(ServerRole role) {
  return role == ServerRole::kRecursive ? "recursive" : "authoritative";
}

void TakeReply(const Reply& reply, const Expectation& expectation,
               const CheckEnvironment& environment, Slot& slot) {
  const Subject& subject = *slot.subject;
  slot.reading.emplace(InPlace{[&] {
    if (reply.kind != Reply::Kind::kAnswered) {
      return NoAnswer(OutcomeOf(reply.kind), subject.question.name, reply.note);
    }
    if (slot.role == ServerRole::kRecursive) {
      return ReadRecursive(reply.message, subject.question, expectation);
    }
    return ReadAuthoritative(reply.message, subject.question, subject.zone, expectation);
  }});
  Observation& observation = slot.reading->observation;
  if (observation.note.empty()) observation.note = reply.note;
  observation.over_tcp = reply.over_tcp;
  observation.round_trip_time = reply.round_trip_time;
  observation.observe_time = environment.clock.TimeNow();
  observation.cache_expire_time = CacheExpireTime(observation);
  if (reply.kind != Reply::Kind::kAnswered) return;
  environment.metrics.Observe("padlock_probe_round_trip_seconds", {{"role", RoleName(slot.role)}},
                              absl::ToDoubleSeconds(reply.round_trip_time));
}

void Complete(const CheckEnvironment& environment, Slot& slot) {
  if (!slot.reading) {
    // It may well answer: that is our own limit, not the server's silence.
    slot.reading = NoAnswer(Outcome::kNotAsked, slot.subject->question.name,
                            "the check's time was over before an answer came");
  }
  Observation& observation = slot.reading->observation;
  observation.role = slot.role;
  observation.server = std::move(slot.server);
  if (slot.has_address) observation.address = slot.address.ip.ToString();
  if (slot.role == ServerRole::kAuthoritative) observation.zone = slot.subject->zone_text;
  if (observation.observe_time == absl::UnixEpoch()) {
    observation.observe_time = environment.clock.TimeNow();
  }
}

}  // namespace probe
