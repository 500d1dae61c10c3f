// Between renewals an active domain is looked at daily. When its records are gone while its
// certificate is in force, its owner is told once, with the time that is left, and once when they
// are back; of another cause a day later at the soonest. The certificate stays served.

#pragma once

#include "absl/status/status.h"
#include "cert/core/model.h"
#include "cert/store/store.h"

namespace cert {

// `domain` was looked at, was active before, and `domain.finding` says what is wrong.
absl::Status TellTrouble(Transaction& transaction, Domain& domain);

// `domain` is proved.
void TellWell(Transaction& transaction, Domain& domain);

}  // namespace cert
