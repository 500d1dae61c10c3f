// The findings that need no evidence from the DNS.

#pragma once

#include <optional>
#include <string>

#include "absl/time/time.h"
#include "cert/core/finding.h"
#include "cert/core/model.h"

namespace cert {

// Another tenant holds the hostname. Says nothing of the holder.
Finding ClaimHeldFinding(const std::string& hostname);
// Another tenant holds the hostname, and is told that it loses it at `end_time` unless it proves
// its right again.
Finding ClaimContestedFinding(const std::string& hostname, absl::Time end_time);
// The claim's value is older than the holder's latest proof: only a new one can challenge it.
Finding ClaimValueTooOldFinding(const std::string& hostname);
// For the holder: it loses the hostname at `end_time` unless it proves its right again.
Finding ClaimChallengedFinding(const std::string& hostname, absl::Time end_time);
// For who was the holder.
Finding ClaimLostFinding(const std::string& hostname);
// A certificate of several names waits for this one; `why` is what stops its domain, if anything
// was found.
Finding NameNotProvedFinding(const std::string& hostname, const std::optional<Finding>& why);
// True for what may mean that our record is not in the delegation zone.
bool IsOurPublication(FindingCode code);
// Our update of the delegation zone failed.
Finding PublicationFinding(const std::string& why);
// The CA could not be reached, or did not answer as RFC 8555 says.
Finding CaUnavailableFinding(const std::string& ca, const std::string& why);
// The CA's directory has no such profile; `offered` are those that it has.
Finding ProfileFinding(const std::string& ca, const std::string& profile,
                       const std::string& offered);
// The chain that the CA returned is not what was ordered.
Finding IssuanceRejectedFinding(const std::string& ca, const std::string& why);
// The certificate is for another key than the CSR's.
Finding KeyMismatchFinding(const std::string& ca);
// The CA gave the order up without saying why; `when` is as "while validating".
Finding OrderInvalidFinding(const std::string& ca, const std::string& when);
// The order was over before it was done. `last` is what had held it up, and stays in the finding.
Finding OrderExpiredFinding(const std::string& ca, const std::optional<Finding>& last);
// The chain is good but for its date: some clock is wrong.
Finding NotYetValidFinding(const std::string& ca, const std::string& why);
// Something of our own stands in the way of an order; `why` is for people and holds no secret.
Finding ServiceTroubleFinding(const std::string& why);
// The claim was given up, as after a restored backup: it is proved again before the next order.
Finding ClaimToProveFinding(const std::string& hostname);
// The CA does not revoke; `why` is a sentence or a reason.
Finding RevocationRefusedFinding(const std::string& ca, const std::string& why);
// The key of the request that the caller made the certificate with is known to others.
Finding KeyCompromisedFinding(const Certificate& certificate);
// The schedule is used up; `last` is what stopped it, and its record stays in the finding.
Finding GaveUpFinding(const std::optional<Finding>& last);
// The same of the orders for a certificate that was never issued.
Finding ValidationGaveUpFinding(const Finding& last);
// The row was claimed `claims` times without a commit.
Finding ParkedFinding(int claims);

}  // namespace cert
