// The verdict over all votes of one attempt (design: docs/architecture.md, "Agreement").
//
// The CA asks the zone's own nameservers through its own resolvers, so they are the core of the
// verdict; public resolvers show that the rest of the world sees the same. A false yes is a yes
// while some server that one of our perspectives could reach would have said no. Hence:
//
//   nameservers   none may disagree, in any perspective. One that no perspective could reach is
//                 excused as long as another one of its zone agrees; one that answered without
//                 saying (SERVFAIL, lame) is not.
//   resolvers     per perspective, `recursive_quorum` of them (all, if there are fewer) agree.
//   perspectives  the primary one agrees itself; of the remotes as many may fail to agree as the
//                 Baseline Requirements 3.2.2.9 allow: none of 1, one of 2-5, two of 6 or more; the
//                 agreeing ones lie in two RIR regions if the configured ones do.
//
// Votes have three values: trouble on our side never becomes a 'no'.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "cert/core/inquiry.h"

namespace cert {

enum class Decision { kAgreed, kDisagreed, kCouldNotTell };

// "AGREED", "DISAGREED", "COULD_NOT_TELL": stable.
const char* DecisionName(Decision decision);
std::optional<Decision> ParseDecision(const std::string& name);

struct PerspectivePolicy {
  std::string name;
  std::string region;  // of the RIR; empty when unknown

  bool operator==(const PerspectivePolicy&) const = default;
};

struct AgreementPolicy {
  int recursive_quorum = 2;
  std::vector<PerspectivePolicy> perspectives;  // the first is the primary one
  int min_perspectives = 1;                     // that must agree at all
};

// How many of `remotes` may fail to agree (Baseline Requirements 3.2.2.9).
int AllowedDissent(int remotes);

struct PerspectiveVerdict {
  std::string perspective;
  Decision decision = Decision::kCouldNotTell;

  bool operator==(const PerspectiveVerdict&) const = default;
};

struct Verdict {
  Decision decision = Decision::kCouldNotTell;
  std::vector<PerspectiveVerdict> perspectives;  // as the answer's views

  bool operator==(const Verdict&) const = default;
};

// The verdict over one record. `policy` must have at least one perspective.
Verdict Judge(const Answer& answer, const AgreementPolicy& policy);

// Over all records of an attempt: disagreed if any is, else could not tell if any is, else agreed.
Decision JudgeAll(const Evidence& evidence, const AgreementPolicy& policy);

// The earliest moment at which another look can show something that this one could not: the last
// of the resolvers' negative or wrong answers expires (RFC 2308 5), once every nameserver agrees.
// Unset while some nameserver disagrees, and when nothing waits for a cache.
std::optional<absl::Time> CachesExpireTime(const Evidence& evidence);

}  // namespace cert
