// A question that is asked as part of a check, and what came of it.

#pragma once

#include <optional>
#include <string>

#include "observation/observation.h"
#include "probe/check/environment.h"
#include "probe/core/dns_message.h"
#include "probe/core/dns_name.h"
#include "probe/core/reading.h"
#include "probe/core/reply.h"

namespace probe {

struct Slot {
  observation::ServerRole role = observation::ServerRole::kAuthoritative;
  std::string server;
  ServerAddress address;
  bool has_address = true;
  Question question;
  DnsName zone = {};                              // of authoritative servers
  std::optional<Reading> reading = std::nullopt;  // once there is an answer, or there will be none
};

// Fills the reading of a slot whose question was asked, and counts it.
void TakeReply(const Reply& reply, const Expectation& expectation,
               const CheckEnvironment& environment, Slot& slot);

// The slot's observation with who was asked, without which it is only what the answer says. One
// without a reading says that the check's time was over.
observation::Observation Close(Slot& slot, const CheckEnvironment& environment);

// "authoritative", "recursive": for metrics.
const char* RoleName(observation::ServerRole role);

}  // namespace probe
