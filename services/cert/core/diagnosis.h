// From evidence to one finding: what is wrong, where it was seen, and what to do.

#pragma once

#include <optional>
#include <string>

#include "cert/core/agreement.h"
#include "cert/core/finding.h"
#include "cert/core/findings.h"  // those without evidence, for whoever diagnoses
#include "cert/core/inquiry.h"

namespace cert {

// What diagnosis knows besides the evidence.
struct DiagnosisContext {
  std::string delegation_target;  // where the customer's CNAME must point
  std::string delegation_zone;    // ours
};

// The finding over the first record that is disagreed upon, or else of which too little could be
// told. There is one exactly when JudgeAll(evidence, policy) is not kAgreed.
std::optional<Finding> Diagnose(const Evidence& evidence, const AgreementPolicy& policy,
                                const DiagnosisContext& context);

}  // namespace cert
