// What all replicas know together of the CAs: how they answer, what we have asked of them, and what
// they have refused for a while. Global: of all tenants. Errors as in store.h.

#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cert/core/authority_choice.h"
#include "cert/core/ca_ledger.h"

namespace cert {

struct KeyUse {
  LimitKey key;
  absl::Time time;
  bool assumed = false;  // by a recovery: nobody knows whether there were as many

  bool operator==(const KeyUse&) const = default;
};

// A part of one transaction, and confined to it.
class CaRecords {
 public:
  virtual ~CaRecords() = default;

  virtual absl::StatusOr<CaHealth> GetHealth(const std::string& ca) = 0;
  // One more failure in a row, or the end of the row.
  virtual absl::Status NoteFailure(const std::string& ca) = 0;
  virtual absl::Status NoteReply(const std::string& ca) = 0;

  // Waits until no other transaction counts requests to this CA, and keeps others from it until
  // this one ends. Call before NthNewestUses when AddUses is to follow.
  virtual absl::Status LockUses(const std::string& ca) = 0;
  // Of those keys that have been used limit.count times or more: the time of the count-th newest
  // use. Where a restored backup was recovered (recovery.h), every key counts as used then as often
  // as the limit allowed: count times, less the uses known in the window before.
  virtual absl::StatusOr<std::vector<KeyUse>> NthNewestUses(const std::string& ca,
                                                            const std::vector<LimitKey>& keys,
                                                            const CaLimit& limit) = 0;
  // Counts one use of each, for as long as `kept`. Drops a few that are kept no longer.
  virtual absl::Status AddUses(const std::string& ca, const std::vector<LimitKey>& keys,
                               absl::Duration kept) = 0;

  // Of each key one use that was counted since `since`, the oldest: what was to be sent was not.
  virtual absl::Status TakeBackUses(const std::string& ca, const std::vector<LimitKey>& keys,
                                    absl::Time since) = 0;

  // Those waits for any of the keys that have not ended.
  virtual absl::StatusOr<std::vector<LimitWait>> GetWaits(const std::string& ca,
                                                          const std::vector<LimitKey>& keys) = 0;
  // Instead of one for the same key that ends earlier. Drops a few that have ended.
  virtual absl::Status PutWait(const std::string& ca, const LimitWait& wait) = 0;
};

}  // namespace cert
