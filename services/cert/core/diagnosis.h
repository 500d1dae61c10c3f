// From evidence to findings: what is wrong, where it was seen, and what to do.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cert/core/agreement.h"
#include "cert/core/finding.h"
#include "cert/core/findings.h"  // those without evidence, for whoever diagnoses
#include "cert/core/inquiry.h"

namespace cert {

// What diagnosis knows besides the evidence.
struct DiagnosisContext {
  // Where the customer's CNAME must point; empty where there is none to be.
  std::string delegation_target;
  std::string delegation_zone;        // ours
  const Evidence* earlier = nullptr;  // of the look before; null where there was none
};

// The finding over the first record that is disagreed upon, or else of which too little could be
// told. There is one exactly when JudgeAll(evidence, policy) is not kAgreed.
std::optional<Finding> Diagnose(const Evidence& evidence, const AgreementPolicy& policy,
                                const DiagnosisContext& context);

// All that is wrong, the most important first: what certainly stands in the way, what could not be
// told, and last what is wrong without being in the way. The first is that of Diagnose, where that
// has one.
std::vector<Finding> DiagnoseAll(const Evidence& evidence, const AgreementPolicy& policy,
                                 const DiagnosisContext& context);

// A finding about the answer's question, but about no record that anybody should create.
Finding WithoutFix(const Answer& answer, FindingCode code = FindingCode::kRecordMissing);

}  // namespace cert
