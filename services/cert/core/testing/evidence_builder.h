// Evidence in few words, for tests: what servers said, where a customer's zone is shop.test on ns1
// and ns2, and ours is dcv.test. Pure functions that return values.

#pragma once

#include <string>
#include <utility>
#include <vector>

#include "cert/core/agreement.h"
#include "cert/core/diagnosis.h"
#include "cert/core/inquiry.h"

namespace cert::testing {

inline constexpr absl::Time kSeenTime = absl::FromUnixSeconds(1'800'000'000);
inline const std::string kClaimName = "_padlock.www.shop.test";
inline const std::string kChallengeName = "_acme-challenge.www.shop.test";
inline const std::string kTarget = "www.shop.test.id1.dcv.test";
inline const std::string kClaimValue = "padlock-verify=abc";
inline const std::string kCanaryValue = "padlock-canary=xyz";

inline DiagnosisContext Context() {
  return {.delegation_target = kTarget, .delegation_zone = "dcv.test"};
}

// As the probe votes (probe/core/reading.h).
inline observation::Vote VoteOn(observation::Outcome outcome) {
  using observation::Outcome;
  switch (outcome) {
    case Outcome::kMatch:
      return observation::Vote::kAgree;
    case Outcome::kMismatch:
    case Outcome::kNoData:
    case Outcome::kNoSuchName:
    case Outcome::kCnameInTheWay:
    case Outcome::kWildcardSynthesis:
    case Outcome::kBogus:
    case Outcome::kStale:
    case Outcome::kCnameLoop:
      return observation::Vote::kDisagree;
    default:
      return observation::Vote::kCouldNotTell;
  }
}

// A nameserver of shop.test.
inline observation::Observation Nameserver(const std::string& server, observation::Outcome outcome,
                                           std::vector<std::string> values = {}) {
  return {.role = observation::ServerRole::kAuthoritative,
          .server = server,
          .address = "192.0.2.1/" + server,
          .zone = "shop.test",
          .outcome = outcome,
          .vote = VoteOn(outcome),
          .values = std::move(values),
          .observe_time = kSeenTime};
}

// A nameserver to which the CNAMEs of `chain` led out of shop.test; it serves `zone`.
inline observation::Observation Behind(std::vector<std::string> chain, const std::string& zone,
                                       observation::Outcome outcome,
                                       std::vector<std::string> values = {}) {
  observation::Observation seen = Nameserver("ns1." + zone, outcome, std::move(values));
  seen.zone = zone;
  seen.owner = chain.back();
  seen.cname_chain = std::move(chain);
  if (seen.vote != observation::Vote::kAgree) seen.asked_zone = "shop.test";
  return seen;
}

// One of ours, reached through the customer's CNAME.
inline observation::Observation OurNameserver(observation::Outcome outcome,
                                              std::vector<std::string> values = {}) {
  return Behind({kTarget}, "dcv.test", outcome, std::move(values));
}

inline observation::Observation Resolver(const std::string& server, observation::Outcome outcome,
                                         absl::Duration ttl = absl::Seconds(300)) {
  return {.role = observation::ServerRole::kRecursive,
          .server = server,
          .address = "198.51.100.1/" + server,
          .outcome = outcome,
          .vote = VoteOn(outcome),
          .ttl = ttl,
          .negative_ttl = ttl,
          .observe_time = kSeenTime};
}

inline View Seen(const std::string& perspective,
                 std::vector<observation::Observation> observations) {
  return {.perspective = perspective,
          .worker = "worker-" + perspective,
          .observations = std::move(observations),
          .failure = ""};
}

inline View FailedView(const std::string& perspective, const std::string& worker,
                       const std::string& failure) {
  return {.perspective = perspective, .worker = worker, .observations = {}, .failure = failure};
}

inline Question ClaimQuestion() {
  return {.name = kClaimName,
          .type = observation::RecordType::kTxt,
          .scope = observation::Scope::kAuthoritativeThenRecursive,
          .expected_values = {kClaimValue}};
}

inline Question CnameQuestion() {
  return {.name = kChallengeName,
          .type = observation::RecordType::kCname,
          .scope = observation::Scope::kAuthoritativeThenRecursive,
          .expected_values = {kTarget}};
}

inline Question CanaryQuestion() {
  return {.name = kChallengeName,
          .type = observation::RecordType::kTxt,
          .scope = observation::Scope::kAuthoritative,
          .expected_values = {kCanaryValue}};
}

inline Question TokensQuestion() {
  return {.name = kChallengeName,
          .type = observation::RecordType::kTxt,
          .scope = observation::Scope::kAuthoritativeThenRecursive,
          .expected_values = {"token1", "token2"}};
}

// `count` perspectives "p0", "p1", …; p0 is the primary one. `regions[i]` is the i-th's, "" beyond.
// `primary` renames the first.
inline AgreementPolicy PolicyOf(int count, std::vector<std::string> regions = {},
                                const std::string& primary = "p0") {
  AgreementPolicy policy;
  for (int i = 0; i < count; ++i) {
    const auto index = static_cast<std::size_t>(i);
    policy.perspectives.push_back(
        {.name = "p" + std::to_string(i), .region = index < regions.size() ? regions[index] : ""});
  }
  if (!policy.perspectives.empty()) policy.perspectives.front().name = primary;
  return policy;
}

}  // namespace cert::testing
