// gRPC's own log lines as ours. A failed handshake is the peer's doing as often as ours, so nothing
// that gRPC says is more than a warning.

#pragma once

namespace transport {

// From now on, for the whole process; drops everything below gRPC's level 'error'.
void LogGrpcAsJson();

}  // namespace transport
