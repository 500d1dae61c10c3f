// Names that a partial certificate goes on without: the shell around core/set_aside.h.

#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "cert/core/caa.h"
#include "cert/core/model.h"
#include "cert/reconcile/order_phases.h"
#include "cert/store/store.h"

namespace cert {

// After an order was given up, which no other CA takes up now: sets aside the names that it was
// given up for, and says so in an event and the finding. False, and nothing is changed, when there
// are none or the certificate cannot do without them.
absl::StatusOr<bool> SetNamesAside(Transaction& transaction, const Order& order,
                                   const Setback& setback, Certificate& certificate);

// How a look at CAA records that does not let the order go on concludes: once they have been like
// that for a while, the order is given up for one without these names, where that can be.
Conclusion GoOnWithout(const OrderJob& job, std::vector<RefusedName> refused, CaaVerdict verdict,
                       Conclusion conclusion);

// The same of a look at tokens that does not find them: when nothing is in use yet and they have
// had their time, when little time is left of what is in use, or when the names were set aside
// before and need nothing that their customers must make anew.
Conclusion GoOnWithoutUnseen(const OrderJob& job, const Evidence& evidence, Conclusion conclusion);

}  // namespace cert
