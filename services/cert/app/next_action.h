// When something happens next by itself, and why then: derived from the record. Pure.

#pragma once

#include <optional>
#include <string>

#include "absl/time/time.h"
#include "cert/core/model.h"

namespace cert {

struct NextAction {
  std::optional<absl::Time> time = std::nullopt;  // unset when nothing more happens by itself
  std::string reason;                             // one sentence
};

NextAction NextActionOf(const Domain& domain);

// `order` is the certificate's live one.
NextAction NextActionOf(const Certificate& certificate, const std::optional<Order>& order);

}  // namespace cert
