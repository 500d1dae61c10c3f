// Fills a migrated database with certificates in force, as SQL by a superuser.

#pragma once

#include <string>

#include "absl/status/status.h"

namespace bench {

// Tenants are "t0" to "t99", certificate i belongs to tenant i % 100 and is "crt_<i>". Each has its
// domain, completed order and issuance. Of every size `due` certificates are due.
inline constexpr int kTenants = 100;

absl::Status FillStore(const std::string& superuser_connection_string, int certificates, int due);

}  // namespace bench
