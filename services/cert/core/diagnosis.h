// From evidence to one finding: what is wrong, where it was seen, and what to do.

#pragma once

#include <optional>
#include <string>

#include "cert/core/agreement.h"
#include "cert/core/finding.h"
#include "cert/core/inquiry.h"

namespace cert {

// What diagnosis knows besides the evidence.
struct DiagnosisContext {
  std::string delegation_target;  // where the customer's CNAME must point
  std::string delegation_zone;    // ours
};

// The finding over the first record that is not agreed upon; none if all are.
std::optional<Finding> Diagnose(const Evidence& evidence, const AgreementPolicy& policy,
                                const DiagnosisContext& context);

// ---- Findings that need no evidence ----

// Another tenant holds the hostname. Says nothing of the holder.
Finding ClaimHeldFinding(const std::string& hostname);
// Our update of the delegation zone failed.
Finding PublicationFinding(const std::string& why);
// The CA could not be reached, or did not answer as RFC 8555 says.
Finding CaUnavailableFinding(const std::string& ca, const std::string& why);
// The chain that the CA returned is not what was ordered.
Finding IssuanceRejectedFinding(const std::string& ca, const std::string& why);
// The schedule is used up; `last` is what stopped it.
Finding GaveUpFinding(const std::optional<Finding>& last);
// The row was claimed `claims` times without a commit.
Finding ParkedFinding(int claims);

}  // namespace cert
