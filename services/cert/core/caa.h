// The CAA records of an order's names, as its CA will read them (RFC 8659, 8657): what to ask
// before an order is opened, and what the answers mean.

#pragma once

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "cert/core/agreement.h"
#include "cert/core/finding.h"
#include "cert/core/inquiry.h"
#include "cert/core/refused_names.h"

namespace cert {

// For how long an answer is acted upon. A CA may use its own for 8 hours (Baseline Requirements
// 3.2.2.8.1); the closer ours is to it, the less it surprises.
inline constexpr absl::Duration kCaaLife = absl::Minutes(5);

// One question per name; "*.<host>" is asked of the host, as a wildcard. `issuer.wildcard` has no
// meaning.
std::vector<Question> CaaQuestions(const std::vector<std::string>& names,
                                   const CaaExpectation& issuer);

enum class CaaVerdict {
  kAllowed,
  kForbidden,     // the records do not let this CA issue; another one they may
  kUnanswerable,  // the zone's nameservers fail: no CA may issue (Baseline Requirements 3.2.2.8.1)
  kUnknown,       // trouble on our side, or public resolvers that are behind
};

struct CaaJudgement {
  CaaVerdict verdict = CaaVerdict::kAllowed;
  Finding finding;  // of the first name that stands in the way; none when allowed

  bool operator==(const CaaJudgement&) const = default;
};

// Over the answers to CaaQuestions(). `ca`: its configured name.
CaaJudgement JudgeCaa(const Evidence& evidence, const AgreementPolicy& policy,
                      const std::string& ca);

// All names of which that is the verdict.
std::vector<RefusedName> NamesJudged(const Evidence& evidence, const AgreementPolicy& policy,
                                     const std::string& ca, CaaVerdict verdict);

}  // namespace cert
