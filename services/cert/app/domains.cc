#include "cert/app/domains.h"

#include <utility>

#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "cert/app/authorize.h"
#include "cert/app/field_error.h"
#include "cert/app/resource_name.h"
#include "cert/app/revoke.h"
#include "cert/app/settings.h"
#include "cert/core/claim.h"
#include "cert/core/lifecycle.h"

namespace cert {
namespace {

using ::transport::Role;

// A certificate that waits for its domain is woken by it; this is in case that is lost.
constexpr absl::Duration kWatchdog = absl::Hours(1);

bool IsDeleted(const Domain& domain) {
  return domain.progress.state == DomainState::kDeleting ||
         domain.progress.state == DomainState::kDeleted;
}

Event EventOf(EventType type, const Domain& domain, const Caller& caller, std::string message) {
  return {.cursor = {},
          .time = absl::InfinitePast(),
          .type = type,
          .domain = domain.id,
          .certificate = domain.certificate,
          .order = {},
          .actor = caller.identity.name,
          .request_id = caller.request_id,
          .message = std::move(message)};
}

absl::StatusOr<DomainName> AdmitToDomain(const Caller& caller, const std::string& name, Role role) {
  ASSIGN_OR_RETURN(const DomainName parsed, InField("name", ParseDomainName(name)));
  RETURN_IF_ERROR(Authorize(caller.identity, parsed.tenant, TenantNamedBy::kResource, role));
  return parsed;
}

absl::StatusOr<Domain> GetLiving(Transaction& transaction, const DomainId& id) {
  absl::StatusOr<Domain> domain = transaction.GetDomain(id);
  const bool gone = absl::IsNotFound(domain.status()) ||
                    (domain.ok() && domain->progress.state == DomainState::kDeleted);
  if (gone) return absl::NotFoundError("name: not found");
  return domain;
}

absl::StatusOr<DomainDetails> WithEvidence(Transaction& transaction, Domain domain) {
  DomainDetails details{.domain = std::move(domain)};
  if (!details.domain.check_time.has_value()) return details;
  ASSIGN_OR_RETURN(details.evidence, transaction.LatestEvidence(details.domain.id.text()));
  return details;
}

absl::StatusOr<std::vector<DomainDetails>> WithEvidence(Transaction& transaction,
                                                        std::vector<Domain> domains) {
  std::vector<std::string> checked;
  for (const Domain& domain : domains) {
    if (domain.check_time.has_value()) checked.push_back(domain.id.text());
  }
  ASSIGN_OR_RETURN(auto evidence, transaction.FindLatestEvidence(checked));
  std::vector<DomainDetails> all;
  for (Domain& domain : domains) {
    DomainDetails details{.domain = std::move(domain)};
    const auto found = evidence.find(details.domain.id.text());
    if (found != evidence.end()) details.evidence = std::move(found->second);
    all.push_back(std::move(details));
  }
  return all;
}

// What an earlier call with the same key made, if it was the same request.
absl::StatusOr<Domain> Repeat(Transaction& transaction, const Domain& earlier, const Hostname& host,
                              const CreateDomainInput& input) {
  ASSIGN_OR_RETURN(const Certificate certificate, transaction.GetCertificate(earlier.certificate));
  const bool same = earlier.hostname == host.text() && earlier.wildcard == input.wildcard &&
                    certificate.settings == input.settings;
  if (!same) {
    return absl::AlreadyExistsError("request_id: was used for another request");
  }
  if (IsDeleted(earlier)) {
    return absl::AlreadyExistsError(
        "request_id: was used for a domain that has been deleted since");
  }
  return earlier;
}

// An order that waits before its CA has made it is looked at now.
absl::Status HurryIntendedOrder(Transaction& transaction, const OrderId& id) {
  ASSIGN_OR_RETURN(Order order, transaction.GetOrder(id));
  if (order.progress.state != OrderState::kIntended) return absl::OkStatus();
  order.progress.due_time = transaction.now();
  return transaction.UpdateOrder(order);
}

absl::Status RecheckCertificate(Transaction& transaction, const Domain& domain) {
  ASSIGN_OR_RETURN(Certificate certificate, transaction.GetCertificate(domain.certificate));
  const CertificateState state = certificate.progress.state;
  const bool stuck = state == CertificateState::kFailed || state == CertificateState::kOrdering ||
                     state == CertificateState::kRenewing;
  if (!stuck) return absl::OkStatus();
  ASSIGN_OR_RETURN(certificate.progress,
                   Advance(certificate.progress, RecheckRequested{}, transaction.now()));
  if (state == CertificateState::kFailed) certificate.finding.reset();
  certificate.failed_orders = 0;
  certificate.ca_failures.clear();
  if (certificate.order.has_value()) {
    RETURN_IF_ERROR(HurryIntendedOrder(transaction, *certificate.order));
  }
  certificate.request_id = domain.request_id;
  return transaction.UpdateCertificate(certificate);
}

absl::Status DeleteCertificate(Transaction& transaction, const CertificateId& id,
                               const Caller& caller, bool revoke) {
  ASSIGN_OR_RETURN(Certificate certificate, transaction.GetCertificate(id));
  if (revoke) {
    RETURN_IF_ERROR(RevokeIssuances(transaction, certificate,
                                    {.reason = RevocationReason::kCessationOfOperation,
                                     .actor = caller.identity.name,
                                     .request_id = caller.request_id}));
  }
  if (certificate.order.has_value()) {
    RETURN_IF_ERROR(GiveUpOrder(transaction, *certificate.order));
  }
  ASSIGN_OR_RETURN(certificate.progress,
                   Advance(certificate.progress, DeleteRequested{}, transaction.now()));
  return transaction.UpdateCertificate(certificate);
}

absl::Status DeleteIn(Transaction& transaction, const DomainId& id, const Caller& caller,
                      bool revoke) {
  ASSIGN_OR_RETURN(Domain domain, GetLiving(transaction, id));
  if (IsDeleted(domain)) return absl::OkStatus();
  ASSIGN_OR_RETURN(domain.progress, Advance(domain.progress, DeleteRequested{}, transaction.now()));
  domain.finding.reset();
  domain.request_id = caller.request_id;
  RETURN_IF_ERROR(DeleteCertificate(transaction, domain.certificate, caller, revoke));
  RETURN_IF_ERROR(transaction.ReleaseClaim(domain.hostname, domain.id));
  RETURN_IF_ERROR(transaction.UpdateDomain(domain));
  transaction.AppendEvent(EventOf(EventType::kDomainDeleted, domain, caller,
                                  absl::StrFormat("%s was deleted.", domain.hostname)));
  return absl::OkStatus();
}

absl::StatusOr<Domain> RecheckIn(Transaction& transaction, const DomainId& id,
                                 const Caller& caller) {
  ASSIGN_OR_RETURN(Domain domain, GetLiving(transaction, id));
  if (IsDeleted(domain)) return absl::FailedPreconditionError("name: it is being deleted");
  const bool gave_up = domain.progress.state == DomainState::kFailed;
  ASSIGN_OR_RETURN(domain.progress,
                   Advance(domain.progress, RecheckRequested{}, transaction.now()));
  if (gave_up) domain.finding.reset();
  domain.request_id = caller.request_id;
  RETURN_IF_ERROR(transaction.UpdateDomain(domain));
  RETURN_IF_ERROR(RecheckCertificate(transaction, domain));
  transaction.AppendEvent(
      EventOf(EventType::kDomainRechecked, domain, caller,
              absl::StrFormat("A recheck of %s was asked for.", domain.hostname)));
  return domain;
}

}  // namespace

// A request that has passed every check that needs no database.
struct Domains::Admission {
  const Caller& caller;
  const CreateDomainInput& input;
  TenantId tenant;
  Hostname host;
  std::string key_hash;  // of the caller's certificate request; empty: none
};

Domains::Domains(Store& store, base::Random& random, Options options)
    : store_(store), random_(random), options_(std::move(options)) {}

absl::Status Domains::CheckZones(const Hostname& host) const {
  std::vector<std::string> zones = options_.reserved_zones;
  zones.push_back(options_.delegation_zone);
  for (const std::string& zone : zones) {
    if (!host.IsInside(zone)) continue;
    return absl::InvalidArgumentError(
        absl::StrFormat("\"%s\" lies inside Padlock's own zone %s", host.text(), zone));
  }
  return absl::OkStatus();
}

absl::StatusOr<Domain> Domains::NewDomain(Transaction& transaction, const Admission& admission) {
  ASSIGN_OR_RETURN(const std::string delegation_id,
                   transaction.DelegationId(NewDelegationId(random_)));
  ASSIGN_OR_RETURN(DerivedNames names,
                   InField("domain.hostname", DerivedNames::Of(admission.host, delegation_id,
                                                               options_.delegation_zone)));
  const absl::Time now = transaction.now();
  return Domain{.tenant = admission.tenant,
                .id = DomainId::New(random_),
                .hostname = admission.host.text(),
                .wildcard = admission.input.wildcard,
                .claim_value = NewClaimValue(random_),
                .delegation_target = std::move(names.delegation_target),
                .canary_value = NewCanaryValue(random_),
                .certificate = CertificateId::New(random_),
                .idempotency_key = admission.input.idempotency_key,
                .request_id = admission.caller.request_id,
                .progress = {.state = DomainState::kPending, .start_time = now, .due_time = now},
                .create_time = now};
}

absl::StatusOr<Domain> Domains::CreateIn(Transaction& transaction, const Admission& admission) {
  const CreateDomainInput& input = admission.input;
  const Hostname& host = admission.host;
  if (!input.idempotency_key.empty()) {
    ASSIGN_OR_RETURN(const auto earlier, transaction.FindDomainByKey(input.idempotency_key));
    if (earlier.has_value()) return Repeat(transaction, *earlier, host, input);
  }
  RETURN_IF_ERROR(CheckKey(transaction, admission.key_hash));
  ASSIGN_OR_RETURN(const auto same_host, transaction.FindDomainByHostname(host.text()));
  if (same_host.has_value() && !IsDeleted(*same_host)) {
    return absl::AlreadyExistsError(absl::StrFormat("domain.hostname: %s is there already, as %s",
                                                    host.text(),
                                                    FormatName(admission.tenant, same_host->id)));
  }
  ASSIGN_OR_RETURN(const auto claim, transaction.GetClaim(host.text()));
  if (claim.has_value() && claim->tenant != admission.tenant && !input.challenge) {
    return absl::FailedPreconditionError(
        absl::StrFormat("domain.hostname: held by another tenant; \"%s\" can be added once it has "
                        "been given up there, or with \"challenge\" if it is yours now",
                        host.text()));
  }
  ASSIGN_OR_RETURN(const Domain domain, NewDomain(transaction, admission));
  RETURN_IF_ERROR(transaction.InsertDomain(domain));
  RETURN_IF_ERROR(
      transaction.InsertCertificate({.tenant = domain.tenant,
                                     .id = domain.certificate,
                                     .domain = domain.id,
                                     .names = CertificateNames(host, domain.wildcard),
                                     .settings = input.settings,
                                     .request_id = domain.request_id,
                                     .progress = {.state = CertificateState::kAwaitingDomain,
                                                  .start_time = domain.create_time,
                                                  .due_time = domain.create_time + kWatchdog},
                                     .create_time = domain.create_time}));
  transaction.AppendEvent(EventOf(EventType::kDomainCreated, domain, admission.caller,
                                  absl::StrFormat("%s was added.", host.text())));
  return domain;
}

absl::StatusOr<DomainDetails> Domains::Create(const Caller& caller,
                                              const CreateDomainInput& input) {
  ASSIGN_OR_RETURN(const TenantId tenant, InField("parent", ParseParent(input.parent)));
  RETURN_IF_ERROR(Authorize(caller.identity, tenant, TenantNamedBy::kParent, Role::kOperator));
  ASSIGN_OR_RETURN(Hostname host, InField("domain.hostname", Hostname::Parse(input.hostname)));
  if (absl::Status zones = CheckZones(host); !zones.ok()) return InField("domain.hostname", zones);
  RETURN_IF_ERROR(CheckSettings(input.settings, options_.authorities));
  ASSIGN_OR_RETURN(const std::string key_hash,
                   CheckRequest(input.settings, CertificateNames(host, input.wildcard)));
  const Admission admission{caller, input, tenant, std::move(host), key_hash};
  DomainDetails details;
  const auto body = [&](Transaction& transaction) -> absl::Status {
    ASSIGN_OR_RETURN(Domain domain, CreateIn(transaction, admission));
    ASSIGN_OR_RETURN(details, WithEvidence(transaction, std::move(domain)));
    return absl::OkStatus();
  };
  absl::Status status = store_.Write(tenant, body);
  // Lost against a twin of this call: its rows are visible now.
  if (absl::IsAlreadyExists(status)) status = store_.Write(tenant, body);
  RETURN_IF_ERROR(status);
  return details;
}

absl::StatusOr<DomainDetails> Domains::Get(const Caller& caller, const std::string& name) {
  ASSIGN_OR_RETURN(const DomainName parsed, AdmitToDomain(caller, name, Role::kReader));
  DomainDetails details;
  RETURN_IF_ERROR(store_.Read(parsed.tenant, [&](Transaction& transaction) -> absl::Status {
    ASSIGN_OR_RETURN(Domain domain, GetLiving(transaction, parsed.domain));
    ASSIGN_OR_RETURN(details, WithEvidence(transaction, std::move(domain)));
    return absl::OkStatus();
  }));
  return details;
}

absl::StatusOr<Page<DomainDetails>> Domains::List(const Caller& caller, const std::string& parent,
                                                  const PageRequest& page) {
  ASSIGN_OR_RETURN(const TenantId tenant, InField("parent", ParseParent(parent)));
  RETURN_IF_ERROR(Authorize(caller.identity, tenant, TenantNamedBy::kParent, Role::kReader));
  Page<DomainDetails> result;
  RETURN_IF_ERROR(store_.Read(tenant, [&](Transaction& transaction) -> absl::Status {
    ASSIGN_OR_RETURN(auto listed, transaction.ListDomains(page.after_id, page.size + 1));
    Page<Domain> cut = CutPage(std::move(listed), page.size);
    result = {.items = {}, .has_more = cut.has_more};
    ASSIGN_OR_RETURN(result.items, WithEvidence(transaction, std::move(cut.items)));
    return absl::OkStatus();
  }));
  return result;
}

absl::StatusOr<DomainDetails> Domains::Recheck(const Caller& caller, const std::string& name) {
  ASSIGN_OR_RETURN(const DomainName parsed, AdmitToDomain(caller, name, Role::kOperator));
  DomainDetails details;
  RETURN_IF_ERROR(store_.Write(parsed.tenant, [&](Transaction& transaction) -> absl::Status {
    ASSIGN_OR_RETURN(Domain domain, RecheckIn(transaction, parsed.domain, caller));
    ASSIGN_OR_RETURN(details, WithEvidence(transaction, std::move(domain)));
    return absl::OkStatus();
  }));
  return details;
}

absl::Status Domains::Delete(const Caller& caller, const std::string& name, bool revoke) {
  ASSIGN_OR_RETURN(const DomainName parsed, AdmitToDomain(caller, name, Role::kOperator));
  return store_.Write(parsed.tenant, [&](Transaction& transaction) {
    return DeleteIn(transaction, parsed.domain, caller, revoke);
  });
}

}  // namespace cert
