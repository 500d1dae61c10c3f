// One check as a worker knows it, and what it reports: padlock.probe.v1.Check and Report in plain
// types. Immutable values.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "observation/observation.h"

namespace probe {

// Whether a CA may issue (RFC 8659, RFC 8657).
struct CaaExpectation {
  std::vector<std::string> issuer_domains;  // lower case; any of them will do
  std::string account_uri;                  // empty: no record with `accounturi` allows it
  std::string validation_method;            // "dns-01", "http-01"
  bool wildcard = false;
};

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
