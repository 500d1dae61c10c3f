// Between renewals an active domain is looked at daily. When its records are gone while its
// certificate is in force, its owner is told once, with the time that is left, and once when they
// are back. The certificate stays served.

#pragma once

#include "absl/status/status.h"
#include "cert/core/model.h"
#include "cert/store/store.h"

namespace cert {

// `domain` was looked at, was active before, and `domain.finding` says what is wrong; `news`: for
// the first time.
absl::Status TellTrouble(Transaction& transaction, bool news, Domain& domain);

// `domain` is proved.
void TellWell(Transaction& transaction, Domain& domain);

}  // namespace cert
