// Which of the allowed CAs to order from now, or when and why to wait: the first that may be asked.
//
//   what stands in the way        passed over for the next CA
//   it is down, for everybody     at once
//   its CAA is against us         at once
//   it refuses the certificate    at once
//   a limit                       when its end is further away than a quarter of an hour
//   the last order failed there   only in the last day before expiry: the cause is ours or the
//                                 customer's, and would fail elsewhere too
//   its tokens live too briefly   at once, unless those of all the others do: the customer, who
//                                 creates the records, may need longer
//
// In the last day before expiry everything is passed over.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "cert/core/ca_ledger.h"

namespace cert {

enum class CaTrouble {
  kDown,          // it does not answer, or answers 5xx
  kCaaForbids,    // the CAA records of a name do not let it issue
  kOrderFailed,   // an order there failed: validation, expiry, a chain that is not right
  kRefusesNames,  // it will not issue for these names until somebody changes something
};

// "DOWN", …: stable.
const char* CaTroubleName(CaTrouble trouble);
std::optional<CaTrouble> ParseCaTrouble(const std::string& name);

// What the orders of one certificate met at one CA since its last issuance.
struct CaFailure {
  std::string ca;
  CaTrouble trouble = CaTrouble::kOrderFailed;
  int count = 1;  // in a row, of this trouble
  absl::Time time;
  absl::Time retry_time;  // infinite: not by itself

  bool operator==(const CaFailure&) const = default;
};

// How a CA answers everybody.
struct CaHealth {
  int failures = 0;  // in a row
  absl::Time failure_time = absl::InfinitePast();

  bool operator==(const CaHealth&) const = default;
};

// From this many failures in a row a CA is down for everybody.
inline constexpr int kDownFailures = 3;
// After the last failure somebody asks again.
inline constexpr absl::Duration kDownPause = absl::Minutes(2);

// Customers who create the TXT records of orders themselves may need so long.
inline constexpr absl::Duration kCustomerTime = absl::Hours(72);

// One allowed CA, and what is known of it.
struct AuthorityState {
  std::string ca;
  std::optional<CaFailure> failure = std::nullopt;
  CaHealth health = {};
  std::optional<LimitWait> limit = std::nullopt;  // the one that ends last
  // The customer creates records for its tokens, which live for less than kCustomerTime.
  bool tokens_too_brief = false;
};

struct AuthorityChoice {
  std::string ca;      // to be asked at `time`; empty when none is allowed
  absl::Time time;     // `now`, or later; infinite when every CA refuses for good
  std::string reason;  // why not the first CA, or not now; empty otherwise

  bool operator==(const AuthorityChoice&) const = default;
};

// `expire_time`: of the certificate in force; unset when there is none.
AuthorityChoice ChooseAuthority(const std::vector<AuthorityState>& allowed, absl::Time now,
                                std::optional<absl::Time> expire_time);

// Whether an order that meets a CA that is down leaves it, given that another one could be asked:
// after three tries, or at once where it is down for everybody; once the CA has made the order,
// after ten tries, in the last day three.
bool LeavesDownAuthority(bool order_is_made, int tries, const CaHealth& health, bool last_day);

// Whether an order that its CA does not let go on for `wait` leaves it in the last day: where that
// is longer than another CA needs, or was asked for again and again.
bool LeavesLimitedAuthority(int tries, absl::Duration wait);

// `failures` with this one instead of an earlier one at its CA; of the same trouble it counts on.
void NoteFailure(CaFailure failure, std::vector<CaFailure>& failures);

// Those of `configured` that `allowed` names, in its order; all of them when it names none.
std::vector<std::string> AllowedAuthorities(const std::vector<std::string>& allowed,
                                            const std::vector<std::string>& configured);

}  // namespace cert
