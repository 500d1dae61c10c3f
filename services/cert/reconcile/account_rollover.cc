#include "cert/reconcile/account_rollover.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "cert/keys/keys.h"

namespace cert {
namespace {

// A lost reply is settled by asking; more than this many in a row are no accident.
constexpr int kAttempts = 3;

SealContext AccountContext(const std::string& ca) { return {.table = "acme_accounts", .id = ca}; }

absl::Status ToStatus(const Setback& setback) {
  return setback.disposition == Disposition::kRetryStep
             ? absl::UnavailableError(setback.finding.sentence)
             : absl::FailedPreconditionError(setback.finding.sentence);
}

// The row with a key to come.
absl::StatusOr<AcmeAccountRow> Prepare(AccountStore& store, const Sealer& sealer,
                                       const std::string& ca) {
  absl::StatusOr<AcmeAccountRow> row = store.GetAccount(ca);
  const bool missing = absl::IsNotFound(row.status()) || (row.ok() && row->url.empty());
  if (missing) {
    return absl::FailedPreconditionError(
        absl::StrCat("there is no account at the CA ", ca, " yet"));
  }
  if (!row.ok() || row->next_key) return row;
  ASSIGN_OR_RETURN(const std::string key_pem, CreateKey(KeyType::kEcdsaP256));
  ASSIGN_OR_RETURN(const SealedSecret sealed, sealer.Seal(AccountContext(ca), key_pem));
  return store.PutNextKey(ca, sealed);
}

}  // namespace

Outcome<bool> IsRolledOver(const CertificateAuthority& ca, const std::string& next_key_pem,
                           const std::string& url, base::Deadline deadline) {
  const AcmeReply<std::string> reply = ca.client->FindAccount(next_key_pem, deadline);
  const auto* problem = reply.ok() ? std::get_if<AcmeProblem>(&*reply) : nullptr;
  if (problem != nullptr && IsAcmeError(*problem, "accountDoesNotExist")) return false;
  Outcome<std::string> found = Sort(reply, ca.name);
  if (auto* setback = std::get_if<Setback>(&found)) return std::move(*setback);
  return std::get<std::string>(found) == url;
}

absl::Status RollOverAccount(AccountStore& store, const Sealer& sealer,
                             const CertificateAuthority& ca, base::Deadline deadline) {
  ASSIGN_OR_RETURN(const AcmeAccountRow row, Prepare(store, sealer, ca.name));
  ASSIGN_OR_RETURN(const std::string old_key, sealer.Open(AccountContext(ca.name), row.key));
  ASSIGN_OR_RETURN(const std::string next_key, sealer.Open(AccountContext(ca.name), *row.next_key));
  const AcmeAccount account{.key_pem = old_key, .url = row.url};
  for (int i = 0; i < kAttempts; ++i) {
    const Outcome<bool> done = IsRolledOver(ca, next_key, row.url, deadline);
    if (const auto* setback = std::get_if<Setback>(&done)) return ToStatus(*setback);
    if (std::get<bool>(done)) return store.PromoteNextKey(ca.name, *row.next_key);
    const AcmeReply<Done> reply = ca.client->RollOverKey(account, next_key, deadline);
    if (absl::IsUnknown(reply.status())) continue;
    Outcome<Done> rolled = Sort(reply, ca.name);
    if (std::holds_alternative<Done>(rolled)) {
      return store.PromoteNextKey(ca.name, *row.next_key);
    }
    const auto& setback = std::get<Setback>(rolled);
    // The key that the CA does not want is not kept.
    if (setback.disposition != Disposition::kRetryStep) {
      RETURN_IF_ERROR(store.DropNextKey(ca.name, *row.next_key));
    }
    return ToStatus(setback);
  }
  return absl::UnavailableError(absl::StrCat("the replies of the CA ", ca.name, " are lost"));
}

}  // namespace cert
