#include <algorithm>
#include <optional>

#include "cert/app/resource_name.h"
#include "cert/rpc/to_proto.h"
#include "cert/rpc/to_proto_parts.h"

namespace cert {
namespace {

namespace pb = ::padlock::cert::v1;

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

pb::Revocation ToProto(const Revocation& revocation) {
  pb::Revocation proto;
  proto.set_reason(
      static_cast<pb::RevocationReason>(revocation.reason));  // the CRLReasons' numbers
  Set(revocation.request_time, proto.mutable_request_time());
  if (revocation.revoke_time.has_value()) Set(*revocation.revoke_time, proto.mutable_revoke_time());
  if (revocation.finding.has_value()) {
    *proto.mutable_finding() = ToProto(*revocation.finding, revocation.retry_time);
  }
  return proto;
}

pb::Certificate::State StateOf(const Certificate& certificate) {
  const bool pending =
      certificate.progress.state == CertificateState::kActive && certificate.deployment.has_value();
  return pending ? pb::Certificate::STATE_PENDING_DEPLOYMENT : ToProto(certificate.progress.state);
}

pb::PendingDeployment AwaitedOf(const CertificateDetails& details) {
  const Deployment& deployment = *details.certificate.deployment;
  pb::PendingDeployment proto;
  for (const std::optional<Issuance>* issuance : {&details.issuance, &details.second_issuance}) {
    const bool awaited =
        issuance->has_value() &&
        std::ranges::find(deployment.awaited, (*issuance)->id) != deployment.awaited.end();
    if (awaited) proto.add_serial_numbers((*issuance)->serial);
  }
  Set(deployment.issue_time, proto.mutable_issue_time());
  Set(deployment.overdue_time, proto.mutable_overdue_time());
  if (deployment.served_until) Set(*deployment.served_until, proto.mutable_served_until_time());
  return proto;
}

// `next`: of its certificate, without which no name is tried.
pb::SetAsideName ToProto(const SetAsideName& name, const NextAction& next) {
  pb::SetAsideName proto;
  proto.set_name(name.name);
  proto.set_refusals(name.times);
  Set(name.retry_time, proto.mutable_retry_time());
  const auto look_time =
      next.time ? std::optional(std::max(name.retry_time, *next.time)) : std::nullopt;
  *proto.mutable_finding() = ToProto(name.why, look_time);
  return proto;
}

}  // namespace

pb::Certificate ToProto(const CertificateDetails& details, const AgreementPolicy& policy) {
  const Certificate& certificate = details.certificate;
  const NextAction next = NextActionOf(certificate, details.order, details.domain_look_time);
  pb::Certificate proto;
  proto.set_name(FormatName(certificate.tenant, certificate.id));
  if (!certificate.domain.empty()) {
    proto.set_domain(FormatName(certificate.tenant, certificate.domain));
  }
  for (const DomainId& id : certificate.domains) {
    proto.add_domains(FormatName(certificate.tenant, id));
  }
  for (const std::string& name : certificate.names) proto.add_names(name);
  proto.set_state(StateOf(certificate));
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
  if (certificate.finding.has_value()) {
    *proto.mutable_finding() = ToProto(*certificate.finding, next.time);
  }
  Set(next, proto.mutable_next_action());
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
  for (const SetAsideName& name : certificate.set_aside) {
    *proto.add_set_aside() = ToProto(name, next);
  }
  if (certificate.deployment) *proto.mutable_pending_deployment() = AwaitedOf(details);
  return proto;
}

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

}  // namespace cert
