// padlock.probe.v1's observation messages and enums to and from the plain types.

#pragma once

#include "absl/status/statusor.h"
#include "observation/observation.h"
#include "padlock/probe/v1/coordinator_service.pb.h"
#include "padlock/probe/v1/observation.pb.h"

namespace observation {

padlock::probe::v1::Outcome ToProto(Outcome outcome);
padlock::probe::v1::Vote ToProto(Vote vote);
padlock::probe::v1::ServerRole ToProto(ServerRole role);
padlock::probe::v1::RecordType ToProto(RecordType type);
padlock::probe::v1::Scope ToProto(Scope scope);

// INVALID_ARGUMENT for a number that the enum lacks, and for UNSPECIFIED.
absl::StatusOr<Outcome> FromProto(padlock::probe::v1::Outcome outcome);
absl::StatusOr<Vote> FromProto(padlock::probe::v1::Vote vote);
absl::StatusOr<ServerRole> FromProto(padlock::probe::v1::ServerRole role);
absl::StatusOr<RecordType> FromProto(padlock::probe::v1::RecordType type);
absl::StatusOr<Scope> FromProto(padlock::probe::v1::Scope scope);

padlock::probe::v1::Observation ToProto(const Observation& observation);

// Total: what a worker sends is not trusted. INVALID_ARGUMENT, naming the field, for an unknown
// enum value, a control character, a text, list, number or time beyond its bound. Bounds: 16 values
// of 512 octets; 16 CNAMEs; 16 clues; names of 1020 octets (255 on the wire, each \DDD at worst);
// address 64; note 512; durations from zero to 2^32 s.
absl::StatusOr<Observation> FromProto(const padlock::probe::v1::Observation& observation);

}  // namespace observation
