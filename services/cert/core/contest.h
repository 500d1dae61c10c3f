// Who has a hostname when two tenants have shown a claim on it. Only a value made after the
// holder's last proof can challenge: older ones may have been in the zone, forgotten, all the time.
// And what becomes of what the loser has for it.

#pragma once

#include "absl/time/time.h"
#include "cert/core/model.h"

namespace cert {

// How long the holder may take to prove its right again, once it is told.
inline constexpr absl::Duration kNoticePeriod = absl::Hours(24 * 7);

enum class Contest {
  kTooOld,      // the challenger's value is older than the holder's last proof
  kTellHolder,  // it is not, and the holder does not know yet
  kWait,        // the holder has been told, and has time
  kTakeOver,
};

// `challenger`, of another tenant than the holder, has just been proved in full. With a delegation
// CNAME that means that the name's owner points to the challenger, and to nobody else, by now.
Contest JudgeContest(const Claim& held, const Domain& challenger, absl::Time now);

// The policy on what had been issued to the loser.
enum class TakeoverRevocation {
  kNone,    // it stays valid until it expires
  kRevoke,  // what has the hostname, or its wildcard, is revoked, whatever else it has
};

}  // namespace cert
