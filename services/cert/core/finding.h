// One finding: what stops a domain or certificate, where it was seen, and what to do. diagnosis.h
// makes findings from evidence; the store keeps the latest; the CLI renders it.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace cert {

enum class FindingCode {
  kRecordMissing = 1,       // no record at the name, anywhere
  kRecordWrong,             // a record of the type with another value
  kRecordOnSomeServers,     // some authoritative servers have it, others do not
  kTxtWhereCnameBelongs,    // TXT (or other) at the name that must be a CNAME
  kCnameElsewhere,          // the CNAME points to another target
  kCnameWhereTxtBelongs,    // a CNAME at the name of the claim TXT
  kResolversBehind,         // every nameserver agrees, public resolvers still have the old answer
  kNameserversUnreachable,  // no nameserver of the zone answers
  kNameserverLame,          // a nameserver answers, but not for this zone
  kZoneNotFound,            // the walk from the root finds no zone or no nameservers
  kDnssecBogus,
  kDelegationBehind,  // our own delegation zone does not show the value yet
  kNoWorkers,         // no probe worker of a needed perspective is connected
  kTooFewPerspectives,
  kClaimHeld,          // another tenant holds the hostname
  kPublicationFailed,  // our update of the delegation zone failed
  kCaUnavailable,      // the CA does not answer, or answers 5xx
  kCaRateLimited,
  kCaRefused,                // the CA's own words
  kCaValidationFailed,       // the CA did not see the token
  kIssuanceRejected,         // the chain that the CA returned is not what was ordered
  kGaveUp,                   // the schedule is used up; Recheck starts again
  kParked,                   // repeated crashes on this row; an operator is needed
  kServiceTrouble,           // something of our own stands in the way; it is tried again
  kNameserverStale,          // a nameserver serves an older version of the zone
  kSplitView,                // nameservers serve different content as the same version of the zone
  kWildcardAnswers,          // a wildcard record answers where the record should be
  kZoneAppended,             // the record is at <name>.<zone>
  kValueChanged,             // quoted, cut, spaced or in other letter case on its way into the zone
  kHttpTokenMissing = 30,    // a web server of the host has no page where our token should be
  kHttpOtherAnswer,          // one answers with something else
  kHttpUnreachable,          // the host has no address, or nothing answers at one
  kNameNotProved,            // one of several names of a certificate is not proved yet
  kCertificateExpired = 35,  // the served one has ended, and there is no successor
  kProfileNotOffered,        // the CA does not know the profile that is to be ordered by
  kCaaForbids = 37,          // the CAA records of a name do not let the CA issue
  kCaaUnanswerable,          // nameservers fail at questions for CAA, so no CA may issue
  kCaLimitReached,           // by our own count, or the CA's last word
  kNoAuthority,              // no configured CA is allowed for the certificate
  kCnameAtOtherTenant = 49,  // the CNAME points to another tenant's target in our zone
  kCnameAtOtherProvider,     // the CNAME points to another provider's target
  kRecordAtOtherName,        // the expected value stands at a name nearby
  kTxtBesideCname,           // the CNAME is right, but its server answers with TXT records too
  kOldValueCached,           // every nameserver agrees, public resolvers still have another value
  kNameserversMismatch,      // the parent's NS records are not the zone's own
  kDelegationUnreachable,    // none of our own nameservers answers
  kIpv6Fault,                // a nameserver fails over IPv6 while it is right over IPv4
  kResolverOutage,           // too few public resolvers answer us
  kResolverStuck,            // a resolver's 'no' after the moment at which its cache expired
  kCnameLoop,                // the CNAMEs lead in a circle or are too many
  kCaWantsExternalAccount,   // no external account binding is configured
  kCaRefusesExternalAccount,  // the CA refuses newAccount
  kCaAccountRefused,          // our account was deactivated or revoked
  kNameBlocked,               // by the CA's policy
  kOrderInvalid,              // the CA gave the order up without saying why
  kKeyMismatch,               // the certificate is for another key than the ordered one
  kClockSkew,                 // ours and another's clock differ
  kCaWantsAction,             // such as new terms to agree to
  kOrderExpired,              // the order was over before it was done
  kClaimChallenged,           // another tenant claims the hostname that this one holds
  kClaimToProve = 45,         // the claim was given up, and is proved again before the next order
  kRevocationRefused,         // the CA does not revoke
  kKeyCompromised,            // the key of the caller's request is known to others
  kBackupInUse = 70,          // the backup is served, and there is no other successor yet
  kNoBackupAuthority,         // no CA is left for the backup besides the one that it stands by for
  kNamesSetAside,             // a partial certificate does without some, which no CA issues for
  kNotDeployed,               // no consumer has confirmed that it serves what was issued
};

// "RECORD_MISSING", …: stable.
const char* FindingCodeName(FindingCode code);
std::optional<FindingCode> ParseFindingCode(const std::string& name);
// Every code, in its order.
std::vector<FindingCode> AllFindingCodes();

struct Finding {
  FindingCode code = FindingCode::kRecordMissing;
  std::string sentence;  // what is wrong, where it was seen, what to do
  // "TXT", "CNAME", "CAA", "NS" or "HTTP"; empty when no record is concerned.
  std::string record_type;
  std::string record_name;        // without the trailing dot
  std::string expected;           // the value that should be there
  std::vector<std::string> seen;  // the values that are there, as observed
  // "ns1.shop.test (192.0.2.1) from ams", …; "nameservers of <name> from ams" of a followed CNAME.
  std::vector<std::string> where;
  std::string fix;  // a zone-file line to paste; empty when none helps
  // `record_name` relative to its zone, as DNS hosts' forms want it: "_padlock.www", or "@" for
  // the zone itself. Empty without a fix, and where the zone is not known.
  std::string fix_relative_name = {};

  bool operator==(const Finding&) const = default;
};

}  // namespace cert
