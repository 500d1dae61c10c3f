// CaRecords on PostgreSQL, as a part of PostgresTransaction. Private to this folder.

#pragma once

#include <string>
#include <vector>

#include "cert/store/ca_records.h"
#include "cert/store/session.h"

namespace cert {

// Confined to one thread. `session` must outlive it.
class PostgresCaRecords final : public CaRecords {
 public:
  explicit PostgresCaRecords(Session& session) : session_(session) {}

  absl::StatusOr<CaHealth> GetHealth(const std::string& ca) override;
  absl::Status NoteFailure(const std::string& ca) override;
  absl::Status NoteReply(const std::string& ca) override;
  absl::Status LockUses(const std::string& ca) override;
  absl::StatusOr<std::vector<KeyUse>> NthNewestUses(const std::string& ca,
                                                    const std::vector<LimitKey>& keys,
                                                    const CaLimit& limit) override;
  absl::Status AddUses(const std::string& ca, const std::vector<LimitKey>& keys,
                       absl::Duration kept) override;
  absl::Status TakeBackUses(const std::string& ca, const std::vector<LimitKey>& keys,
                            absl::Time since) override;
  absl::StatusOr<std::vector<LimitWait>> GetWaits(const std::string& ca,
                                                  const std::vector<LimitKey>& keys) override;
  absl::Status PutWait(const std::string& ca, const LimitWait& wait) override;

 private:
  Session& session_;
};

}  // namespace cert
