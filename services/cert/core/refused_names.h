// Which names of an order its CA refuses, by its own words.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cert/core/acme_types.h"
#include "cert/core/finding.h"

namespace cert {

struct Order;  // of model.h, which has names of these

// A name of an order that its CA does not issue for, or would not if it were asked, and what its
// owner is told.
struct RefusedName {
  std::string name;  // as the certificate has it
  Finding why;

  bool operator==(const RefusedName&) const = default;
};

// The order's names that `problem` refuses. Subproblems say which (RFC 8555 6.7.1); CAs
// that refuse one name often say so in the detail alone. Empty when the CA refuses something else,
// has trouble of its own, or does not say which name it means.
std::vector<RefusedName> RefusedNames(const AcmeProblem& problem, const Order& order);

// The same of the error of the authorization for `name`, which is known to be meant.
std::optional<RefusedName> RefusedByAuthorization(const AcmeProblem& problem,
                                                  const std::string& name, const Order& order);

}  // namespace cert
