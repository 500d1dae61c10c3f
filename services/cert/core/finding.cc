#include "cert/core/finding.h"

#include <array>
#include <utility>

#include "base/enum_names.h"

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

}  // namespace

const char* FindingCodeName(FindingCode code) { return base::NameIn(kFindingNames, code); }

std::optional<FindingCode> ParseFindingCode(const std::string& name) {
  return base::ValueIn(kFindingNames, name);
}

std::vector<FindingCode> AllFindingCodes() {
  std::vector<FindingCode> codes;
  for (const auto& [code, name] : kFindingNames) codes.push_back(code);
  return codes;
}

}  // namespace cert
