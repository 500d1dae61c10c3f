// One check as a worker knows it, and what it reports: padlock.probe.v1.Check and Report in plain
// types. Immutable values.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "observation/observation.h"
#include "probe/core/caa.h"

namespace probe {

struct Check {
  std::string id;
  std::string request_id;
  std::string name;  // A-labels, lower case, without the trailing dot
  observation::RecordType type = observation::RecordType::kTxt;
  observation::Scope scope = observation::Scope::kAuthoritative;
  std::vector<std::string> expected_values;
  absl::Duration timeout = absl::ZeroDuration();
  std::optional<CaaExpectation> caa = std::nullopt;  // of type kCaa; without it a plain look
};

struct Report {
  std::string check_id;
  std::vector<observation::Observation> observations = {};
  std::string failure = {};  // our own fault, in one sentence; empty otherwise
};

}  // namespace probe
