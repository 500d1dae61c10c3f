// Domains, for people. Pure.

#pragma once

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "padlock/cert/v1/domain_service.pb.h"

namespace cli {

std::string RenderDomains(const std::vector<padlock::cert::v1::Domain>& domains);

// What the customer must create.
std::string RenderRecords(const padlock::cert::v1::Domain& domain);

// Everything that is known of it, latest_check included where it is set.
std::string RenderDomain(const padlock::cert::v1::Domain& domain, absl::Time now);

// All that is wrong, or that nothing is.
std::string RenderDiagnosis(const padlock::cert::v1::DiagnoseDomainResponse& diagnosis,
                            absl::Time now);

// What is wrong besides what the domain and its certificate tell themselves; empty if nothing is.
std::string RenderOthers(const padlock::cert::v1::DiagnoseDomainResponse& diagnosis,
                         const padlock::cert::v1::Finding& of_domain,
                         const padlock::cert::v1::Finding& of_certificate);

// "in 4 s (2026-…): why".
std::string RenderNextAction(const padlock::cert::v1::NextAction& action, absl::Time now);

}  // namespace cli
