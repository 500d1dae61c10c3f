#include "cert/rpc/to_proto.h"

#include <optional>

#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "base/strings.h"
#include "cert/app/event_reader.h"
#include "cert/app/resource_name.h"
#include "cert/rpc/to_proto_parts.h"

namespace cert {

namespace pb = ::padlock::cert::v1;

void Set(absl::Time time, google::protobuf::Timestamp* timestamp) {
  const std::int64_t seconds = absl::ToUnixSeconds(time);
  timestamp->set_seconds(seconds);
  timestamp->set_nanos(
      static_cast<int>(absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(seconds))));
}

void Set(const NextAction& action, pb::NextAction* proto) {
  if (action.time.has_value()) Set(*action.time, proto->mutable_time());
  proto->set_reason(action.reason);
}

pb::Finding ToProto(const Finding& finding, std::optional<absl::Time> next_look_time) {
  pb::Finding proto;
  // Both enums number the codes alike; to_proto_test.cc compares their names.
  proto.set_code(static_cast<pb::Finding::Code>(finding.code));
  proto.set_sentence(finding.sentence);
  proto.set_record_type(finding.record_type);
  proto.set_record_name(finding.record_name);
  proto.set_expected(finding.expected);
  for (const std::string& value : finding.seen) proto.add_seen(value);
  for (const std::string& server : finding.where) proto.add_where(server);
  proto.set_fix(finding.fix);
  proto.set_fix_relative_name(finding.fix_relative_name);
  if (next_look_time.has_value()) {
    Set(*next_look_time, proto.mutable_next_look_time());
    proto.set_sentence(absl::StrFormat("%s Padlock looks again at %s.", finding.sentence,
                                       base::UtcText(*next_look_time)));
  }
  return proto;
}

pb::DiagnoseDomainResponse ToProto(const Diagnosis& diagnosis) {
  pb::DiagnoseDomainResponse proto;
  for (const Diagnosed& diagnosed : diagnosis.findings) {
    *proto.add_findings() = ToProto(diagnosed.finding, diagnosed.next_look_time);
  }
  proto.set_attempt(diagnosis.attempt);
  if (diagnosis.check_time.has_value()) Set(*diagnosis.check_time, proto.mutable_check_time());
  Set(diagnosis.next_action, proto.mutable_next_action());
  proto.set_fresh(diagnosis.fresh);
  return proto;
}

pb::Event ToProto(const TenantId& tenant, const Event& event) {
  pb::Event proto;
  proto.set_cursor(FormatCursor(event.cursor));
  Set(event.time, proto.mutable_time());
  proto.set_type(static_cast<pb::Event::Type>(event.type));  // numbered alike, as the findings
  if (!event.domain.empty()) proto.set_domain(FormatName(tenant, event.domain));
  if (!event.certificate.empty()) {
    proto.set_certificate(FormatName(tenant, event.certificate));
    if (!event.order.empty()) {
      proto.set_order(FormatName(CertificateName{tenant, event.certificate}, event.order));
    }
  }
  proto.set_actor(event.actor);
  proto.set_request_id(event.request_id);
  proto.set_message(event.message);
  proto.set_attempt(event.attempt);
  return proto;
}

}  // namespace cert
