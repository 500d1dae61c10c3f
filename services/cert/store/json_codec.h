// What is stored as jsonb. Reading accepts a value without a member that a newer version added, and
// answers INTERNAL for anything that is not ours. Writing makes text that PostgreSQL takes: octets
// that are not UTF-8, and NUL, become U+FFFD.

#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cert/core/finding.h"
#include "cert/core/inquiry.h"
#include "cert/core/model.h"

namespace cert {

std::string FindingToJson(const Finding& finding);
absl::StatusOr<Finding> FindingFromJson(const std::string& json);

std::string SettingsToJson(const CertificateSettings& settings);
absl::StatusOr<CertificateSettings> SettingsFromJson(const std::string& json);

std::string EvidenceToJson(const Evidence& evidence);
absl::StatusOr<Evidence> EvidenceFromJson(const std::string& json);

std::string TextsToJson(const std::vector<std::string>& texts);
absl::StatusOr<std::vector<std::string>> TextsFromJson(const std::string& json);

std::string CaFailuresToJson(const std::vector<CaFailure>& failures);
absl::StatusOr<std::vector<CaFailure>> CaFailuresFromJson(const std::string& json);

std::string SetAsideToJson(const std::vector<SetAsideName>& names);
absl::StatusOr<std::vector<SetAsideName>> SetAsideFromJson(const std::string& json);

// Members as the columns of tables `authorizations` and `events`.
std::string AuthorizationsToJson(const std::vector<Authorization>& authorizations);
std::string EventsToJson(const std::vector<Event>& list);

}  // namespace cert
