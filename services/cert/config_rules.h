// The parts of the configuration that say what orders may count on: a CA's contacts, its names in
// CAA records and its limits, where our edge is, who confirms what is served, and what a lost claim
// takes with it.

#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cert/config.h"
#include "padlock/config/v1/config.pb.h"

namespace cert {

// Reads them into `authority`. INVALID_ARGUMENT with the path of the wrong field, below `field`.
absl::Status ReadAuthorityRules(const std::string& field,
                                const padlock::config::v1::CertificateAuthority& proto,
                                Config::CertificateAuthority& authority);

// INVALID_ARGUMENT unless a caller could have it: an identity of another tenant could call nothing.
absl::Status CheckTenant(const std::string& field, const std::string& tenant);

absl::StatusOr<DeploymentPolicy> ReadDeployment(const padlock::config::v1::CertConfig& proto);

absl::StatusOr<TakeoverRevocation> ReadTakeoverRevocation(
    const padlock::config::v1::CertConfig& proto);

// Lower-case DNS names, without the trailing dot.
absl::StatusOr<std::vector<std::string>> ReadReservedZones(
    const padlock::config::v1::CertConfig& proto);

// Spelled as inet_ntop(3) does.
absl::StatusOr<std::vector<std::string>> ReadEdgeAddresses(
    const padlock::config::v1::CertConfig& proto);

}  // namespace cert
