// gRPC's own log lines. A failed handshake is the peer's doing as often as ours, so nothing
// that gRPC says is more than a warning.

#pragma once

namespace transport {

// As ours from now on, for the whole process; drops everything below gRPC's level 'error'.
void LogGrpcAsJson();

// Drops all of them, for a program whose user is told by statuses: they would come between the
// lines that it prints.
void SilenceGrpcLog();

}  // namespace transport
