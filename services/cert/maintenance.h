// What operators run beside the service, or before it. A part of main.cc.

#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/status_macros.h"
#include "cert/authorities.h"
#include "cert/config.h"
#include "cert/database.h"
#include "cert/recover.h"
#include "cert/rotate_keys.h"
#include "cert/store/migrate.h"
#include "transport/tls.h"

namespace cert {

inline absl::Status MigrateSchema(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string owner, LoadOwnerConnectionString(path));
  return Migrate(owner);
}

inline absl::Status CheckConfig(const std::string& path) {
  ASSIGN_OR_RETURN(const Config config, LoadConfig(path));
  return transport::MakeServerCredentials(config.tls).status();
}

inline absl::Status RotateKeys(const std::string& path) {
  ASSIGN_OR_RETURN(const Config config, LoadConfig(path));
  Database database(config.database, base::SystemRandom());
  RETURN_IF_ERROR(CheckSchema(database.pool));
  ASSIGN_OR_RETURN(const Sealer sealer, Sealer::Create(config.key_encryption_keys));
  SealedRows rows(database.pool);
  return KeyRotation(sealer, config.key_encryption_keys.front().id, database.tenants, rows).Run();
}

// `nothing_was_sent`: since the backup, to any CA.
inline absl::Status RecoverFromBackup(const std::string& path, bool nothing_was_sent) {
  ASSIGN_OR_RETURN(const Config config, LoadConfig(path));
  Database database(config.database, base::SystemRandom());
  RETURN_IF_ERROR(CheckSchema(database.pool));
  ASSIGN_OR_RETURN(const Sealer sealer, Sealer::Create(config.key_encryption_keys));
  std::vector<std::string> key_ids;
  for (const NamedKey& key : config.key_encryption_keys) key_ids.push_back(key.id);
  Recovery recovery(database.pool);
  RETURN_IF_ERROR(RecoverTenants(database.tenants, recovery, key_ids));
  if (!nothing_was_sent) {
    std::vector<std::string> cas;
    for (const auto& ca : config.certificate_authorities) cas.push_back(ca.name);
    RETURN_IF_ERROR(recovery.AssumeLimitsUsed(cas));
  }
  base::Metrics unread;
  const Authorities authorities(config, base::SystemClock(), unread);
  Accounts accounts(database.accounts, sealer);
  for (const CertificateAuthority& ca : authorities.list()) {
    ListLostIssuances(ca, accounts, recovery);
  }
  return absl::OkStatus();
}

}  // namespace cert
