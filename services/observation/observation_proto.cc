#include "observation/observation_proto.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_format.h"
#include "base/status_macros.h"

namespace observation {
namespace {

namespace pb = ::padlock::probe::v1;

constexpr std::size_t kMaxNameBytes = 1020;
constexpr std::size_t kMaxAddressBytes = 64;
constexpr std::size_t kMaxNoteBytes = 512;
constexpr std::size_t kMaxValueBytes = 512;
constexpr int kMaxValues = 16;
constexpr int kMaxCnames = 16;
constexpr int kMaxClues = 16;
constexpr std::uint32_t kMaxRcode = 4095;  // RFC 6891, 6.1.3
constexpr std::uint32_t kMaxExtendedError = 65535;
constexpr absl::Duration kMaxDuration = absl::Seconds(std::int64_t{1} << 32U);
constexpr std::int64_t kMaxUnixSeconds = 253'402'300'799;  // the end of year 9999

// The numbers are the same on both sides, so that a cast converts.
static_assert(static_cast<int>(Outcome::kMatch) == pb::OUTCOME_MATCH);
static_assert(static_cast<int>(Outcome::kNotAsked) == pb::OUTCOME_NOT_ASKED);
static_assert(pb::Outcome_MAX == pb::OUTCOME_NOT_ASKED);
static_assert(static_cast<int>(Clue::kAtParentName) == pb::CLUE_AT_PARENT_NAME);
static_assert(pb::Clue_MAX == pb::CLUE_AT_PARENT_NAME);
static_assert(static_cast<int>(Vote::kCouldNotTell) == pb::VOTE_COULD_NOT_TELL);
static_assert(pb::Vote_MAX == pb::VOTE_COULD_NOT_TELL);
static_assert(static_cast<int>(ServerRole::kRecursive) == pb::SERVER_ROLE_RECURSIVE);
static_assert(pb::ServerRole_MAX == pb::SERVER_ROLE_RECURSIVE);
static_assert(static_cast<int>(RecordType::kHttp) == pb::RECORD_TYPE_HTTP);
static_assert(pb::RecordType_MAX == pb::RECORD_TYPE_HTTP);
static_assert(static_cast<int>(Scope::kAllAtOnce) == pb::SCOPE_ALL_AT_ONCE);
static_assert(pb::Scope_MAX == pb::SCOPE_ALL_AT_ONCE);

template <typename To, typename From>
absl::StatusOr<To> EnumFromProto(From value, bool valid, const char* field) {
  if (!valid || static_cast<int>(value) == 0) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%s: unknown value %d", field, static_cast<int>(value)));
  }
  return static_cast<To>(value);
}

google::protobuf::Duration DurationToProto(absl::Duration duration) {
  duration = std::clamp(duration, absl::ZeroDuration(), kMaxDuration);
  google::protobuf::Duration proto;
  proto.set_seconds(absl::IDivDuration(duration, absl::Seconds(1), &duration));
  proto.set_nanos(static_cast<std::int32_t>(absl::ToInt64Nanoseconds(duration)));
  return proto;
}

absl::StatusOr<absl::Duration> DurationFromProto(const google::protobuf::Duration& proto,
                                                 const char* field) {
  const absl::Duration duration = absl::Seconds(proto.seconds()) + absl::Nanoseconds(proto.nanos());
  if (proto.seconds() < 0 || proto.nanos() < 0 || proto.nanos() > 999'999'999 ||
      duration > kMaxDuration) {
    return absl::InvalidArgumentError(absl::StrFormat("%s: out of range", field));
  }
  return duration;
}

google::protobuf::Timestamp TimeToProto(absl::Time time) {
  google::protobuf::Timestamp proto;
  proto.set_seconds(absl::ToUnixSeconds(time));
  const absl::Duration rest = time - absl::FromUnixSeconds(proto.seconds());
  proto.set_nanos(static_cast<std::int32_t>(absl::ToInt64Nanoseconds(rest)));
  return proto;
}

absl::StatusOr<absl::Time> TimeFromProto(const google::protobuf::Timestamp& proto,
                                         const char* field) {
  if (proto.seconds() < 0 || proto.seconds() > kMaxUnixSeconds || proto.nanos() < 0 ||
      proto.nanos() > 999'999'999) {
    return absl::InvalidArgumentError(absl::StrFormat("%s: out of range", field));
  }
  return absl::FromUnixSeconds(proto.seconds()) + absl::Nanoseconds(proto.nanos());
}

// These texts reach terminals and logs: no control characters.
absl::Status CheckText(const std::string& text, std::size_t limit, const char* field) {
  if (text.size() > limit) {
    return absl::InvalidArgumentError(absl::StrFormat("%s: longer than %d octets", field, limit));
  }
  const bool control = std::any_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
  if (control) return absl::InvalidArgumentError(absl::StrFormat("%s: control character", field));
  return absl::OkStatus();
}

template <typename List>
absl::Status CheckTexts(const List& texts, int max_texts, std::size_t limit, const char* field) {
  if (texts.size() > max_texts) {
    return absl::InvalidArgumentError(absl::StrFormat("%s: more than %d", field, max_texts));
  }
  for (const std::string& text : texts) RETURN_IF_ERROR(CheckText(text, limit, field));
  return absl::OkStatus();
}

absl::Status CheckBounds(const pb::Observation& proto) {
  RETURN_IF_ERROR(CheckText(proto.server(), kMaxNameBytes, "server"));
  RETURN_IF_ERROR(CheckText(proto.address(), kMaxAddressBytes, "address"));
  RETURN_IF_ERROR(CheckText(proto.zone(), kMaxNameBytes, "zone"));
  RETURN_IF_ERROR(CheckText(proto.asked_zone(), kMaxNameBytes, "asked_zone"));
  RETURN_IF_ERROR(CheckText(proto.owner(), kMaxNameBytes, "owner"));
  RETURN_IF_ERROR(CheckText(proto.note(), kMaxNoteBytes, "note"));
  RETURN_IF_ERROR(CheckTexts(proto.cname_chain(), kMaxCnames, kMaxNameBytes, "cname_chain"));
  RETURN_IF_ERROR(CheckTexts(proto.values(), kMaxValues, kMaxValueBytes, "values"));
  if (proto.clues_size() > kMaxClues) return absl::InvalidArgumentError("clues: more than 16");
  if (proto.rcode() > kMaxRcode) return absl::InvalidArgumentError("rcode: out of range");
  if (proto.extended_error() > kMaxExtendedError) {
    return absl::InvalidArgumentError("extended_error: out of range");
  }
  return absl::OkStatus();
}

}  // namespace

pb::Outcome ToProto(Outcome outcome) { return static_cast<pb::Outcome>(outcome); }
pb::Vote ToProto(Vote vote) { return static_cast<pb::Vote>(vote); }
pb::ServerRole ToProto(ServerRole role) { return static_cast<pb::ServerRole>(role); }
pb::RecordType ToProto(RecordType type) { return static_cast<pb::RecordType>(type); }
pb::Scope ToProto(Scope scope) { return static_cast<pb::Scope>(scope); }

absl::StatusOr<Outcome> FromProto(pb::Outcome outcome) {
  return EnumFromProto<Outcome>(outcome, pb::Outcome_IsValid(outcome), "outcome");
}
absl::StatusOr<Vote> FromProto(pb::Vote vote) {
  return EnumFromProto<Vote>(vote, pb::Vote_IsValid(vote), "vote");
}
absl::StatusOr<ServerRole> FromProto(pb::ServerRole role) {
  return EnumFromProto<ServerRole>(role, pb::ServerRole_IsValid(role), "role");
}
absl::StatusOr<RecordType> FromProto(pb::RecordType type) {
  return EnumFromProto<RecordType>(type, pb::RecordType_IsValid(type), "type");
}
absl::StatusOr<Scope> FromProto(pb::Scope scope) {
  return EnumFromProto<Scope>(scope, pb::Scope_IsValid(scope), "scope");
}

pb::Observation ToProto(const Observation& observation) {
  pb::Observation proto;
  proto.set_role(ToProto(observation.role));
  proto.set_server(observation.server);
  proto.set_address(observation.address);
  proto.set_zone(observation.zone);
  proto.set_outcome(ToProto(observation.outcome));
  proto.set_vote(ToProto(observation.vote));
  proto.set_rcode(static_cast<std::uint32_t>(observation.rcode));
  if (observation.extended_error) {
    proto.set_extended_error(static_cast<std::uint32_t>(*observation.extended_error));
  }
  proto.set_owner(observation.owner);
  for (const std::string& target : observation.cname_chain) proto.add_cname_chain(target);
  for (const std::string& value : observation.values) proto.add_values(value);
  *proto.mutable_ttl() = DurationToProto(observation.ttl);
  *proto.mutable_negative_ttl() = DurationToProto(observation.negative_ttl);
  if (observation.soa_serial) proto.set_soa_serial(*observation.soa_serial);
  proto.set_authenticated_data(observation.authenticated_data);
  proto.set_over_tcp(observation.over_tcp);
  *proto.mutable_round_trip_time() = DurationToProto(observation.round_trip_time);
  *proto.mutable_observe_time() = TimeToProto(observation.observe_time);
  proto.set_note(observation.note);
  for (const Clue clue : observation.clues) proto.add_clues(static_cast<pb::Clue>(clue));
  if (observation.cache_expire_time) {
    *proto.mutable_cache_expire_time() = TimeToProto(*observation.cache_expire_time);
  }
  if (observation.validating) proto.set_validating(*observation.validating);
  proto.set_asked_zone(observation.asked_zone);
  return proto;
}

absl::StatusOr<Observation> FromProto(const pb::Observation& proto) {
  RETURN_IF_ERROR(CheckBounds(proto));
  Observation observation;
  ASSIGN_OR_RETURN(observation.role, FromProto(proto.role()));
  ASSIGN_OR_RETURN(observation.outcome, FromProto(proto.outcome()));
  ASSIGN_OR_RETURN(observation.vote, FromProto(proto.vote()));
  ASSIGN_OR_RETURN(observation.ttl, DurationFromProto(proto.ttl(), "ttl"));
  ASSIGN_OR_RETURN(observation.negative_ttl,
                   DurationFromProto(proto.negative_ttl(), "negative_ttl"));
  ASSIGN_OR_RETURN(observation.round_trip_time,
                   DurationFromProto(proto.round_trip_time(), "round_trip_time"));
  ASSIGN_OR_RETURN(observation.observe_time, TimeFromProto(proto.observe_time(), "observe_time"));
  observation.server = proto.server();
  observation.address = proto.address();
  observation.zone = proto.zone();
  observation.rcode = static_cast<int>(proto.rcode());
  if (proto.has_extended_error()) {
    observation.extended_error = static_cast<int>(proto.extended_error());
  }
  if (proto.has_validating()) observation.validating = proto.validating();
  observation.asked_zone = proto.asked_zone();
  observation.owner = proto.owner();
  observation.cname_chain.assign(proto.cname_chain().begin(), proto.cname_chain().end());
  observation.values.assign(proto.values().begin(), proto.values().end());
  if (proto.has_soa_serial()) observation.soa_serial = proto.soa_serial();
  observation.authenticated_data = proto.authenticated_data();
  observation.over_tcp = proto.over_tcp();
  observation.note = proto.note();
  for (const int clue : proto.clues()) {
    const auto known = static_cast<pb::Clue>(clue);
    // One that a newer worker knows is passed over: it explains, and decides nothing.
    if (clue != 0 && pb::Clue_IsValid(clue)) observation.clues.push_back(static_cast<Clue>(known));
  }
  if (proto.has_cache_expire_time()) {
    ASSIGN_OR_RETURN(observation.cache_expire_time,
                     TimeFromProto(proto.cache_expire_time(), "cache_expire_time"));
  }
  return observation;
}

}  // namespace observation
