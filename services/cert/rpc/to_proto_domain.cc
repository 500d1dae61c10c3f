#include <vector>

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

void AddRecords(const std::vector<ShownRecord>& records, pb::Domain& domain) {
  for (const ShownRecord& shown : records) {
    pb::RequiredRecord* added = domain.add_records();
    *added = ToProto(shown.record);
    if (shown.decision.has_value()) added->set_decision(ToProto(*shown.decision));
  }
}

}  // namespace

pb::Domain ToProto(const DomainDetails& details, const AgreementPolicy& policy) {
  const Domain& domain = details.domain;
  pb::Domain proto;
  proto.set_name(FormatName(domain.tenant, domain.id));
  proto.set_hostname(domain.hostname);
  proto.set_wildcard(domain.wildcard);
  proto.set_state(ToProto(domain.progress.state));
  proto.set_method(ToProto(domain.method));
  AddRecords(details.records, proto);
  AddRecords(details.tokens, proto);
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
  if (details.evidence.has_value()) {
    *proto.mutable_latest_check() = ToProto(*details.evidence, policy);
  }
  return proto;
}

}  // namespace cert
