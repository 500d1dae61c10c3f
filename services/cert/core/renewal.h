// When to renew: by the CA's window (RFC 9773), or by the lifetime where it offers none.
//
// The draw in [0, 1) is made once per issuance and kept: a time that is drawn anew at each look may
// slip away for ever.

#pragma once

#include <optional>
#include <string>

#include "absl/time/time.h"
#include "cert/core/acme_types.h"
#include "cert/core/ids.h"
#include "cert/core/lifecycle.h"

namespace cert {

// 30 days before the end for lifetimes of 90 days and more, a third of the lifetime before it for
// shorter ones, half for those under ten days; then up to a tenth of that earlier by `spread` in
// [0, 1), drawn once and stored, so that what was issued together is not renewed together.
absl::Time RenewTime(const Validity& validity, double spread);

// From then on, at the latest, a certificate is renewed whatever the CA's window says: a third of
// the time that RenewTime() above leaves is kept for failures.
absl::Time LastRenewTime(const Validity& validity);

// What is known of one issuance's renewal.
struct Renewal {
  IssuanceId issuance;
  std::string ca;                // its configured name
  std::string account_url = {};  // of the account that ordered it; empty where that is not known
  std::string renewal_id = {};   // RFC 9773, 4.1; empty: the CA cannot be asked
  Validity validity = {};
  double draw = 0;
  std::optional<RenewalWindow> window = std::nullopt;  // the latest; none where none is offered
  std::string explanation_url = {};
  absl::Time refresh_time = absl::InfiniteFuture();  // when to ask the CA next

  bool operator==(const Renewal&) const = default;
};

// At that place of the window which was drawn, but not after LastRenewTime(). Without a window as
// above.
absl::Time RenewTime(const Renewal& renewal);

// The renewal of what was issued at `now`. The CA is asked for the first time 1 to 6 hours later.
Renewal PlanRenewal(Renewal issued, absl::Time now);

// After the CA's answer; nothing when it offers no windows. Asked again when it says, within 1 to
// 24 hours, after 6 hours by default; after a day where it offers none.
Renewal AfterWindow(Renewal renewal, const std::optional<AcmeRenewalInfo>& info, absl::Time now);

// After no answer, or a refusal: what was known stays. Asked again in an hour, or later, up to a
// day, when the CA says so.
Renewal AfterNoWindow(Renewal renewal, std::optional<absl::Duration> retry_after, absl::Time now);

}  // namespace cert
