#include "cert/core/model.h"

#include <array>
#include <utility>

#include "base/enum_names.h"

namespace cert {
namespace {

constexpr auto kEventNames = std::to_array<std::pair<EventType, const char*>>({
    {EventType::kDomainCreated, "DOMAIN_CREATED"},
    {EventType::kDomainChecked, "DOMAIN_CHECKED"},
    {EventType::kDomainProved, "DOMAIN_PROVED"},
    {EventType::kDomainFailed, "DOMAIN_FAILED"},
    {EventType::kDomainRechecked, "DOMAIN_RECHECKED"},
    {EventType::kDomainDeleted, "DOMAIN_DELETED"},
    {EventType::kOrderIntended, "ORDER_INTENDED"},
    {EventType::kOrderCreated, "ORDER_CREATED"},
    {EventType::kOrderPublished, "ORDER_PUBLISHED"},
    {EventType::kOrderChecked, "ORDER_CHECKED"},
    {EventType::kOrderAnswered, "ORDER_ANSWERED"},
    {EventType::kOrderFinalized, "ORDER_FINALIZED"},
    {EventType::kCertificateIssued, "CERTIFICATE_ISSUED"},
    {EventType::kOrderFailed, "ORDER_FAILED"},
    {EventType::kKeyRead, "KEY_READ"},
    {EventType::kRecordsWithdrawn, "RECORDS_WITHDRAWN"},
    {EventType::kTokensChanged, "TOKENS_CHANGED"},
    {EventType::kMethodChanged, "METHOD_CHANGED"},
    {EventType::kCertificateChanged, "CERTIFICATE_CHANGED"},
    {EventType::kDomainTrouble, "DOMAIN_TROUBLE"},
    {EventType::kDomainWell, "DOMAIN_WELL"},
    {EventType::kCertificateExpired, "CERTIFICATE_EXPIRED"},
    {EventType::kAuthorityChanged, "AUTHORITY_CHANGED"},
    {EventType::kClaimChallenged, "CLAIM_CHALLENGED"},
    {EventType::kClaimDefended, "CLAIM_DEFENDED"},
    {EventType::kClaimLost, "CLAIM_LOST"},
    {EventType::kClaimTaken, "CLAIM_TAKEN"},
    {EventType::kBackupIssued, "BACKUP_ISSUED"},
    {EventType::kBackupUsed, "BACKUP_USED"},
    {EventType::kNamesSetAside, "NAMES_SET_ASIDE"},
    {EventType::kDeployed, "DEPLOYED"},
    {EventType::kDeploymentOverdue, "DEPLOYMENT_OVERDUE"},
    {EventType::kRevocationRequested, "REVOCATION_REQUESTED"},
    {EventType::kCertificateRevoked, "CERTIFICATE_REVOKED"},
    {EventType::kKeyCompromised, "KEY_COMPROMISED"},
    {EventType::kRevocationFailed, "REVOCATION_FAILED"},
});

}  // namespace

const char* EventTypeName(EventType type) { return base::NameIn(kEventNames, type); }

std::optional<EventType> ParseEventType(const std::string& name) {
  return base::ValueIn(kEventNames, name);
}

}  // namespace cert
