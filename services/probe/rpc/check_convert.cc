#include "probe/rpc/check_convert.h"

#include <optional>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "observation/observation_proto.h"

namespace probe {
namespace {

constexpr absl::Duration kLongestCheck = absl::Minutes(1);
constexpr std::size_t kFailureLimit = 512;

}  // namespace

absl::StatusOr<Check> FromProto(const padlock::probe::v1::Check& proto) {
  ASSIGN_OR_RETURN(const observation::RecordType type, observation::FromProto(proto.type()));
  ASSIGN_OR_RETURN(const observation::Scope scope, observation::FromProto(proto.scope()));
  const absl::Duration timeout =
      absl::Seconds(proto.timeout().seconds()) + absl::Nanoseconds(proto.timeout().nanos());
  if (timeout <= absl::ZeroDuration() || timeout > kLongestCheck) {
    return absl::InvalidArgumentError(
        absl::StrFormat("timeout: %s is not within a minute", absl::FormatDuration(timeout)));
  }
  std::optional<CaaExpectation> caa;
  if (proto.has_caa()) {
    caa = CaaExpectation{.issuer_domains = {proto.caa().issuer_domains().begin(),
                                            proto.caa().issuer_domains().end()},
                         .account_uri = proto.caa().account_uri(),
                         .validation_method = proto.caa().validation_method(),
                         .wildcard = proto.caa().wildcard()};
  }
  return Check{.id = proto.check_id(),
               .request_id = proto.request_id(),
               .name = proto.name(),
               .type = type,
               .scope = scope,
               .expected_values = {proto.expected_values().begin(), proto.expected_values().end()},
               .timeout = timeout,
               .caa = std::move(caa)};
}

padlock::probe::v1::Report ToProto(const Report& report) {
  padlock::probe::v1::Report proto;
  proto.set_check_id(report.check_id);
  proto.set_failure(report.failure.substr(0, kFailureLimit));
  for (const observation::Observation& seen : report.observations) {
    *proto.add_observations() = observation::ToProto(seen);
  }
  return proto;
}

}  // namespace probe
