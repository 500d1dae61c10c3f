// When something happens next by itself, and why then: derived from the record. Pure.

#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "cert/core/model.h"

namespace cert {

struct NextAction {
  std::optional<absl::Time> time = std::nullopt;  // unset when nothing more happens by itself
  std::string reason;                             // one sentence
};

NextAction NextActionOf(const Domain& domain);

// `order` is the certificate's live one. `domain_look_time`: when one of the domains that it waits
// for is looked at next.
NextAction NextActionOf(const Certificate& certificate, const std::optional<Order>& order,
                        std::optional<absl::Time> domain_look_time = std::nullopt);

// When the first of these domains that is not proved yet is looked at; unset where none will be.
std::optional<absl::Time> FirstLookAt(const std::vector<DomainId>& ids,
                                      const std::map<DomainId, Domain>& domains);

}  // namespace cert
