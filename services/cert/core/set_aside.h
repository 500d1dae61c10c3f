// Names that a `partial` certificate does without for a while, because no CA issues for them, or
// would: the others get theirs, and a fuller certificate follows when these pass.
//
//   refused              tried again
//   for the first time   an hour later
//   a second time        six hours later
//   more often           every 24 hours
//
// A recheck and each renewal try all of them at once. A name that is in use is kept for as long as
// that is safe: one refusal early in its renewal takes nothing from its owner.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "cert/core/finding.h"
#include "cert/core/refused_names.h"

namespace cert {

struct SetAsideName {
  std::string name;       // as the certificate has it
  int times = 1;          // refused, in a row
  absl::Time retry_time;  // it is in no order before
  Finding why;

  bool operator==(const SetAsideName&) const = default;
};

// What is in use of a certificate.
struct NamesInUse {
  std::vector<std::string> names;
  absl::Time safe_until = absl::InfinitePast();  // they are kept until then
};

// Whether a certificate for `names` can do without the refused ones: they leave a name to be had,
// and none of them is to be kept.
bool CanDoWithout(const std::vector<RefusedName>& refused, const std::vector<std::string>& names,
                  const std::vector<SetAsideName>& set_aside, const NamesInUse& used,
                  absl::Time now);

void SetAside(const std::vector<RefusedName>& refused, absl::Time now,
              std::vector<SetAsideName>& set_aside);

// All are in the next order.
void TryAgain(absl::Time now, std::vector<SetAsideName>& set_aside);

// A certificate was issued for `names`.
void TakeBack(const std::vector<std::string>& names, std::vector<SetAsideName>& set_aside);

// Those of `names` that are not set aside at `now`.
std::vector<std::string> NotSetAside(const std::vector<std::string>& names,
                                     const std::vector<SetAsideName>& set_aside, absl::Time now);

// The first moment after `now` at which one is to be tried; infinite when there is none.
absl::Time NextTry(const std::vector<SetAsideName>& set_aside, absl::Time now);

// Which names are set aside at `now` and why, and `cause` besides; `cause` when none is.
std::optional<Finding> WithSetAside(std::optional<Finding> cause,
                                    const std::vector<SetAsideName>& set_aside, absl::Time now);

}  // namespace cert
