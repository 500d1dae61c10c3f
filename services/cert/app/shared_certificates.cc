#include "cert/app/shared_certificates.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <utility>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "cert/app/authorize.h"
#include "cert/app/certificate_changes.h"
#include "cert/app/field_error.h"
#include "cert/app/resource_name.h"
#include "cert/app/settings.h"
#include "cert/core/lifecycle.h"

namespace cert {
namespace {

using ::transport::Role;

constexpr ValidationMethod kDefaultMethod = ValidationMethod::kDelegation;  // of new domains
constexpr std::size_t kMaxSharing = 100;  // certificates of several names, of one domain

std::vector<std::string> Texts(const std::vector<CoveredName>& names) {
  std::vector<std::string> texts;
  for (const CoveredName& name : names) texts.push_back(name.text());
  return texts;
}

bool HasWildcard(const std::vector<CoveredName>& names, const Hostname& host) {
  return std::ranges::any_of(
      names, [&](const CoveredName& name) { return name.wildcard && name.base == host; });
}

Event EventOf(EventType type, const Caller& caller, std::string message) {
  Event event;
  event.type = type;
  event.actor = caller.identity.name;
  event.request_id = caller.request_id;
  event.message = std::move(message);
  return event;
}

// As the certificate keeps them.
CertificateSettings SettingsOf(const CreateCertificateInput& input) {
  CertificateSettings settings = input.settings;
  settings.method = input.method.value_or(kDefaultMethod);
  return settings;
}

// What an earlier call with the same key made, if it was the same request: the method is that of
// its settings, since those of its domains may have been changed since.
absl::StatusOr<Certificate> Repeat(const Certificate& earlier,
                                   const std::vector<std::string>& names,
                                   const CreateCertificateInput& input) {
  if (earlier.names != names || !WasMadeWith(earlier, SettingsOf(input))) {
    return absl::AlreadyExistsError("request_id: was used for another request");
  }
  if (earlier.progress.state == CertificateState::kDeleted) {
    return absl::AlreadyExistsError(
        "request_id: was used for a certificate that has been deleted since");
  }
  return earlier;
}

// A recheck of a domain goes through all of its certificates in one transaction.
absl::Status CheckRoom(Transaction& transaction, const Domain& domain) {
  ASSIGN_OR_RETURN(const std::vector<CertificateId> sharing,
                   transaction.ListCertificatesSharing(domain.id));
  if (sharing.size() < kMaxSharing) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrFormat("names: %s is in %d certificates already; delete one of those first",
                      domain.hostname, sharing.size()));
}

}  // namespace

// A request that has passed every check that needs no database.
struct SharedCertificates::Admission {
  const Caller& caller;
  const CreateCertificateInput& input;
  TenantId tenant;
  std::vector<CoveredName> names;
  std::string key_hash;  // of the caller's certificate request; empty: none
};

SharedCertificates::SharedCertificates(Store& store, base::Random& random, Options options)
    : store_(store),
      random_(random),
      maker_(random, {.delegation_zone = std::move(options.delegation_zone),
                      .reserved_zones = std::move(options.reserved_zones),
                      .answers_http = options.answers_http}),
      authorities_(std::move(options.authorities)),
      max_names_(options.max_names) {}

absl::StatusOr<std::vector<CoveredName>> SharedCertificates::ReadNames(
    const CreateCertificateInput& input) const {
  if (input.names.empty()) return FieldError("names", "is required");
  const ValidationMethod method = input.method.value_or(kDefaultMethod);
  std::vector<CoveredName> names;
  for (std::size_t i = 0; i < input.names.size(); ++i) {
    const std::string field = absl::StrFormat("names[%d]", i);
    ASSIGN_OR_RETURN(CoveredName name, InField(field, ParseCoveredName(input.names[i])));
    if (absl::Status zones = maker_.CheckZones(name.base); !zones.ok()) {
      return InField(field, zones);
    }
    if (absl::Status good = maker_.CheckMethod(method, name.wildcard); !good.ok()) {
      return InField(name.wildcard ? field : "method", good);
    }
    names.push_back(std::move(name));
  }
  names = FoldNames(names);
  if (names.size() <= max_names_) return names;
  return FieldError(
      "names", absl::StrFormat("are %d, and the CA takes at most %d", names.size(), max_names_));
}

absl::StatusOr<Domain> SharedCertificates::FindOrMake(Transaction& transaction,
                                                      const Admission& admission,
                                                      const Hostname& host) {
  const std::optional<ValidationMethod> method = admission.input.method;
  const bool wildcard = HasWildcard(admission.names, host);
  ASSIGN_OR_RETURN(std::optional<Domain> known, transaction.FindDomainByHostname(host.text()));
  if (known) {
    if (method && *method != known->method) {
      return absl::FailedPreconditionError(
          absl::StrFormat("method: %s is validated by %s; change its method first", host.text(),
                          MethodName(known->method)));
    }
    if (absl::Status good = maker_.CheckMethod(known->method, wildcard); !good.ok()) {
      return absl::FailedPreconditionError(
          absl::StrFormat("names: *.%s: %s", host.text(), std::string(good.message())));
    }
    RETURN_IF_ERROR(CheckRoom(transaction, *known));
    return *std::move(known);
  }
  ASSIGN_OR_RETURN(
      Domain made,
      InField("names", maker_.Make(transaction, {.tenant = admission.tenant,
                                                 .host = host,
                                                 .wildcard = wildcard,
                                                 .method = method.value_or(kDefaultMethod),
                                                 .request_id = admission.caller.request_id})));
  RETURN_IF_ERROR(transaction.InsertDomain(made));
  Event event = EventOf(EventType::kDomainCreated, admission.caller,
                        absl::StrFormat("%s was added.", host.text()));
  event.domain = made.id;
  transaction.AppendEvent(std::move(event));
  return made;
}

absl::StatusOr<Certificate> SharedCertificates::CreateIn(Transaction& transaction,
                                                         const Admission& admission) {
  const CreateCertificateInput& input = admission.input;
  std::vector<std::string> names = Texts(admission.names);
  if (!input.idempotency_key.empty()) {
    ASSIGN_OR_RETURN(const auto earlier, transaction.FindCertificateByKey(input.idempotency_key));
    if (earlier.has_value()) return Repeat(*earlier, names, input);
  }
  RETURN_IF_ERROR(CheckKey(transaction, admission.key_hash));
  // Looked at as soon as it is there: its domains may be proved already.
  const absl::Time now = transaction.now();
  Certificate certificate{
      .tenant = admission.tenant,
      .id = CertificateId::New(random_),
      .names = std::move(names),
      .settings = SettingsOf(input),
      .idempotency_key = input.idempotency_key,
      .request_id = admission.caller.request_id,
      .progress = {.state = CertificateState::kAwaitingDomain, .start_time = now, .due_time = now},
      .create_time = now};
  // Always in the same order, since each is locked: two calls must not wait for each other.
  std::map<std::string, Hostname> hosts;
  for (const CoveredName& name : admission.names) hosts.emplace(name.base.text(), name.base);
  for (const auto& [text, host] : hosts) {
    ASSIGN_OR_RETURN(const Domain domain, FindOrMake(transaction, admission, host));
    certificate.domains.push_back(domain.id);
  }
  RETURN_IF_ERROR(transaction.InsertCertificate(certificate));
  Event event = EventOf(
      EventType::kCertificateChanged, admission.caller,
      absl::StrFormat("A certificate for %s was created.", absl::StrJoin(certificate.names, ", ")));
  event.certificate = certificate.id;
  transaction.AppendEvent(std::move(event));
  return certificate;
}

absl::StatusOr<Certificate> SharedCertificates::Create(const Caller& caller,
                                                       const CreateCertificateInput& input) {
  ASSIGN_OR_RETURN(const TenantId tenant, InField("parent", ParseParent(input.parent)));
  RETURN_IF_ERROR(Authorize(caller.identity, tenant, TenantNamedBy::kParent, Role::kOperator));
  RETURN_IF_ERROR(CheckSettings(input.settings, authorities_));
  ASSIGN_OR_RETURN(std::vector<CoveredName> names, ReadNames(input));
  ASSIGN_OR_RETURN(const std::string key_hash, CheckRequest(input.settings, Texts(names)));
  if (input.settings.partial &&
      (!input.settings.csr_pem.empty() || input.settings.keys == KeyChoice::kDual)) {
    return FieldError(
        "certificate_settings.partial",
        "needs one key, and one that Padlock makes: a request of yours names all names");
  }
  const Admission admission{caller, input, tenant, std::move(names), key_hash};
  Certificate created;
  const auto body = [&](Transaction& transaction) -> absl::Status {
    ASSIGN_OR_RETURN(created, CreateIn(transaction, admission));
    return absl::OkStatus();
  };
  absl::Status status = store_.Write(tenant, body);
  // Lost against a twin of this call, or against one that adds a hostname: its rows are visible
  // now.
  if (absl::IsAlreadyExists(status)) status = store_.Write(tenant, body);
  RETURN_IF_ERROR(status);
  return created;
}

absl::Status SharedCertificates::Delete(const Caller& caller, const std::string& name,
                                        bool revoke) {
  ASSIGN_OR_RETURN(const CertificateName parsed, InField("name", ParseCertificateName(name)));
  RETURN_IF_ERROR(
      Authorize(caller.identity, parsed.tenant, TenantNamedBy::kResource, Role::kOperator));
  return store_.Write(parsed.tenant, [&](Transaction& transaction) -> absl::Status {
    const absl::StatusOr<Certificate> certificate = transaction.GetCertificate(parsed.certificate);
    if (absl::IsNotFound(certificate.status())) return absl::NotFoundError("name: not found");
    RETURN_IF_ERROR(certificate.status());
    if (certificate->progress.state == CertificateState::kDeleted) {
      return revoke ? RevokeDeleted(transaction, *certificate, caller) : absl::OkStatus();
    }
    if (certificate->backup_of.has_value()) {
      return absl::FailedPreconditionError(
          absl::StrFormat("name: is the backup of %s, and is deleted with it",
                          FormatName(parsed.tenant, *certificate->backup_of)));
    }
    if (!certificate->domain.empty()) {
      return absl::FailedPreconditionError(
          absl::StrFormat("name: it belongs to a domain; delete %s",
                          FormatName(parsed.tenant, certificate->domain)));
    }
    RETURN_IF_ERROR(DeleteCertificate(transaction, certificate->id, caller, revoke));
    Event event = EventOf(EventType::kCertificateChanged, caller,
                          absl::StrFormat("The certificate for %s was deleted.",
                                          absl::StrJoin(certificate->names, ", ")));
    event.certificate = certificate->id;
    transaction.AppendEvent(std::move(event));
    return absl::OkStatus();
  });
}

}  // namespace cert
