#include <optional>

#include "cert/app/resource_name.h"
#include "cert/core/proof.h"
#include "cert/rpc/to_proto.h"
#include "cert/rpc/to_proto_parts.h"

namespace cert {
namespace {

namespace pb = ::padlock::cert::v1;

pb::Domain::State ToProto(DomainState state) {
  switch (state) {
    case DomainState::kPending:
      return pb::Domain::STATE_PENDING;
    case DomainState::kActive:
      return pb::Domain::STATE_ACTIVE;
    case DomainState::kFailed:
      return pb::Domain::STATE_FAILED;
    case DomainState::kDeleting:
    case DomainState::kDeleted:
      return pb::Domain::STATE_DELETING;
  }
  return pb::Domain::STATE_UNSPECIFIED;
}

// Of the latest check, if that asked for the record.
pb::CheckAttempt::Decision DecisionOn(const RequiredRecord& record,
                                      const std::optional<EvidenceRecord>& evidence,
                                      const AgreementPolicy& policy) {
  if (!evidence.has_value()) return pb::CheckAttempt::DECISION_UNSPECIFIED;
  for (const Answer& answer : evidence->answers) {
    const bool asked =
        answer.question.name == record.name && TypeName(answer.question.type) == record.type;
    if (!asked) continue;
    const bool token = record.purpose == RecordPurpose::kAcmeToken;
    return ToProto(Judge(token ? OnlyFor(answer, record.value) : answer, policy).decision);
  }
  return pb::CheckAttempt::DECISION_UNSPECIFIED;
}

pb::RequiredRecord::Purpose ToProto(RecordPurpose purpose) {
  switch (purpose) {
    case RecordPurpose::kClaim:
      return pb::RequiredRecord::PURPOSE_CLAIM;
    case RecordPurpose::kDelegation:
      return pb::RequiredRecord::PURPOSE_DELEGATION;
    case RecordPurpose::kAcmeToken:
      return pb::RequiredRecord::PURPOSE_ACME_TOKEN;
  }
  return pb::RequiredRecord::PURPOSE_UNSPECIFIED;
}

pb::Domain::Method ToProto(ValidationMethod method) {
  switch (method) {
    case ValidationMethod::kDelegation:
      return pb::Domain::METHOD_DELEGATION;
    case ValidationMethod::kTxt:
      return pb::Domain::METHOD_TXT;
    case ValidationMethod::kHttp:
      return pb::Domain::METHOD_HTTP;
  }
  return pb::Domain::METHOD_UNSPECIFIED;
}

pb::RequiredRecord ToProto(const RequiredRecord& record) {
  pb::RequiredRecord proto;
  proto.set_purpose(ToProto(record.purpose));
  proto.set_type(record.type);
  proto.set_name(record.name);
  proto.set_value(record.value);
  proto.set_zone_file_line(record.zone_file_line);
  return proto;
}

void AddRecords(const std::vector<RequiredRecord>& records,
                const std::optional<EvidenceRecord>& evidence, const AgreementPolicy& policy,
                pb::Domain& domain) {
  for (const RequiredRecord& record : records) {
    pb::RequiredRecord* added = domain.add_records();
    *added = ToProto(record);
    added->set_decision(DecisionOn(record, evidence, policy));
  }
}

}  // namespace

pb::Domain ToProto(const DomainDetails& details, const AgreementPolicy& policy,
                   bool with_evidence) {
  const Domain& domain = details.domain;
  pb::Domain proto;
  proto.set_name(FormatName(domain.tenant, domain.id));
  proto.set_hostname(domain.hostname);
  proto.set_wildcard(domain.wildcard);
  proto.set_state(ToProto(domain.progress.state));
  proto.set_method(ToProto(domain.method));
  AddRecords(RequiredRecords(domain), details.evidence, policy, proto);
  for (const DomainDetails::Tokens& tokens : details.tokens) {
    AddRecords(tokens.records, tokens.evidence, policy, proto);
  }
  if (!domain.certificate.empty()) {
    proto.set_certificate(FormatName(domain.tenant, domain.certificate));
  }
  if (domain.finding.has_value())
    *proto.mutable_finding() = ToProto(*domain.finding, NextActionOf(domain).time);
  Set(NextActionOf(domain), proto.mutable_next_action());
  proto.set_tries(domain.progress.tries);
  Set(domain.create_time, proto.mutable_create_time());
  if (domain.prove_time.has_value()) Set(*domain.prove_time, proto.mutable_prove_time());
  if (domain.check_time.has_value()) Set(*domain.check_time, proto.mutable_check_time());
  if (with_evidence && details.evidence.has_value()) {
    *proto.mutable_latest_check() = ToProto(*details.evidence, policy);
  }
  return proto;
}

}  // namespace cert
