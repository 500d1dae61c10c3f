#include "cert/rpc/to_proto.h"

#include <google/protobuf/timestamp.pb.h>

#include <array>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "cert/app/event_reader.h"
#include "cert/app/next_action.h"
#include "cert/app/resource_name.h"
#include "cert/core/proof.h"
#include "observation/observation_proto.h"

namespace cert {
namespace {

namespace pb = ::padlock::cert::v1;
using ::google::protobuf::Timestamp;

// Protobuf's timestamps end with the year 9999; the infinite times of terminal states never get
// here.
void Set(absl::Time time, Timestamp* timestamp) {
  const std::int64_t seconds = absl::ToUnixSeconds(time);
  timestamp->set_seconds(seconds);
  timestamp->set_nanos(
      static_cast<int>(absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(seconds))));
}

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

pb::Certificate::State ToProto(CertificateState state) {
  switch (state) {
    case CertificateState::kAwaitingDomain:
      return pb::Certificate::STATE_AWAITING_DOMAIN;
    case CertificateState::kOrdering:
      return pb::Certificate::STATE_ORDERING;
    case CertificateState::kActive:
      return pb::Certificate::STATE_ACTIVE;
    case CertificateState::kRenewing:
      return pb::Certificate::STATE_RENEWING;
    case CertificateState::kFailed:
      return pb::Certificate::STATE_FAILED;
    case CertificateState::kDeleted:
      break;  // not found, for callers
  }
  return pb::Certificate::STATE_UNSPECIFIED;
}

pb::Order::State ToProto(OrderState state) {
  switch (state) {
    case OrderState::kIntended:
      return pb::Order::STATE_INTENDED;
    case OrderState::kPublishing:
      return pb::Order::STATE_PUBLISHING;
    case OrderState::kPropagating:
      return pb::Order::STATE_PROPAGATING;
    case OrderState::kValidating:
      return pb::Order::STATE_VALIDATING;
    case OrderState::kFinalizing:
      return pb::Order::STATE_FINALIZING;
    case OrderState::kWithdrawing:
      return pb::Order::STATE_WITHDRAWING;
    case OrderState::kCompleted:
      return pb::Order::STATE_COMPLETED;
    case OrderState::kClosing:
      return pb::Order::STATE_CLOSING;
    case OrderState::kFailed:
      return pb::Order::STATE_FAILED;
  }
  return pb::Order::STATE_UNSPECIFIED;
}

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

void Set(const NextAction& action, pb::NextAction* proto) {
  if (action.time.has_value()) Set(*action.time, proto->mutable_time());
  proto->set_reason(action.reason);
}

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

pb::CertificateSettings ToProto(const CertificateSettings& settings) {
  pb::CertificateSettings proto;
  for (const std::string& ca : settings.authorities) proto.add_certificate_authorities(ca);
  proto.set_partial(settings.partial);
  proto.set_profile(settings.profile);
  proto.set_backup(settings.backup);
  proto.set_certificate_signing_request(settings.csr_pem);
  if (!settings.csr_pem.empty()) return proto;
  switch (settings.keys) {
    case KeyChoice::kEcdsaP256:
      proto.set_key_type(pb::KEY_TYPE_ECDSA_P256);
      break;
    case KeyChoice::kRsa2048:
      proto.set_key_type(pb::KEY_TYPE_RSA_2048);
      break;
    case KeyChoice::kDual:
      proto.set_key_type(pb::KEY_TYPE_DUAL);
      break;
  }
  return proto;
}

pb::Order ToProto(const Order& order) {
  pb::Order proto;
  proto.set_name(FormatName(CertificateName{order.tenant, order.certificate}, order.id));
  proto.set_state(ToProto(order.progress.state));
  proto.set_certificate_authority(order.ca);
  proto.set_url(order.order_url);
  Set(order.intent_time, proto.mutable_create_time());
  return proto;
}

}  // namespace

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
    proto.set_sentence(absl::StrCat(
        finding.sentence, absl::FormatTime(" Padlock looks again at %H:%M:%S UTC on %Y-%m-%d.",
                                           *next_look_time, absl::UTCTimeZone())));
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

pb::CheckAttempt ToProto(const EvidenceRecord& evidence, const AgreementPolicy& policy) {
  pb::CheckAttempt proto;
  proto.set_attempt(evidence.attempt);
  Set(evidence.time, proto.mutable_time());
  const std::optional<Decision> decision = ParseDecision(evidence.decision);
  if (decision.has_value()) proto.set_decision(ToProto(*decision));
  for (const Answer& answer : evidence.answers) *proto.add_records() = ToProto(answer, policy);
  return proto;
}

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

pb::RenewalPlan ToProto(const Renewal& renewal) {
  pb::RenewalPlan proto;
  if (renewal.window.has_value()) {
    Set(renewal.window->start, proto.mutable_window_start_time());
    Set(renewal.window->end, proto.mutable_window_end_time());
  }
  proto.set_explanation_url(renewal.explanation_url);
  Set(renewal.refresh_time, proto.mutable_refresh_time());
  return proto;
}

pb::Certificate ToProto(const CertificateDetails& details, const AgreementPolicy& policy) {
  const Certificate& certificate = details.certificate;
  pb::Certificate proto;
  proto.set_name(FormatName(certificate.tenant, certificate.id));
  if (!certificate.domain.empty()) {
    proto.set_domain(FormatName(certificate.tenant, certificate.domain));
  }
  for (const DomainId& id : certificate.domains) {
    proto.add_domains(FormatName(certificate.tenant, id));
  }
  for (const std::string& name : certificate.names) proto.add_names(name);
  proto.set_state(ToProto(certificate.progress.state));
  if (details.order.has_value()) {
    *proto.mutable_order() = ToProto(*details.order);
    if (details.evidence.has_value()) {
      *proto.mutable_order()->mutable_latest_check() = ToProto(*details.evidence, policy);
    }
  }
  if (details.issuance.has_value()) *proto.mutable_issuance() = ToProto(*details.issuance);
  if (certificate.renew_time.has_value()) {
    Set(*certificate.renew_time, proto.mutable_renew_time());
  }
  if (certificate.finding.has_value())
    *proto.mutable_finding() =
        ToProto(*certificate.finding, NextActionOf(certificate, details.order).time);
  Set(NextActionOf(certificate, details.order), proto.mutable_next_action());
  Set(certificate.create_time, proto.mutable_create_time());
  *proto.mutable_settings() = ToProto(certificate.settings);
  if (certificate.expire_time.has_value()) {
    Set(*certificate.expire_time, proto.mutable_expire_time());
  }
  if (details.renewal.has_value()) *proto.mutable_renewal_plan() = ToProto(*details.renewal);
  if (details.second_issuance) *proto.mutable_second_issuance() = ToProto(*details.second_issuance);
  const TenantId& tenant = certificate.tenant;
  if (certificate.backup) proto.set_backup(FormatName(tenant, *certificate.backup));
  if (certificate.backup_of) proto.set_backup_of(FormatName(tenant, *certificate.backup_of));
  if (certificate.backup_use_time) {
    Set(*certificate.backup_use_time, proto.mutable_backup_use_time());
  }
  return proto;
}

namespace {

pb::Revocation ToProto(const Revocation& revocation) {
  pb::Revocation proto;
  proto.set_reason(
      static_cast<pb::RevocationReason>(revocation.reason));  // the CRLReasons' numbers
  Set(revocation.request_time, proto.mutable_request_time());
  if (revocation.revoke_time.has_value()) Set(*revocation.revoke_time, proto.mutable_revoke_time());
  if (revocation.finding.has_value()) *proto.mutable_finding() = ToProto(*revocation.finding);
  return proto;
}

}  // namespace

pb::Issuance ToProto(const Issuance& issuance) {
  pb::Issuance proto;
  proto.set_name(FormatName(CertificateName{issuance.tenant, issuance.certificate}, issuance.id));
  proto.set_certificate_authority(issuance.ca);
  proto.set_serial_number(issuance.serial);
  if (issuance.key_type == KeyType::kEcdsaP256) proto.set_key_type(pb::KEY_TYPE_ECDSA_P256);
  if (issuance.key_type == KeyType::kRsa2048) proto.set_key_type(pb::KEY_TYPE_RSA_2048);
  if (issuance.revocation.has_value()) {
    *proto.mutable_revocation() = ToProto(*issuance.revocation);
  }
  proto.set_issuer(issuance.issuer);
  for (const std::string& name : issuance.names) proto.add_names(name);
  Set(issuance.validity.not_before, proto.mutable_not_before_time());
  Set(issuance.validity.not_after, proto.mutable_not_after_time());
  Set(issuance.create_time, proto.mutable_create_time());
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
