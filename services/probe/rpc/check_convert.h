// Between padlock.probe.v1's messages and the worker's types.

#pragma once

#include "absl/status/statusor.h"
#include "padlock/probe/v1/coordinator_service.pb.h"
#include "probe/core/check.h"

namespace probe {

// INVALID_ARGUMENT, naming the field: what this worker cannot do.
absl::StatusOr<Check> FromProto(const padlock::probe::v1::Check& proto);

padlock::probe::v1::Report ToProto(const Report& report);

}  // namespace probe
