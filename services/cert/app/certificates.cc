#include "cert/app/certificates.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "cert/app/authorize.h"
#include "cert/app/field_error.h"
#include "cert/app/living.h"
#include "cert/app/next_action.h"
#include "cert/app/resource_name.h"
#include "cert/app/revoke.h"
#include "cert/core/deployment.h"
#include "cert/core/key_plan.h"
#include "cert/keys/caller_csr.h"

namespace cert {
namespace {

using ::transport::Role;

absl::StatusOr<CertificateName> AdmitToCertificate(const Caller& caller, const std::string& name,
                                                   Role role) {
  ASSIGN_OR_RETURN(CertificateName parsed, InField("name", ParseCertificateName(name)));
  RETURN_IF_ERROR(Authorize(caller.identity, parsed.tenant, TenantNamedBy::kResource, role));
  return parsed;
}

template <typename Id, typename Record>
std::optional<Record> FindIn(const std::map<Id, Record>& records, const std::optional<Id>& id) {
  if (!id.has_value()) return std::nullopt;
  const auto found = records.find(*id);
  if (found == records.end()) return std::nullopt;
  return found->second;
}

absl::Status AddDomainLooks(Transaction& transaction, std::span<CertificateDetails> all) {
  const auto waits = [](const CertificateDetails& details) {
    return details.certificate.progress.state == CertificateState::kAwaitingDomain;
  };
  std::vector<DomainId> ids;
  for (const CertificateDetails& details : all) {
    if (waits(details)) std::ranges::copy(details.certificate.domains, std::back_inserter(ids));
  }
  if (ids.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const auto domains, transaction.FindDomains(ids));
  for (CertificateDetails& details : all) {
    if (!waits(details)) continue;
    details.domain_look_time = FirstLookAt(details.certificate.domains, domains);
  }
  return absl::OkStatus();
}

absl::StatusOr<CertificateDetails> DetailsOf(Transaction& transaction, Certificate certificate,
                                             Certificates::View view) {
  CertificateDetails details{.certificate = std::move(certificate)};
  if (details.certificate.order.has_value()) {
    ASSIGN_OR_RETURN(details.order, transaction.GetOrder(*details.certificate.order));
    if (view == Certificates::View::kWithEvidence) {
      ASSIGN_OR_RETURN(details.evidence, transaction.LatestEvidence(details.order->id.text()));
    }
  }
  RETURN_IF_ERROR(AddDomainLooks(transaction, {&details, 1}));
  const std::vector<IssuanceId> in_use = IssuancesOf(details.certificate);
  if (in_use.empty()) return details;
  ASSIGN_OR_RETURN(const auto issuances, transaction.FindIssuances(in_use));
  details.issuance = FindIn(issuances, details.certificate.issuance);
  details.second_issuance = FindIn(issuances, details.certificate.second_issuance);
  if (details.certificate.issuance.has_value()) {
    ASSIGN_OR_RETURN(details.renewal, transaction.GetRenewal(*details.certificate.issuance));
  }
  return details;
}

absl::StatusOr<std::vector<CertificateDetails>> DetailsOf(Transaction& transaction,
                                                          std::vector<Certificate> certificates) {
  std::vector<OrderId> order_ids;
  std::vector<IssuanceId> issuance_ids;
  for (const Certificate& certificate : certificates) {
    if (certificate.order.has_value()) order_ids.push_back(*certificate.order);
    if (certificate.issuance.has_value()) issuance_ids.push_back(*certificate.issuance);
    if (certificate.second_issuance.has_value()) {
      issuance_ids.push_back(*certificate.second_issuance);
    }
  }
  ASSIGN_OR_RETURN(const auto orders, transaction.FindOrders(order_ids));
  ASSIGN_OR_RETURN(const auto issuances, transaction.FindIssuances(issuance_ids));
  std::vector<CertificateDetails> all;
  for (Certificate& certificate : certificates) {
    CertificateDetails details{.certificate = std::move(certificate)};
    details.order = FindIn(orders, details.certificate.order);
    details.issuance = FindIn(issuances, details.certificate.issuance);
    details.second_issuance = FindIn(issuances, details.certificate.second_issuance);
    all.push_back(std::move(details));
  }
  RETURN_IF_ERROR(AddDomainLooks(transaction, all));
  return all;
}

absl::Status RefuseBackup(const Certificate& certificate) {
  if (!certificate.backup_of.has_value()) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrFormat("name: is the backup of %s, and kept undeployed until that one needs it",
                      FormatName(certificate.tenant, *certificate.backup_of)));
}

absl::StatusOr<Issuance> GetServed(Transaction& transaction, const CertificateId& id,
                                   std::optional<KeyType> type) {
  ASSIGN_OR_RETURN(const Certificate certificate, GetLiving(transaction, id));
  RETURN_IF_ERROR(RefuseBackup(certificate));
  const std::vector<KeyType> types = KeyTypesOf(certificate.settings);
  const KeyType wanted = type.value_or(types.front());
  if (std::ranges::find(types, wanted) == types.end()) {
    return absl::FailedPreconditionError("key_type: this certificate has no key of this type");
  }
  const std::optional<IssuanceId> issuance = IssuanceOf(certificate, wanted);
  if (!issuance.has_value()) {
    return absl::FailedPreconditionError("name: nothing is issued for this certificate yet");
  }
  return transaction.GetIssuance(*issuance);
}

// The key was sealed when its order was stored, and moved on to the issuance as it was.
absl::StatusOr<std::string> OpenKey(const Sealer& sealer, const Issuance& issuance) {
  if (!issuance.key.has_value()) {
    return absl::FailedPreconditionError(
        "include_private_key: the key was never here, only the certificate request made with it");
  }
  return sealer.Open(
      {.table = "orders", .tenant = issuance.tenant.text(), .id = issuance.order.text()},
      *issuance.key);
}

Event KeyRead(const Certificate& certificate, const Issuance& issuance, const Caller& caller) {
  return {.cursor = {},
          .time = absl::InfinitePast(),
          .type = EventType::kKeyRead,
          .domain = certificate.domain,
          .certificate = certificate.id,
          .order = issuance.order,
          .actor = caller.identity.name,
          .request_id = caller.request_id,
          .message = absl::StrFormat("The private key of serial %s was read.", issuance.serial)};
}

// The one of those in use that has this serial number.
absl::StatusOr<Issuance> FindServed(Transaction& transaction, const Certificate& certificate,
                                    const std::string& serial) {
  std::vector<std::string> serials;
  for (const IssuanceId& id : IssuancesOf(certificate)) {
    ASSIGN_OR_RETURN(Issuance issuance, transaction.GetIssuance(id));
    if (issuance.serial == serial) return issuance;
    serials.push_back(std::move(issuance.serial));
  }
  if (serials.empty()) {
    return absl::FailedPreconditionError("name: nothing is issued for this certificate yet");
  }
  return absl::FailedPreconditionError(absl::StrFormat(
      "serial_number: is not that of what is to be served: %s", absl::StrJoin(serials, ", ")));
}

// Also one that is deleted, as long as what was issued for it is good for somebody.
absl::StatusOr<Certificate> GetRevocable(Transaction& transaction, const CertificateId& id) {
  absl::StatusOr<Certificate> living = GetLiving(transaction, id);
  if (!absl::IsNotFound(living.status())) return living;
  ASSIGN_OR_RETURN(const std::vector<Issuance> issuances, transaction.ListIssuances(id));
  return issuances.empty() ? living : transaction.GetCertificate(id);
}

bool IsSerial(const std::string& text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  });
}

Event Deployed(const Certificate& certificate, const Issuance& issuance, const Caller& caller) {
  Event event = KeyRead(certificate, issuance, caller);
  event.type = EventType::kDeployed;
  event.message = absl::StrFormat("A consumer serves serial %s.", issuance.serial);
  return event;
}

}  // namespace

absl::StatusOr<CertificateDetails> Certificates::Get(const Caller& caller, const std::string& name,
                                                     View view) {
  ASSIGN_OR_RETURN(const CertificateName parsed, AdmitToCertificate(caller, name, Role::kReader));
  CertificateDetails details;
  RETURN_IF_ERROR(store_.Read(parsed.tenant, [&](Transaction& transaction) -> absl::Status {
    ASSIGN_OR_RETURN(Certificate certificate, GetLiving(transaction, parsed.certificate));
    ASSIGN_OR_RETURN(details, DetailsOf(transaction, std::move(certificate), view));
    return absl::OkStatus();
  }));
  return details;
}

absl::StatusOr<Page<CertificateDetails>> Certificates::List(const Caller& caller,
                                                            const std::string& parent,
                                                            std::optional<CertificateState> state,
                                                            const PageRequest& page) {
  ASSIGN_OR_RETURN(const TenantId tenant, InField("parent", ParseParent(parent)));
  RETURN_IF_ERROR(Authorize(caller.identity, tenant, TenantNamedBy::kParent, Role::kReader));
  Page<CertificateDetails> result;
  RETURN_IF_ERROR(store_.Read(tenant, [&](Transaction& transaction) -> absl::Status {
    ASSIGN_OR_RETURN(auto listed,
                     transaction.ListCertificates(state, page.after_id, page.size + 1));
    Page<Certificate> cut = CutPage(std::move(listed), page.size);
    result = {.items = {}, .has_more = cut.has_more};
    ASSIGN_OR_RETURN(result.items, DetailsOf(transaction, std::move(cut.items)));
    return absl::OkStatus();
  }));
  return result;
}

absl::StatusOr<FetchedIssuance> Certificates::Fetch(const Caller& caller, const std::string& name,
                                                    bool with_key, std::optional<KeyType> type) {
  const Role role = with_key ? Role::kKeyReader : Role::kReader;
  ASSIGN_OR_RETURN(const CertificateName parsed, AdmitToCertificate(caller, name, role));
  FetchedIssuance fetched;
  if (!with_key) {
    RETURN_IF_ERROR(store_.Read(parsed.tenant, [&](Transaction& transaction) -> absl::Status {
      ASSIGN_OR_RETURN(fetched.issuance, GetServed(transaction, parsed.certificate, type));
      return absl::OkStatus();
    }));
    return fetched;
  }
  RETURN_IF_ERROR(store_.Write(parsed.tenant, [&](Transaction& transaction) -> absl::Status {
    ASSIGN_OR_RETURN(fetched.issuance, GetServed(transaction, parsed.certificate, type));
    const Issuance& issuance = fetched.issuance;
    ASSIGN_OR_RETURN(fetched.private_key_pem, OpenKey(sealer_, issuance));
    ASSIGN_OR_RETURN(const Certificate certificate, transaction.GetCertificate(parsed.certificate));
    transaction.AppendEvent(KeyRead(certificate, issuance, caller));
    return absl::OkStatus();
  }));
  return fetched;
}

absl::StatusOr<CertificateDetails> Certificates::Revoke(const Caller& caller,
                                                        const RevokeInput& input) {
  const bool proved = !input.proof_pem.empty();
  const Role role = proved ? Role::kReader : Role::kOperator;
  ASSIGN_OR_RETURN(const CertificateName parsed, AdmitToCertificate(caller, input.name, role));
  RevocationRequest request{
      .reason = input.reason, .actor = caller.identity.name, .request_id = caller.request_id};
  if (proved) {
    ASSIGN_OR_RETURN(request.key_hash,
                     InField("key_compromise_proof", CheckCompromiseProof(input.proof_pem)));
    request.reason = RevocationReason::kKeyCompromise;
  }
  CertificateDetails details;
  const auto body = [&](Transaction& transaction) -> absl::Status {
    ASSIGN_OR_RETURN(Certificate certificate, GetRevocable(transaction, parsed.certificate));
    ASSIGN_OR_RETURN(const int concerned, RevokeIssuances(transaction, certificate, request));
    if (concerned == 0) {
      return absl::FailedPreconditionError(
          "name: nothing is issued for this certificate that has not expired");
    }
    if (certificate.progress.state != CertificateState::kDeleted) {
      RETURN_IF_ERROR(ReplaceRevoked(transaction, certificate, request));
    }
    ASSIGN_OR_RETURN(details, DetailsOf(transaction, std::move(certificate), View::kBasic));
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(store_.Write(parsed.tenant, body));
  return details;
}

absl::StatusOr<CertificateDetails> Certificates::ConfirmDeployment(const Caller& caller,
                                                                   const std::string& name,
                                                                   const std::string& serial) {
  ASSIGN_OR_RETURN(const CertificateName parsed,
                   AdmitToCertificate(caller, name, Role::kKeyReader));
  if (!IsSerial(serial)) return FieldError("serial_number", "must be in lower-case hexadecimal");
  CertificateDetails details;
  const auto body = [&](Transaction& transaction) -> absl::Status {
    ASSIGN_OR_RETURN(Certificate certificate, GetLiving(transaction, parsed.certificate));
    RETURN_IF_ERROR(RefuseBackup(certificate));
    ASSIGN_OR_RETURN(const Issuance served, FindServed(transaction, certificate, serial));
    if (ConfirmDeployed(served.id, certificate)) {
      RETURN_IF_ERROR(transaction.UpdateCertificate(certificate));
      transaction.AppendEvent(Deployed(certificate, served, caller));
    }
    ASSIGN_OR_RETURN(details, DetailsOf(transaction, std::move(certificate), View::kBasic));
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(store_.Write(parsed.tenant, body));
  return details;
}

}  // namespace cert
