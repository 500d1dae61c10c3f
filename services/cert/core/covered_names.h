// The names of a certificate (RFC 5280 4.2.1.6, RFC 6125 6.4.3): exact hostnames and wildcards of
// one label, "*.<hostname>".

#pragma once

#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cert/core/hostname.h"
#include "cert/core/names.h"

namespace cert {

// A name as a caller gives it, parsed once.
struct CoveredName {
  Hostname base;  // of which control is proved
  bool wildcard = false;

  std::string text() const { return wildcard ? WildcardOf(base.text()) : base.text(); }

  bool operator==(const CoveredName&) const = default;
};

// INVALID_ARGUMENT, with a sentence for the caller, if `text` is anything else.
absl::StatusOr<CoveredName> ParseCoveredName(const std::string& text);

// In the order given, without duplicates and without those that a wildcard among them covers: CAs
// refuse both.
std::vector<CoveredName> FoldNames(const std::vector<CoveredName>& names);

// Those of `names` whose base is one of `hostnames`, in their order.
std::vector<std::string> NamesOf(const std::vector<std::string>& names,
                                 const std::set<std::string>& hostnames);

}  // namespace cert
