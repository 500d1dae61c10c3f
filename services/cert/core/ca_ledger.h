// The limits that CAs publish, held against our own requests: arithmetic only; the store counts.
//
// A request is counted before it is sent and reaches the CA a little later, so its place is free
// again a little later than the window says.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "cert/core/acme_types.h"
#include "cert/core/finding.h"

namespace cert {

enum class LimitScope {
  kAuthority,          // the CA as a whole
  kAccount,            // newOrder requests of one account
  kRegisteredDomain,   // newOrder requests per registered domain (Public Suffix List)
  kNameSet,            // newOrder requests for exactly these names
  kFailedValidations,  // failed validations of one name
};

// "AUTHORITY", "ACCOUNT", …: stable.
const char* LimitScopeName(LimitScope scope);

// At most `count` within any `window`, for each subject of the scope.
struct CaLimit {
  LimitScope scope = LimitScope::kAccount;
  int count = 0;
  absl::Duration window;

  bool operator==(const CaLimit&) const = default;
};

// What one limit counts.
struct LimitKey {
  LimitScope scope = LimitScope::kAuthority;
  std::string subject;  // account, registered domain, names, or name; empty for the CA itself

  bool operator==(const LimitKey&) const = default;
};

// Until when nothing may be sent to the CA for `key`.
struct LimitWait {
  LimitKey key;
  absl::Time end_time;
  std::string reason;  // the limit, as a part of a sentence

  bool operator==(const LimitWait&) const = default;
};

// A reason: a CA may answer newOrder with the account's open order for the same names.
inline constexpr char kTwinIsOpen[] = "another order of ours for the same names is open there";

// The registered domain of a name, with or without "*."; the name itself if it is none's.
std::string RegisteredDomain(const std::string& name);

// The keys under which limits of any scope count an order for `names` by `account`, without
// duplicates.
std::vector<LimitKey> KeysOf(const std::string& account, const std::vector<std::string>& names);

// When a request that counts for `limit` may be sent, if `nth_newest` is the time of the count-th
// newest one counted before; unset when there are fewer. Not before `now`.
absl::Time FreeTime(const CaLimit& limit, std::optional<absl::Time> nth_newest, absl::Time now);

// For how long uses are kept: as long as any limit of the scope counts them.
absl::Duration KeptFor(const std::vector<CaLimit>& limits, LimitScope scope);

// `assumed`: a backup was restored, and what was sent after it was taken is not known.
LimitWait CountedWait(const CaLimit& limit, const LimitKey& key, absl::Time end_time,
                      bool assumed = false);

// What a 429 for an order of `names` means for everybody: whom it concerns, as far as its words or
// its identifier tell, else the whole CA; and until when. Its words are left out, as they may name
// one tenant's hosts to all others.
LimitWait WaitOf(const AcmeProblem& problem, const std::string& account,
                 const std::vector<std::string>& names, absl::Time now);

// The same for the owner of the order that met it.
LimitWait InItsWords(LimitWait wait, const AcmeProblem& problem);

// True for the problem of a limit (RFC 8555 6.6).
bool IsRateLimit(const AcmeProblem& problem);

// The finding for the owner of an order that waits. `ca`: its configured name.
Finding LimitFinding(const std::string& ca, const LimitWait& wait);

}  // namespace cert
