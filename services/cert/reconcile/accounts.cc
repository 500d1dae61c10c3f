#include "cert/reconcile/accounts.h"

#include <utility>

#include "base/log.h"
#include "base/status_macros.h"
#include "cert/keys/keys.h"
#include "cert/reconcile/account_rollover.h"

namespace cert {
namespace {

// Longer than a step that began with the old key.
constexpr absl::Duration kDoubt = absl::Minutes(1);

SealContext ContextOf(const std::string& ca) { return {.table = "acme_accounts", .id = ca}; }

}  // namespace

absl::StatusOr<AcmeAccountRow> Accounts::LoadOrInsert(const std::string& ca) {
  absl::StatusOr<AcmeAccountRow> row = store_.GetAccount(ca);
  if (row.status().code() != absl::StatusCode::kNotFound) return row;
  ASSIGN_OR_RETURN(const std::string key_pem, CreateKey(KeyType::kEcdsaP256));
  ASSIGN_OR_RETURN(const SealedSecret sealed, sealer_.Seal(ContextOf(ca), key_pem));
  return store_.InsertAccount({.ca = ca, .key = sealed, .url = ""});
}

Outcome<Accounts::Loaded> Accounts::Load(const CertificateAuthority& ca, base::Deadline deadline) {
  const absl::StatusOr<AcmeAccountRow> row = LoadOrInsert(ca.name);
  if (!row.ok()) return OurTrouble(row.status());
  const absl::StatusOr<std::string> key_pem = sealer_.Open(ContextOf(ca.name), row->key);
  if (!key_pem.ok()) return OurTrouble(key_pem.status());
  Loaded loaded{.account = {.key_pem = *key_pem, .url = row->url}};
  if (!row->next_key || row->url.empty()) return loaded;
  absl::StatusOr<std::string> next_key = sealer_.Open(ContextOf(ca.name), *row->next_key);
  if (!next_key.ok()) return OurTrouble(next_key.status());
  Outcome<bool> rolled = IsRolledOver(ca, *next_key, row->url, deadline);
  if (auto* setback = std::get_if<Setback>(&rolled)) return std::move(*setback);
  loaded.settled = std::get<bool>(rolled);
  if (!loaded.settled) return loaded;
  loaded.account.key_pem = *std::move(next_key);
  const absl::Status promoted = store_.PromoteNextKey(ca.name, *row->next_key);
  // Somebody else has done so, which is as good.
  if (!promoted.ok() && !absl::IsFailedPrecondition(promoted)) return OurTrouble(promoted);
  return loaded;
}

Outcome<AcmeAccount> Accounts::Get(const CertificateAuthority& ca, base::Deadline deadline) {
  {
    base::MutexLock lock(mutex_);
    if (const auto known = known_.find(ca.name); known != known_.end()) return known->second;
  }
  Outcome<Loaded> got = Load(ca, deadline);
  if (auto* setback = std::get_if<Setback>(&got)) return std::move(*setback);
  auto& [account, settled] = std::get<Loaded>(got);
  if (account.url.empty()) {
    Outcome<std::string> url =
        Sort(ca.client->NewAccount(account, deadline), ca.name, AcmeStage::kRegistration);
    if (auto* setback = std::get_if<Setback>(&url)) return std::move(*setback);
    account.url = std::get<std::string>(url);
    if (absl::Status stored = store_.SetAccountUrl(ca.name, account.url); !stored.ok()) {
      return OurTrouble(stored);
    }
  }
  base::MutexLock lock(mutex_);
  used_keys_[ca.name] = account.key_pem;
  if (settled) known_[ca.name] = account;
  return std::move(account);
}

bool Accounts::HasNewKey(const CertificateAuthority& ca, base::Deadline deadline) {
  std::string used;
  bool in_doubt = false;
  {
    base::MutexLock lock(mutex_);
    const auto doubt = doubts_.find(ca.name);
    in_doubt = doubt != doubts_.end() && !doubt->second.Expired();
    used = used_keys_[ca.name];
  }
  // Also in doubt: the key may have been replaced again.
  Outcome<Loaded> got = Load(ca, deadline);
  if (std::holds_alternative<Setback>(got)) return in_doubt;
  const Loaded& loaded = std::get<Loaded>(got);
  if (loaded.account.key_pem == used) return in_doubt;
  base::MutexLock lock(mutex_);
  known_.erase(ca.name);
  used_keys_[ca.name] = loaded.account.key_pem;
  doubts_.insert_or_assign(ca.name, base::Deadline::After(kDoubt));
  return true;
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
