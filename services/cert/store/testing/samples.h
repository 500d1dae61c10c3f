// Records with something in every field, for tests that store them.

#pragma once

#include <string>

#include "cert/core/model.h"

namespace cert::testing {

inline const TenantId kTenant{"acme"};
inline const TenantId kOtherTenant{"umbrella"};

// Long past, so that rows made with it are due at once.
inline constexpr absl::Time kThen = absl::FromUnixMicros(1'700'000'000'123'456);

// `suffix` makes ids, hostname and keys differ.
Finding SampleFinding();
Evidence SampleEvidence();
Domain SampleDomain(const std::string& suffix = "1");
Certificate SampleCertificate(const std::string& suffix = "1");
Order SampleOrder(const std::string& suffix = "1");
Issuance SampleIssuance(const std::string& suffix = "1");
Event SampleEvent(const std::string& message);

}  // namespace cert::testing
