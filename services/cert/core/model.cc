#include "cert/core/model.h"

#include <algorithm>
#include <array>
#include <utility>

namespace cert {
namespace {

constexpr auto kFindingNames = std::to_array<std::pair<FindingCode, const char*>>({
    {FindingCode::kRecordMissing, "RECORD_MISSING"},
    {FindingCode::kRecordWrong, "RECORD_WRONG"},
    {FindingCode::kRecordOnSomeServers, "RECORD_ON_SOME_SERVERS"},
    {FindingCode::kTxtWhereCnameBelongs, "TXT_WHERE_CNAME_BELONGS"},
    {FindingCode::kCnameElsewhere, "CNAME_ELSEWHERE"},
    {FindingCode::kCnameWhereTxtBelongs, "CNAME_WHERE_TXT_BELONGS"},
    {FindingCode::kResolversBehind, "RESOLVERS_BEHIND"},
    {FindingCode::kNameserversUnreachable, "NAMESERVERS_UNREACHABLE"},
    {FindingCode::kNameserverLame, "NAMESERVER_LAME"},
    {FindingCode::kZoneNotFound, "ZONE_NOT_FOUND"},
    {FindingCode::kDnssecBogus, "DNSSEC_BOGUS"},
    {FindingCode::kDelegationBehind, "DELEGATION_BEHIND"},
    {FindingCode::kNoWorkers, "NO_WORKERS"},
    {FindingCode::kTooFewPerspectives, "TOO_FEW_PERSPECTIVES"},
    {FindingCode::kClaimHeld, "CLAIM_HELD"},
    {FindingCode::kPublicationFailed, "PUBLICATION_FAILED"},
    {FindingCode::kCaUnavailable, "CA_UNAVAILABLE"},
    {FindingCode::kCaRateLimited, "CA_RATE_LIMITED"},
    {FindingCode::kCaRefused, "CA_REFUSED"},
    {FindingCode::kCaValidationFailed, "CA_VALIDATION_FAILED"},
    {FindingCode::kIssuanceRejected, "ISSUANCE_REJECTED"},
    {FindingCode::kGaveUp, "GAVE_UP"},
    {FindingCode::kParked, "PARKED"},
    {FindingCode::kServiceTrouble, "SERVICE_TROUBLE"},
    {FindingCode::kNameserverStale, "NAMESERVER_STALE"},
    {FindingCode::kSplitView, "SPLIT_VIEW"},
    {FindingCode::kWildcardAnswers, "WILDCARD_ANSWERS"},
    {FindingCode::kZoneAppended, "ZONE_APPENDED"},
    {FindingCode::kValueChanged, "VALUE_CHANGED"},
    {FindingCode::kHttpTokenMissing, "HTTP_TOKEN_MISSING"},
    {FindingCode::kHttpOtherAnswer, "HTTP_OTHER_ANSWER"},
    {FindingCode::kHttpUnreachable, "HTTP_UNREACHABLE"},
    {FindingCode::kNameNotProved, "NAME_NOT_PROVED"},
    {FindingCode::kCertificateExpired, "CERTIFICATE_EXPIRED"},
    {FindingCode::kProfileNotOffered, "PROFILE_NOT_OFFERED"},
    {FindingCode::kCaaForbids, "CAA_FORBIDS"},
    {FindingCode::kCaaUnanswerable, "CAA_UNANSWERABLE"},
    {FindingCode::kCaLimitReached, "CA_LIMIT_REACHED"},
    {FindingCode::kNoAuthority, "NO_AUTHORITY"},
    {FindingCode::kCnameAtOtherTenant, "CNAME_AT_OTHER_TENANT"},
    {FindingCode::kCnameAtOtherProvider, "CNAME_AT_OTHER_PROVIDER"},
    {FindingCode::kRecordAtOtherName, "RECORD_AT_OTHER_NAME"},
    {FindingCode::kTxtBesideCname, "TXT_BESIDE_CNAME"},
    {FindingCode::kOldValueCached, "OLD_VALUE_CACHED"},
    {FindingCode::kNameserversMismatch, "NAMESERVERS_MISMATCH"},
    {FindingCode::kDelegationUnreachable, "DELEGATION_UNREACHABLE"},
    {FindingCode::kIpv6Fault, "IPV6_FAULT"},
    {FindingCode::kResolverOutage, "RESOLVER_OUTAGE"},
    {FindingCode::kResolverStuck, "RESOLVER_STUCK"},
    {FindingCode::kCnameLoop, "CNAME_LOOP"},
    {FindingCode::kCaWantsExternalAccount, "CA_WANTS_EXTERNAL_ACCOUNT"},
    {FindingCode::kCaRefusesExternalAccount, "CA_REFUSES_EXTERNAL_ACCOUNT"},
    {FindingCode::kCaAccountRefused, "CA_ACCOUNT_REFUSED"},
    {FindingCode::kNameBlocked, "NAME_BLOCKED"},
    {FindingCode::kOrderInvalid, "ORDER_INVALID"},
    {FindingCode::kKeyMismatch, "KEY_MISMATCH"},
    {FindingCode::kClockSkew, "CLOCK_SKEW"},
    {FindingCode::kCaWantsAction, "CA_WANTS_ACTION"},
    {FindingCode::kOrderExpired, "ORDER_EXPIRED"},
    {FindingCode::kClaimChallenged, "CLAIM_CHALLENGED"},
    {FindingCode::kClaimToProve, "CLAIM_TO_PROVE"},
    {FindingCode::kRevocationRefused, "REVOCATION_REFUSED"},
    {FindingCode::kKeyCompromised, "KEY_COMPROMISED"},
    {FindingCode::kBackupInUse, "BACKUP_IN_USE"},
    {FindingCode::kNoBackupAuthority, "NO_BACKUP_AUTHORITY"},
    {FindingCode::kNamesSetAside, "NAMES_SET_ASIDE"},
    {FindingCode::kNotDeployed, "NOT_DEPLOYED"},
});

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

const char* FindingCodeName(FindingCode code) {
  const auto* entry =
      std::ranges::find(kFindingNames, code, &std::pair<FindingCode, const char*>::first);
  return entry == kFindingNames.end() ? "?" : entry->second;
}

std::optional<FindingCode> ParseFindingCode(const std::string& name) {
  for (const auto& [code, text] : kFindingNames) {
    if (name == text) return code;
  }
  return std::nullopt;
}

std::vector<FindingCode> AllFindingCodes() {
  std::vector<FindingCode> codes;
  for (const auto& [code, name] : kFindingNames) codes.push_back(code);
  return codes;
}

const char* EventTypeName(EventType type) {
  const auto* entry =
      std::ranges::find(kEventNames, type, &std::pair<EventType, const char*>::first);
  return entry == kEventNames.end() ? "?" : entry->second;
}

std::optional<EventType> ParseEventType(const std::string& name) {
  for (const auto& [type, text] : kEventNames) {
    if (name == text) return type;
  }
  return std::nullopt;
}

}  // namespace cert
