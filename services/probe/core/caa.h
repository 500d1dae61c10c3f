// Whether a CAA record set lets a CA issue (RFC 8659, 4), with the parameters that bind it to an
// account and to a way of validation (RFC 8657). Where the set is looked for is decided by who asks
// (check/climb.h).

#pragma once

#include <string>
#include <vector>

#include "probe/core/dns_message.h"

namespace probe {

// Who would issue what, and how.
struct CaaExpectation {
  std::vector<std::string> issuer_domains;  // lower case; any of them will do
  std::string account_uri;                  // empty: no record with `accounturi` allows it
  std::string validation_method;            // "dns-01", "http-01"
  bool wildcard = false;
};

struct CaaDecision {
  bool may_issue = false;
  std::string reason = {};  // why not, in one sentence; empty otherwise
};

// `records`: the whole set of one name. An empty one forbids nothing. A value that breaks the
// grammar allows nothing, unknown parameters are passed over, an unknown property forbids when it
// is critical. Known are `issue`, `issuewild` and `iodef`; the critical flag is 128 and, because
// many have taken the wrong end and CAs respect that, 1.
CaaDecision EvaluateCaa(const std::vector<CaaData>& records, const CaaExpectation& expectation);

}  // namespace probe
