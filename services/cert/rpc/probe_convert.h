// Between padlock.probe.v1's messages and the dispatcher's types.

#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cert/dispatch/worker_session.h"
#include "padlock/probe/v1/coordinator_service.pb.h"

namespace cert {

padlock::probe::v1::ConnectResponse ToWelcome(absl::Duration heartbeat_interval);
padlock::probe::v1::ConnectResponse ToCheckBatch(const std::vector<WorkerCheck>& checks);

// INVALID_ARGUMENT, naming the field, when a bound of coordinator_service.proto is broken.
absl::Status CheckHello(const padlock::probe::v1::Hello& hello);
absl::StatusOr<std::vector<WorkerReport>> FromProto(const padlock::probe::v1::ReportBatch& batch);

}  // namespace cert
