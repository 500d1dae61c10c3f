// A question that is asked as part of a check, and what came of it.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "observation/observation.h"
#include "probe/check/environment.h"
#include "probe/core/dns_message.h"
#include "probe/core/dns_name.h"
#include "probe/core/reading.h"
#include "probe/core/reply.h"

namespace probe {

// What several servers are asked, written down once for all of them.
struct Subject {
  // Of resolvers: without a zone.
  explicit Subject(Question asked) : question(std::move(asked)) {}
  Subject(Question asked, const DnsName& asked_zone)
      : question(std::move(asked)), zone(asked_zone), zone_text(asked_zone.ToString()) {}

  Question question;
  DnsName zone = {};
  std::string zone_text = {};
};

struct Slot {
  std::shared_ptr<const Subject> subject;
  observation::ServerRole role = observation::ServerRole::kAuthoritative;
  std::string server = {};
  ServerAddress address = {};
  bool has_address = true;
  std::optional<Reading> reading = std::nullopt;  // once there is an answer, or there will be none
};

// Fills the reading of a slot whose question was asked, and counts it.
void TakeReply(const Reply& reply, const Expectation& expectation,
               const CheckEnvironment& environment, Slot& slot);

// Adds to the slot's observation who was asked, without which it is only what the answer says. One
// without a reading says that the check's time was over. Once.
void Complete(const CheckEnvironment& environment, Slot& slot);

// "authoritative", "recursive": for metrics.
const char* RoleName(observation::ServerRole role);

}  // namespace probe
