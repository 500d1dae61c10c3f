#include "cert/app/domains.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "base/retry_delay.h"
#include "base/status_macros.h"
#include "cert/app/authorize.h"
#include "cert/app/certificate_changes.h"
#include "cert/app/field_error.h"
#include "cert/app/living.h"
#include "cert/app/resource_name.h"
#include "cert/app/revoke.h"
#include "cert/app/settings.h"
#include "cert/core/budget.h"
#include "cert/core/lifecycle.h"
#include "cert/core/names.h"
#include "cert/store/record_moves.h"

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

// A certificate of several names that has names of it, if any does. Backups go with what they stand
// by for.
absl::StatusOr<std::optional<CertificateId>> FindSharing(Transaction& transaction,
                                                         const Domain& domain) {
  ASSIGN_OR_RETURN(const auto shared, transaction.ListCertificatesSharing(domain.id));
  for (const CertificateId& id : shared) {
    ASSIGN_OR_RETURN(const Certificate certificate, transaction.GetCertificate(id));
    if (!certificate.backup_of.has_value()) return id;
  }
  return std::nullopt;
}

// As the certificate keeps them.
CertificateSettings SettingsOf(const CreateDomainInput& input) {
  CertificateSettings settings = input.settings;
  settings.method = input.method;
  return settings;
}

// What an earlier call with the same key made, if it was the same request: the method is that of
// its certificate's settings, since the domain's may have been changed since.
absl::StatusOr<Domain> Repeat(Transaction& transaction, const Domain& earlier, const Hostname& host,
                              const CreateDomainInput& input) {
  ASSIGN_OR_RETURN(const Certificate certificate, transaction.GetCertificate(earlier.certificate));
  const bool same = earlier.hostname == host.text() && earlier.wildcard == input.wildcard &&
                    WasMadeWith(certificate, SettingsOf(input));
  if (!same) {
    return absl::AlreadyExistsError("request_id: was used for another request");
  }
  if (IsDeleted(earlier)) {
    return absl::AlreadyExistsError(
        "request_id: was used for a domain that has been deleted since");
  }
  return earlier;
}

// As domains have theirs. What is no hostname, or has become a public suffix since, is sought all
// the same.
absl::StatusOr<std::string> Sought(const std::string& hostname) {
  constexpr std::size_t kMostOctets = 254;  // with the trailing dot
  if (hostname.size() > kMostOctets) {
    return FieldError("hostname", "is longer than 253 octets");
  }
  return absl::AsciiStrToLower(absl::StripSuffix(hostname, "."));
}

// None where it is in another state.
absl::StatusOr<std::vector<Domain>> TheOneAt(Transaction& transaction, const std::string& host,
                                             std::optional<DomainState> state) {
  ASSIGN_OR_RETURN(std::optional<Domain> found, transaction.FindDomainByHostname(host));
  std::vector<Domain> listed;
  const bool is_wanted = found && (!state || found->progress.state == *state);
  if (is_wanted) listed.push_back(*std::move(found));
  return listed;
}

// Whoever deleted it without may still ask for the revocation.
absl::Status DeleteAgain(Transaction& transaction, const Domain& domain, const Caller& caller,
                         bool revoke) {
  if (!revoke || domain.certificate.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const Certificate certificate, transaction.GetCertificate(domain.certificate));
  return RevokeDeleted(transaction, certificate, caller);
}

absl::Status DeleteIn(Transaction& transaction, const DomainId& id, const Caller& caller,
                      bool revoke) {
  ASSIGN_OR_RETURN(Domain domain, GetLiving(transaction, id));
  if (IsDeleted(domain)) return DeleteAgain(transaction, domain, caller, revoke);
  ASSIGN_OR_RETURN(const std::optional<CertificateId> sharing, FindSharing(transaction, domain));
  if (sharing.has_value()) {
    return absl::FailedPreconditionError(
        absl::StrFormat("name: %s has names of it; delete that certificate first",
                        FormatName(domain.tenant, *sharing)));
  }
  ASSIGN_OR_RETURN(domain.progress, Advance(domain.progress, DeleteRequested{}, transaction.now()));
  domain.finding.reset();
  domain.request_id = caller.request_id;
  if (!domain.certificate.empty()) {
    RETURN_IF_ERROR(DeleteCertificate(transaction, domain.certificate, caller, revoke));
  }
  RETURN_IF_ERROR(transaction.ReleaseClaim(domain.hostname, domain.id));
  RETURN_IF_ERROR(transaction.UpdateDomain(domain));
  transaction.AppendEvent(EventOf(EventType::kDomainDeleted, domain, caller,
                                  absl::StrFormat("%s was deleted.", domain.hostname)));
  return absl::OkStatus();
}

absl::Status SpendOne(Transaction& transaction, const std::string& subject,
                      const BudgetLimit& limit) {
  ASSIGN_OR_RETURN(const std::optional<Budget> budget, transaction.GetBudget(subject));
  const Spent spent = Spend(limit, budget, transaction.now());
  if (!spent.wait) return transaction.PutBudget(subject, spent.budget);
  return base::WithRetryDelay(
      absl::ResourceExhaustedError("too many rechecks and changes of methods were asked for; the "
                                   "records are looked at by themselves as well"),
      *spent.wait);
}

// The domain's first: it is locked already, and then only few wait for the tenant's.
absl::Status SpendRecheck(Transaction& transaction, const Domain& domain) {
  RETURN_IF_ERROR(SpendOne(transaction, "recheck " + domain.id.text(), kDomainRechecks));
  return SpendOne(transaction, "recheck", kTenantRechecks);
}

absl::StatusOr<Domain> RecheckIn(Transaction& transaction, const DomainId& id,
                                 const Caller& caller) {
  ASSIGN_OR_RETURN(Domain domain, GetLiving(transaction, id));
  if (IsDeleted(domain)) return absl::FailedPreconditionError("name: it is being deleted");
  RETURN_IF_ERROR(SpendRecheck(transaction, domain));
  const bool gave_up = domain.progress.state == DomainState::kFailed;
  ASSIGN_OR_RETURN(domain.progress,
                   Advance(domain.progress, RecheckRequested{}, transaction.now()));
  if (gave_up) domain.finding.reset();
  domain.request_id = caller.request_id;
  RETURN_IF_ERROR(transaction.UpdateDomain(domain));
  ASSIGN_OR_RETURN(const auto certificates, CertificatesOf(transaction, domain));
  for (const CertificateId& certificate : certificates) {
    RETURN_IF_ERROR(RecheckCertificate(transaction, certificate, domain.request_id));
  }
  transaction.AppendEvent(
      EventOf(EventType::kDomainRechecked, domain, caller,
              absl::StrFormat("A recheck of %s was asked for.", domain.hostname)));
  return domain;
}

// A certificate that has the wildcard of the hostname, if any does.
absl::StatusOr<std::optional<CertificateId>> FindWildcard(Transaction& transaction,
                                                          const Domain& domain) {
  ASSIGN_OR_RETURN(const auto certificates, CertificatesOf(transaction, domain));
  for (const CertificateId& id : certificates) {
    ASSIGN_OR_RETURN(const Certificate certificate, transaction.GetCertificate(id));
    if (std::ranges::count(certificate.names, WildcardOf(domain.hostname)) > 0) return id;
  }
  return std::nullopt;
}

absl::StatusOr<Domain> ChangeMethodIn(Transaction& transaction, const DomainId& id,
                                      const Caller& caller, ValidationMethod method) {
  ASSIGN_OR_RETURN(Domain domain, GetLiving(transaction, id));
  if (IsDeleted(domain)) return absl::FailedPreconditionError("name: it is being deleted");
  if (domain.method == method) return domain;
  // It starts what a recheck does, and an order at the CA besides.
  RETURN_IF_ERROR(SpendRecheck(transaction, domain));
  ASSIGN_OR_RETURN(const auto wildcard, FindWildcard(transaction, domain));
  if (method == ValidationMethod::kHttp && wildcard.has_value()) {
    return absl::FailedPreconditionError(
        absl::StrFormat("method: %s has *.%s, and HTTP cannot validate a wildcard (RFC 8555, 8.3)",
                        FormatName(domain.tenant, *wildcard), domain.hostname));
  }
  const std::string message =
      absl::StrFormat("%s is validated by %s instead of %s from now on.", domain.hostname,
                      MethodName(method), MethodName(domain.method));
  ASSIGN_OR_RETURN(domain.progress, Advance(domain.progress, MethodChanged{}, transaction.now()));
  domain.method = method;
  domain.finding.reset();
  domain.request_id = caller.request_id;
  RETURN_IF_ERROR(transaction.UpdateDomain(domain));
  ASSIGN_OR_RETURN(const auto certificates, CertificatesOf(transaction, domain));
  for (const CertificateId& certificate : certificates) {
    RETURN_IF_ERROR(ReplaceOrder(transaction, certificate, domain.request_id));
  }
  transaction.AppendEvent(EventOf(EventType::kMethodChanged, domain, caller, message));
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
    : store_(store),
      random_(random),
      maker_(random, {.delegation_zone = std::move(options.delegation_zone),
                      .reserved_zones = std::move(options.reserved_zones),
                      .answers_http = options.answers_http}),
      authorities_(std::move(options.authorities)),
      policy_(std::move(options.policy)) {}

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
  ASSIGN_OR_RETURN(Domain domain,
                   InField("domain.hostname",
                           maker_.Make(transaction, {.tenant = admission.tenant,
                                                     .host = host,
                                                     .wildcard = input.wildcard,
                                                     .challenge = input.challenge,
                                                     .method = input.method,
                                                     .request_id = admission.caller.request_id})));
  domain.certificate = CertificateId::New(random_);
  domain.idempotency_key = input.idempotency_key;
  RETURN_IF_ERROR(transaction.InsertDomain(domain));
  RETURN_IF_ERROR(
      transaction.InsertCertificate({.tenant = domain.tenant,
                                     .id = domain.certificate,
                                     .domain = domain.id,
                                     .domains = {domain.id},
                                     .names = CertificateNames(host, domain.wildcard),
                                     .settings = SettingsOf(input),
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
  if (absl::Status zones = maker_.CheckZones(host); !zones.ok()) {
    return InField("domain.hostname", zones);
  }
  const absl::Status method = maker_.CheckMethod(input.method, input.wildcard);
  if (!method.ok()) return InField("domain.method", method);
  RETURN_IF_ERROR(CheckSettings(input.settings, authorities_));
  ASSIGN_OR_RETURN(const std::string key_hash,
                   CheckRequest(input.settings, CertificateNames(host, input.wildcard)));
  const Admission admission{caller, input, tenant, std::move(host), key_hash};
  DomainDetails details;
  const auto body = [&](Transaction& transaction) -> absl::Status {
    ASSIGN_OR_RETURN(Domain domain, CreateIn(transaction, admission));
    ASSIGN_OR_RETURN(details, DetailsOf(transaction, std::move(domain), policy_));
    return absl::OkStatus();
  };
  absl::Status status = store_.Write(tenant, body);
  // Lost against a twin of this call: its rows are visible now.
  if (absl::IsAlreadyExists(status)) status = store_.Write(tenant, body);
  RETURN_IF_ERROR(status);
  return details;
}

absl::StatusOr<DomainDetails> Domains::Get(const Caller& caller, const std::string& name,
                                           DomainView view) {
  ASSIGN_OR_RETURN(const DomainName parsed, AdmitToDomain(caller, name, Role::kReader));
  DomainDetails details;
  RETURN_IF_ERROR(store_.Read(parsed.tenant, [&](Transaction& transaction) -> absl::Status {
    ASSIGN_OR_RETURN(Domain domain, GetLiving(transaction, parsed.domain));
    ASSIGN_OR_RETURN(details, DetailsOf(transaction, std::move(domain), policy_, view));
    return absl::OkStatus();
  }));
  return details;
}

absl::StatusOr<Page<DomainDetails>> Domains::List(const Caller& caller, const std::string& parent,
                                                  const Filter& filter, const PageRequest& page) {
  ASSIGN_OR_RETURN(const TenantId tenant, InField("parent", ParseParent(parent)));
  RETURN_IF_ERROR(Authorize(caller.identity, tenant, TenantNamedBy::kParent, Role::kReader));
  ASSIGN_OR_RETURN(const std::string host, Sought(filter.hostname));
  Page<DomainDetails> result;
  RETURN_IF_ERROR(store_.Read(tenant, [&](Transaction& transaction) -> absl::Status {
    ASSIGN_OR_RETURN(auto listed,
                     filter.hostname.empty()
                         ? transaction.ListDomains(filter.state, page.after_id, page.size + 1)
                         : TheOneAt(transaction, host, filter.state));
    Page<Domain> cut = CutPage(std::move(listed), page.size);
    result = {.items = {}, .has_more = cut.has_more};
    ASSIGN_OR_RETURN(result.items, DetailsOf(transaction, std::move(cut.items), policy_));
    return absl::OkStatus();
  }));
  return result;
}

absl::StatusOr<DomainDetails> Domains::Recheck(const Caller& caller, const std::string& name) {
  ASSIGN_OR_RETURN(const DomainName parsed, AdmitToDomain(caller, name, Role::kOperator));
  DomainDetails details;
  RETURN_IF_ERROR(store_.Write(parsed.tenant, [&](Transaction& transaction) -> absl::Status {
    ASSIGN_OR_RETURN(Domain domain, RecheckIn(transaction, parsed.domain, caller));
    ASSIGN_OR_RETURN(details, DetailsOf(transaction, std::move(domain), policy_));
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

absl::StatusOr<DomainDetails> Domains::ChangeMethod(const Caller& caller, const std::string& name,
                                                    ValidationMethod method) {
  ASSIGN_OR_RETURN(const DomainName parsed, AdmitToDomain(caller, name, Role::kOperator));
  if (absl::Status good = maker_.CheckMethod(method, /*wildcard=*/false); !good.ok()) {
    return InField("method", good);
  }
  DomainDetails details;
  RETURN_IF_ERROR(store_.Write(parsed.tenant, [&](Transaction& transaction) -> absl::Status {
    ASSIGN_OR_RETURN(Domain domain, ChangeMethodIn(transaction, parsed.domain, caller, method));
    ASSIGN_OR_RETURN(details, DetailsOf(transaction, std::move(domain), policy_));
    return absl::OkStatus();
  }));
  return details;
}

}  // namespace cert
