#include <array>
#include <optional>

#include "cert/rpc/to_proto.h"
#include "cert/rpc/to_proto_parts.h"
#include "observation/observation_proto.h"

namespace cert {

namespace pb = ::padlock::cert::v1;

pb::CheckAttempt::Decision ToProto(Decision decision) {
  switch (decision) {
    case Decision::kAgreed:
      return pb::CheckAttempt::DECISION_AGREED;
    case Decision::kDisagreed:
      return pb::CheckAttempt::DECISION_DISAGREED;
    case Decision::kCouldNotTell:
      return pb::CheckAttempt::DECISION_COULD_NOT_TELL;
  }
  return pb::CheckAttempt::DECISION_UNSPECIFIED;
}

const char* TypeName(observation::RecordType type) {
  constexpr std::array kNames{"", "TXT", "CNAME", "CAA", "HTTP"};  // as the enum is numbered
  return kNames[static_cast<std::size_t>(type)];
}

namespace {

pb::RecordCheck ToProto(const Answer& answer, const AgreementPolicy& policy) {
  const Verdict verdict = Judge(answer, policy);
  pb::RecordCheck check;
  check.set_type(TypeName(answer.question.type));
  check.set_name(answer.question.name);
  for (const std::string& value : answer.question.expected_values) check.add_expected_values(value);
  check.set_decision(ToProto(verdict.decision));
  for (const View& view : answer.views) {
    pb::PerspectiveView* seen = check.add_views();
    seen->set_perspective(view.perspective);
    seen->set_failure(view.failure);
    for (const PerspectiveVerdict& part : verdict.perspectives) {
      if (part.perspective == view.perspective) seen->set_decision(ToProto(part.decision));
    }
    for (const observation::Observation& observed : view.observations) {
      *seen->add_observations() = observation::ToProto(observed);
    }
  }
  return check;
}

}  // namespace

pb::CheckAttempt ToProto(const EvidenceRecord& evidence, const AgreementPolicy& policy) {
  pb::CheckAttempt proto;
  proto.set_attempt(evidence.attempt);
  Set(evidence.time, proto.mutable_time());
  const std::optional<Decision> decision = ParseDecision(evidence.decision);
  if (decision.has_value()) proto.set_decision(ToProto(*decision));
  for (const Answer& answer : evidence.answers) *proto.add_records() = ToProto(answer, policy);
  return proto;
}

}  // namespace cert
