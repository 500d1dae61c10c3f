// Our ACME account at each CA: its key is stored before newAccount is sent, so that a lost reply
// finds the same account again (RFC 8555 7.3.1).

#pragma once

#include <map>
#include <string>

#include "base/deadline.h"
#include "base/mutex.h"
#include "cert/reconcile/services.h"
#include "cert/reconcile/setback.h"

namespace cert {

// Thread-safe.
class Accounts {
 public:
  Accounts(AccountStore& store, const Sealer& sealer) : store_(store), sealer_(sealer) {}

  // The account at `ca`, made there if need be.
  Outcome<AcmeAccount> Get(const CertificateAuthority& ca, base::Deadline deadline);

  // Whether the account has got another key lately (account_rollover.h): what the CA refused may
  // have been signed with the old one, and is to be repeated.
  bool HasNewKey(const CertificateAuthority& ca, base::Deadline deadline);

  // The CA does not know it any more: the next Get() makes it again, with the same key.
  void Forget(const std::string& ca);

 private:
  // The account with the key that the CA knows.
  struct Loaded {
    AcmeAccount account;
    bool settled = true;  // else another key is to come, and the next request may need it
  };
  Outcome<Loaded> Load(const CertificateAuthority& ca, base::Deadline deadline);
  absl::StatusOr<AcmeAccountRow> LoadOrInsert(const std::string& ca);

  AccountStore& store_;
  const Sealer& sealer_;
  base::Mutex mutex_;
  std::map<std::string, AcmeAccount, std::less<>> known_ ABSL_GUARDED_BY(mutex_);
  // The key that was handed out last, and until when a refusal may be due to an older one.
  std::map<std::string, std::string, std::less<>> used_keys_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, base::Deadline, std::less<>> doubts_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cert
