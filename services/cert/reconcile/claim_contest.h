// What a full proof means where another tenant holds the hostname, and what happens to the holder.

#pragma once

#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cert/core/contest.h"
#include "cert/core/model.h"
#include "cert/store/store.h"

namespace cert {

// Why a proof brought no claim.
struct ClaimRefusal {
  Finding finding;
  bool waits = false;  // for the holder's time to end: nothing is wrong with the proof
};

// Gives `domain`, which has just been proved, the claim on its hostname if it is free, its own, or
// falls to it; then the loser's order is given up, it renews nothing more, and what it has is to be
// revoked where `policy` says so, in the same transaction. Returns why not otherwise: then the
// holder has been told, where it had to be.
absl::StatusOr<std::optional<ClaimRefusal>> ContendForClaim(Transaction& transaction,
                                                            const Domain& domain,
                                                            TakeoverRevocation policy);

// The notice that `domain`, which was not proved, still holds its claim under; unset without one.
absl::StatusOr<std::optional<Finding>> NoticeOn(Transaction& transaction, const Domain& domain);

}  // namespace cert
