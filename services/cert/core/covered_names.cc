#include "cert/core/covered_names.h"

#include <algorithm>

#include "base/status_macros.h"

namespace cert {
namespace {

// A wildcard stands for exactly one label (RFC 6125 6.4.3).
bool IsCoveredBy(const CoveredName& name, const CoveredName& wildcard) {
  if (name.wildcard || !wildcard.wildcard) return false;
  const std::string& text = name.base.text();
  return text.substr(text.find('.') + 1) == wildcard.base.text();
}

}  // namespace

absl::StatusOr<CoveredName> ParseCoveredName(const std::string& text) {
  ASSIGN_OR_RETURN(Hostname base, Hostname::Parse(BaseOf(text)));
  return CoveredName{.base = std::move(base), .wildcard = IsWildcard(text)};
}

std::vector<CoveredName> FoldNames(const std::vector<CoveredName>& names) {
  std::vector<CoveredName> folded;
  for (const CoveredName& name : names) {
    const bool covered = std::ranges::any_of(
        names, [&](const CoveredName& other) { return IsCoveredBy(name, other); });
    const bool known = std::ranges::find(folded, name) != folded.end();
    if (!covered && !known) folded.push_back(name);
  }
  return folded;
}

std::vector<std::string> NamesOf(const std::vector<std::string>& names,
                                 const std::set<std::string>& hostnames) {
  std::vector<std::string> selected;
  std::ranges::copy_if(names, std::back_inserter(selected),
                       [&](const std::string& name) { return hostnames.contains(BaseOf(name)); });
  return selected;
}

}  // namespace cert
