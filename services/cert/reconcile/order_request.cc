#include "cert/reconcile/order_request.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "cert/core/findings.h"
#include "cert/core/key_plan.h"
#include "cert/core/renewal.h"
#include "cert/reconcile/authority_rules.h"

namespace cert {
namespace {

// Of the issuance that the order is to take the place of.
absl::StatusOr<std::optional<Renewal>> ReadPredecessor(const OrderJob& job) {
  const std::optional<IssuanceId> used = IssuanceOf(job.certificate, job.order.key_type);
  std::optional<Renewal> predecessor;
  if (!used) return predecessor;
  RETURN_IF_ERROR(
      job.services.store.Read(job.order.tenant, [&](Transaction& transaction) -> absl::Status {
        ASSIGN_OR_RETURN(predecessor, transaction.GetRenewal(*used));
        return absl::OkStatus();
      }));
  return predecessor;
}

bool MayReplace(const OrderJob& job, const AcmeAccount& account,
                const std::optional<Renewal>& predecessor) {
  return predecessor && predecessor->window && predecessor->ca == job.authority.name &&
         predecessor->account_url == account.url && !predecessor->renewal_id.empty();
}

std::optional<Setback> ProfileIsMissing(const OrderJob& job, const std::string& profile) {
  const CertificateAuthority& ca = job.authority;
  Outcome<AcmeMetadata> got =
      Sort(ca.client->GetMetadata(OutsideDeadline(job.services, job.lease)), ca.name);
  if (auto* setback = std::get_if<Setback>(&got)) return std::move(*setback);
  const auto& offered = std::get<AcmeMetadata>(got).profiles;
  if (offered.contains(profile)) return std::nullopt;
  std::vector<std::string> names;
  for (const auto& [name, text] : offered) names.push_back(name);
  return Setback{.disposition = Disposition::kNewOrder,
                 .finding = ProfileFinding(ca.name, profile, absl::StrJoin(names, ", "))};
}

}  // namespace

Outcome<AcmeOrderRequest> MakeOrderRequest(const OrderJob& job, const AcmeAccount& account) {
  const absl::StatusOr<std::optional<Renewal>> predecessor = ReadPredecessor(job);
  if (!predecessor.ok()) return OurTrouble(predecessor.status());
  AcmeOrderRequest request{.names = job.order.names,
                           .profile = ProfileAt(job.authority, job.certificate)};
  if (!request.profile.empty()) {
    if (auto setback = ProfileIsMissing(job, request.profile)) return *std::move(setback);
  }
  if (MayReplace(job, account, *predecessor)) request.replaces = (*predecessor)->renewal_id;
  return request;
}

// RFC 9773 has alreadyReplaced; CAs also refuse what is not, or no longer, theirs to replace.
bool RefusesToReplace(const AcmeOrderRequest& request, const AcmeReply<AcmeOrder>& reply) {
  if (request.replaces.empty() || !reply.ok()) return false;
  const auto* problem = std::get_if<AcmeProblem>(&*reply);
  if (problem == nullptr) return false;
  return IsAcmeError(*problem, "alreadyReplaced") || IsAcmeError(*problem, "malformed") ||
         IsAcmeError(*problem, "unauthorized");
}

}  // namespace cert
