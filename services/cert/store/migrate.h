// Brings the schema forward, and tells whether this binary may work on what is there. Migrations
// only add what the version before can live with: it serves on when a newer one has applied more of
// them, and may be started again then, during an upgrade or to take one back.

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
//   FAILED_PRECONDITION  a newer binary has applied migrations that this one does not know, or an
//                        applied migration differs from this binary's: other contents, or one
//                        missing before later ones. Nothing was changed.
//   UNAVAILABLE          no connection; what was applied stays, run again.
absl::Status Migrate(const std::string& connection_string);

// For those who must know every row. FAILED_PRECONDITION: the schema is older or newer than this
// binary, or not its own, as above.
absl::Status CheckSchema(ConnectionPool& pool);

// For those who touch what they know, and nothing else. The same, but a newer schema is OK: the log
// names, as a warning, the migrations that this binary does not know.
absl::Status CheckSchemaToServe(ConnectionPool& pool);

}  // namespace cert
