// The verdict over all votes of one attempt (design: docs/architecture.md, "Agreement").
//
// The CA asks the zone's own nameservers through its own resolvers, so they are the core of the
// verdict; public resolvers show that the rest of the world sees the same. A false yes is a yes
// while some server that one of our perspectives could reach would have said no. Hence:
//
//   nameservers   none may disagree, in any perspective. One that no perspective could reach is
//                 excused as long as another one of its zone agrees about the same name (a CNAME
//                 that leads to agreement is agreement); one that answered without saying
//                 (SERVFAIL, lame) is not, nor is one that our own limits kept us from asking.
//   web servers   the same, of each address of a host. Its nameservers count besides: one that does
//                 not have the addresses that others do disagrees.
//   resolvers     per perspective, `recursive_quorum` of them (all, if there are fewer) agree. A
//                 failed DNSSEC validation anywhere is a 'no', whatever the others say; and where
//                 `needs_validation`, nothing is agreed that no validating resolver has answered.
//   perspectives  the primary one agrees itself; of the remotes as many may fail to agree as the
//                 Baseline Requirements 3.2.2.9 allow: none of 1, one of 2-5, two of 6 or more; the
//                 agreeing remotes lie in two RIR regions if the configured ones do.
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
  int min_perspectives = 1;                     // that must agree at least
  // Whether a resolver that validates DNSSEC must have answered, in any perspective. Of workers
  // that do not say which of theirs do, all are taken to.
  bool needs_validation = false;
};

// In their order.
std::vector<std::string> PerspectiveNames(const AgreementPolicy& policy);

// How many of `remotes` may fail to agree (Baseline Requirements 3.2.2.9).
int AllowedDissent(int remotes);

struct PerspectiveVerdict {
  std::string perspective;
  Decision decision = Decision::kCouldNotTell;
  Decision nameservers = Decision::kCouldNotTell;  // of these alone, without the resolvers

  bool operator==(const PerspectiveVerdict&) const = default;
};

struct Verdict {
  Decision decision = Decision::kCouldNotTell;
  std::vector<PerspectiveVerdict> perspectives;  // as the answer's views
  bool unvalidated = false;  // could not tell only because no validating resolver has answered

  bool operator==(const Verdict&) const = default;
};

// The verdict over one record. Disagreed means that those who could not tell cannot turn it into
// agreement any more. A perspective without a view could not tell, one that `policy` does not name
// has no say, and a policy without perspectives never agrees.
Verdict Judge(const Answer& answer, const AgreementPolicy& policy);

// Over all records of an attempt: disagreed if any is, else could not tell if any is or there are
// none, else agreed.
Decision JudgeAll(const Evidence& evidence, const AgreementPolicy& policy);

// The earliest moment at which another look can show something that this one could not: the first
// of the resolvers' negative or wrong answers expires from its cache (RFC 2308 5). Unset while some
// nameserver disagrees, and when no disagreeing answer is known to be cached.
std::optional<absl::Time> CachesExpireTime(const Evidence& evidence);

}  // namespace cert
