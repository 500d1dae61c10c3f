// `padlock-cert rotate-keys`: seals every secret under the first key-encryption key, while the
// service runs. To be run when every replica has that key in front. Safe to interrupt and to run
// again. A part of main.cc.

#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "cert/keys/sealer.h"
#include "cert/store/sealed_rows.h"
#include "cert/store/tenant_list.h"

namespace cert {

// A step that was in progress during one pass stores what it had read before; the next pass finds
// it.
inline constexpr int kRotationPasses = 10;

class KeyRotation {
 public:
  // All must outlive this. `key_id` is that of the sealer's first key.
  KeyRotation(const Sealer& sealer, std::string key_id, const TenantList& tenants, SealedRows& rows)
      : sealer_(sealer), key_id_(std::move(key_id)), tenants_(tenants), rows_(rows) {}

  // Passes over all secrets until none is left under another key. FAILED_PRECONDITION: some are,
  // for they do not open; the log names them.
  absl::Status Run() {
    SealedRows::Pass pass;
    for (int i = 0; i < kRotationPasses; ++i) {
      ASSIGN_OR_RETURN(pass, RunPass());
      base::Log(base::LogLevel::kInfo, "secrets sealed again",
                {{"key_id", key_id_},
                 {"resealed", pass.resealed},
                 {"failed", pass.failed},
                 {"left", pass.left}});
      if (pass.left == 0) return absl::OkStatus();
      if (pass.left == pass.failed && pass.resealed == 0) break;
    }
    return absl::FailedPreconditionError(
        "secrets are left under other keys: keep those keys configured, and run again");
  }

 private:
  absl::StatusOr<SealedRows::Pass> RunPass() {
    const auto reseal = [this](const SealedRow& row) { return Reseal(row); };
    ASSIGN_OR_RETURN(SealedRows::Pass total, rows_.ResealGlobal(key_id_, reseal));
    RETURN_IF_ERROR(ForEachTenant(tenants_, [&](const TenantId& tenant) -> absl::Status {
      ASSIGN_OR_RETURN(const SealedRows::Pass pass, rows_.ResealTenant(tenant, key_id_, reseal));
      total.resealed += pass.resealed;
      total.left += pass.left;
      total.failed += pass.failed;
      return absl::OkStatus();
    }));
    return total;
  }

  absl::StatusOr<SealedSecret> Reseal(const SealedRow& row) const {
    const SealContext context{.table = row.table, .tenant = row.tenant, .id = row.id};
    ASSIGN_OR_RETURN(const std::string secret, sealer_.Open(context, row.secret));
    return sealer_.Seal(context, secret);
  }

  const Sealer& sealer_;
  const std::string key_id_;
  const TenantList& tenants_;
  SealedRows& rows_;
};

}  // namespace cert
