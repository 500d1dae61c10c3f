// `padlock-cert rollover-account --ca NAME`: replaces the key of our account at a CA, while the
// service runs. Safe to interrupt and to run again. A part of main.cc.

#pragma once

#include <algorithm>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "base/status_macros.h"
#include "cert/authorities.h"
#include "cert/config.h"
#include "cert/database.h"
#include "cert/keys/sealer.h"
#include "cert/reconcile/account_rollover.h"
#include "cert/store/migrate.h"

namespace cert {

inline absl::Status RollOverAccountAt(const std::string& path, const std::string& ca_name) {
  ASSIGN_OR_RETURN(const Config config, LoadConfig(path));
  base::Metrics unread;
  const Authorities authorities(config, base::SystemClock(), unread);
  const auto ca = std::ranges::find(authorities.list(), ca_name, &CertificateAuthority::name);
  if (ca == authorities.list().end()) {
    return absl::InvalidArgumentError(absl::StrCat("--ca: no CA \"", ca_name, "\" is configured"));
  }
  Database database(config.database, base::SystemRandom());
  RETURN_IF_ERROR(CheckSchemaToServe(database.pool));
  ASSIGN_OR_RETURN(const Sealer sealer, Sealer::Create(config.key_encryption_keys));
  RETURN_IF_ERROR(
      RollOverAccount(database.accounts, sealer, *ca, base::Deadline::After(absl::Minutes(1))));
  base::Log(base::LogLevel::kInfo, "account has a new key", {{"ca", ca_name}});
  return absl::OkStatus();
}

}  // namespace cert
