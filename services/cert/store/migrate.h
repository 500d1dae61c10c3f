// Brings the schema forward, and tells whether it is the one that this binary was written for.

#pragma once

#include <string>

#include "absl/status/status.h"
#include "cert/store/connection_pool.h"

namespace cert {

// Applies what is missing, each migration in one transaction under an advisory lock, so that
// several replicas may start it at once. Connects as the owner of schema `padlock`, which may
// create it; past any transaction pooler. Nothing to do is OK.
//
// Errors:
//   FAILED_PRECONDITION  the schema is newer than this binary, or one of its migrations was not
//                        this binary's (another checksum). Nothing was changed.
//   UNAVAILABLE          no connection; what was applied stays, run again.
absl::Status Migrate(const std::string& connection_string);

// FAILED_PRECONDITION: the schema is older or newer than this binary.
absl::Status CheckSchema(ConnectionPool& pool);

}  // namespace cert
