#include "cert/rpc/probe_convert.h"

#include <algorithm>

#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "observation/observation_proto.h"

namespace cert {
namespace {

namespace v1 = ::padlock::probe::v1;

constexpr int kBatchLimit = 64;
constexpr int kObservationLimit = 500;
constexpr std::size_t kIdLimit = 64;
constexpr std::size_t kTextLimit = 512;

bool IsPrintable(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c != 0x7f; });
}

absl::Status CheckText(const char* field, const std::string& text, std::size_t limit) {
  if (text.size() <= limit && IsPrintable(text)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrFormat("%s: longer than %d octets, or with control characters", field, limit));
}

absl::Status CheckId(const char* field, const std::string& id) {
  if (id.empty()) return absl::InvalidArgumentError(absl::StrFormat("%s: it is empty", field));
  return CheckText(field, id, kIdLimit);
}

void SetDuration(absl::Duration duration, google::protobuf::Duration& proto) {
  proto.set_seconds(absl::IDivDuration(duration, absl::Seconds(1), &duration));
  proto.set_nanos(static_cast<std::int32_t>(duration / absl::Nanoseconds(1)));
}

void SetCaa(const CaaExpectation& caa, v1::CaaExpectation& proto) {
  proto.mutable_issuer_domains()->Assign(caa.issuer_domains.begin(), caa.issuer_domains.end());
  proto.set_account_uri(caa.account_uri);
  proto.set_validation_method(caa.validation_method);
  proto.set_wildcard(caa.wildcard);
}

absl::StatusOr<WorkerReport> ReportFromProto(const v1::Report& proto) {
  RETURN_IF_ERROR(CheckId("reports.check_id", proto.check_id()));
  RETURN_IF_ERROR(CheckText("reports.failure", proto.failure(), kTextLimit));
  if (proto.observations_size() > kObservationLimit) {
    return absl::InvalidArgumentError("reports.observations: more than 500");
  }
  WorkerReport report{.check_id = proto.check_id(), .observations = {}, .failure = proto.failure()};
  for (const v1::Observation& observation : proto.observations()) {
    ASSIGN_OR_RETURN(observation::Observation seen, observation::FromProto(observation));
    report.observations.push_back(std::move(seen));
  }
  return report;
}

}  // namespace

v1::ConnectResponse ToWelcome(absl::Duration heartbeat_interval) {
  v1::ConnectResponse response;
  SetDuration(heartbeat_interval, *response.mutable_welcome()->mutable_heartbeat_interval());
  return response;
}

v1::ConnectResponse ToCheckBatch(const std::vector<WorkerCheck>& checks) {
  v1::ConnectResponse response;
  for (const WorkerCheck& check : checks) {
    v1::Check& proto = *response.mutable_checks()->add_checks();
    proto.set_check_id(check.id);
    proto.set_request_id(check.request_id);
    proto.set_name(check.question.name);
    proto.set_type(observation::ToProto(check.question.type));
    proto.set_scope(observation::ToProto(check.question.scope));
    proto.mutable_expected_values()->Assign(check.question.expected_values.begin(),
                                            check.question.expected_values.end());
    SetDuration(check.timeout, *proto.mutable_timeout());
    if (check.question.caa) SetCaa(*check.question.caa, *proto.mutable_caa());
  }
  return response;
}

absl::Status CheckHello(const v1::Hello& hello) {
  RETURN_IF_ERROR(CheckId("hello.worker_id", hello.worker_id()));
  RETURN_IF_ERROR(CheckId("hello.perspective", hello.perspective()));
  RETURN_IF_ERROR(CheckText("hello.version", hello.version(), kIdLimit));
  return absl::OkStatus();
}

absl::StatusOr<std::vector<WorkerReport>> FromProto(const v1::ReportBatch& batch) {
  if (batch.reports_size() < 1 || batch.reports_size() > kBatchLimit) {
    return absl::InvalidArgumentError("reports: not 1 to 64");
  }
  std::vector<WorkerReport> reports;
  for (const v1::Report& proto : batch.reports()) {
    ASSIGN_OR_RETURN(WorkerReport report, ReportFromProto(proto));
    reports.push_back(std::move(report));
  }
  return reports;
}

}  // namespace cert
