// The answer that nearly all are: one TXT record, the expected one, and nothing to explain. All
// that it says is known already but for a few octets, so these are kept until a report is made of
// them, instead of a whole Reading for each server.

#pragma once

#include <optional>
#include <string>

#include "absl/time/time.h"
#include "observation/observation.h"
#include "probe/core/dns_message.h"
#include "probe/core/reading.h"

namespace probe {

struct PlainMatch {
  absl::Duration ttl = absl::ZeroDuration();
  bool authenticated_data = false;
};

// Unset for every other answer; those that are to have authority must have been seen to.
std::optional<PlainMatch> FindPlainMatch(const Message& message, const Question& question,
                                         const Expectation& expectation);

// The observation that ReadAuthoritative or ReadRecursive would have made, but for the owner.
// `value`: the expected one, as ShownText shows it.
void ShowPlainMatch(const PlainMatch& match, const std::string& value,
                    observation::Observation& observation);

}  // namespace probe
