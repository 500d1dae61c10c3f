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

// "in 4 s (2026-…): why".
std::string RenderNextAction(const padlock::cert::v1::NextAction& action, absl::Time now);

}  // namespace cli
