// Where libpqxx's exceptions end: each becomes the status that tells the caller what to do.
// Private to this folder.
//
//   UNAVAILABLE        the server or the connection is gone, it is a standby, or its disk is full;
//                      nothing was done. Discard the connection. (A full disk is not
//                      RESOURCE_EXHAUSTED: no caller used it up, and all of them may come again.)
//   UNKNOWN            the connection died during COMMIT: session.cc finds out what happened.
//   ABORTED            lost against other transactions. LostAgainstOthers(): run it again. Or a
//                      lock did not come in time, or the lease is lost.
//   ALREADY_EXISTS     a unique constraint; the message is its name.
//   DEADLINE_EXCEEDED  statement_timeout or a cancel.
//   INTERNAL           our bug: any other constraint, bad SQL, a missing grant, a stored value that
//   cannot be read.
//
// DEADLINE_EXCEEDED, and ABORTED but for a lost lease, come with base/retry_delay.h's delay: a
// caller of the API hears UNAVAILABLE instead (transport/to_grpc_status.h).
// Messages carry the SQLSTATE only: the server's text quotes row values, which may be secrets.

#pragma once

#include "absl/status/status.h"

namespace cert {

enum class Stage { kStatement, kCommit };

// Call inside a catch block only. `stage` says whether COMMIT had been sent.
absl::Status StatusFromCurrentException(Stage stage);

// Whether the transaction was a victim of a deadlock or a serialization failure, so that the same
// may well succeed at once.
bool LostAgainstOthers(const absl::Status& status);

}  // namespace cert
