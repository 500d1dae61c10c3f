// A question that is asked as part of a check, and what came of it.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "observation/observation.h"
#include "probe/check/environment.h"
#include "probe/core/dns_message.h"
#include "probe/core/plain_match.h"
#include "probe/core/reading.h"
#include "probe/core/reply.h"
#include "probe/core/zone.h"

namespace probe {

// What several servers are asked and should say, written down once for all of them.
struct Subject {
  // Of resolvers: without a zone.
  Subject(Question asked, std::shared_ptr<const Expectation> expected,
          std::shared_ptr<const Zone> asked_zone = nullptr)
      : question(std::move(asked)),
        expectation(std::move(expected)),
        zone(std::move(asked_zone)),
        owner_text(question.name.ToString()),
        value_text(expectation->values.size() == 1 ? ShownText(expectation->values.front()) : ""),
        zone_text(zone == nullptr ? "" : zone->name.ToString()) {}

  Question question;
  std::shared_ptr<const Expectation> expectation;
  std::shared_ptr<const Zone> zone;
  // As observations show them.
  std::string owner_text;
  std::string value_text;  // if one is expected
  std::string zone_text;
};

// Small, since there is one for each question under way: most answers leave a match and no reading.
struct Slot {
  struct Match {
    PlainMatch plain = {};
    absl::Duration round_trip_time = absl::ZeroDuration();
    absl::Time observe_time = absl::UnixEpoch();
    bool over_tcp = false;
  };

  std::shared_ptr<const Subject> subject;
  // Who is asked: one of the subject's zone, or else a resolver of the environment.
  const Nameserver* nameserver = nullptr;
  const ResolverServer* resolver = nullptr;
  ServerAddress address = {};
  bool has_address = true;
  // One of them once there is an answer, or there will be none.
  std::optional<Match> match = std::nullopt;
  std::shared_ptr<Reading> reading = nullptr;

  bool done() const { return match.has_value() || reading != nullptr; }
  observation::ServerRole role() const {
    return resolver == nullptr ? observation::ServerRole::kAuthoritative
                               : observation::ServerRole::kRecursive;
  }
};

// Fills a slot whose question was asked, and counts it.
void TakeReply(const Reply& reply, const CheckEnvironment& environment, Slot& slot);
// There is none, and why.
void TakeNoAnswer(observation::Outcome outcome, std::string_view note, Slot& slot);

// What the slot has to say, and who was asked; one that is not done says that the check's time was
// over. Its reading is used up.
void TakeObservation(const CheckEnvironment& environment, Slot& slot,
                     observation::Observation& out);
// The same as a reading, which stays there to be looked at.
void Explain(const CheckEnvironment& environment, Slot& slot);

// "authoritative", "recursive": for metrics.
const char* RoleName(observation::ServerRole role);

}  // namespace probe
