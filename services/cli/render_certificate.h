// Certificates, for people. Pure.

#pragma once

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "padlock/cert/v1/certificate_service.pb.h"

namespace cli {

std::string RenderCertificates(const std::vector<padlock::cert::v1::Certificate>& certificates);

// Everything that is known of it, the live order's latest check included where it is set.
std::string RenderCertificate(const padlock::cert::v1::Certificate& certificate, absl::Time now);

// Issuer, serial, names, dates.
std::string RenderIssuance(const padlock::cert::v1::Issuance& issuance);

// "ordering: propagating" and the like.
std::string CertificateStateWord(const padlock::cert::v1::Certificate& certificate);

}  // namespace cli
