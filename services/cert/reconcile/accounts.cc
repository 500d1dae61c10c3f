#include "cert/reconcile/accounts.h"

#include <utility>

#include "base/log.h"
#include "base/status_macros.h"
#include "cert/core/findings.h"
#include "cert/keys/keys.h"

namespace cert {
namespace {

SealContext ContextOf(const std::string& ca) { return {.table = "acme_accounts", .id = ca}; }

// The CA has no part in it.
Setback StoreTrouble(const absl::Status& status) {
  return {.finding = ServiceTroubleFinding(absl::StatusCodeToString(status.code()))};
}

}  // namespace

absl::StatusOr<AcmeAccountRow> Accounts::LoadOrInsert(const std::string& ca) {
  absl::StatusOr<AcmeAccountRow> row = store_.GetAccount(ca);
  if (row.status().code() != absl::StatusCode::kNotFound) return row;
  ASSIGN_OR_RETURN(const std::string key_pem, CreateKey(KeyType::kEcdsaP256));
  ASSIGN_OR_RETURN(const SealedSecret sealed, sealer_.Seal(ContextOf(ca), key_pem));
  return store_.InsertAccount({.ca = ca, .key = sealed, .url = ""});
}

absl::StatusOr<AcmeAccount> Accounts::Load(const std::string& ca) {
  ASSIGN_OR_RETURN(const AcmeAccountRow row, LoadOrInsert(ca));
  ASSIGN_OR_RETURN(std::string key_pem, sealer_.Open(ContextOf(ca), row.key));
  return AcmeAccount{.key_pem = std::move(key_pem), .url = row.url};
}

Outcome<AcmeAccount> Accounts::Get(const CertificateAuthority& ca, base::Deadline deadline) {
  {
    base::MutexLock lock(mutex_);
    if (const auto known = known_.find(ca.name); known != known_.end()) return known->second;
  }
  absl::StatusOr<AcmeAccount> account = Load(ca.name);
  if (!account.ok()) return StoreTrouble(account.status());
  if (account->url.empty()) {
    Outcome<std::string> url =
        Sort(ca.client->NewAccount(*account, deadline), ca.name, AcmeStage::kRegistration);
    if (auto* setback = std::get_if<Setback>(&url)) return std::move(*setback);
    account->url = std::get<std::string>(url);
    if (absl::Status stored = store_.SetAccountUrl(ca.name, account->url); !stored.ok()) {
      return StoreTrouble(stored);
    }
  }
  base::MutexLock lock(mutex_);
  known_[ca.name] = *account;
  return *std::move(account);
}

void Accounts::Forget(const std::string& ca) {
  base::MutexLock lock(mutex_);
  known_.erase(ca);
  const absl::Status cleared = store_.SetAccountUrl(ca, "");
  if (!cleared.ok()) {
    base::Log(base::LogLevel::kWarning, "account URL not cleared",
              {{"ca", ca}, base::LogField(cleared)});
  }
}

}  // namespace cert
