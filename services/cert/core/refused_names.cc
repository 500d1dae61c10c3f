#include "cert/core/refused_names.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "cert/core/acme_policy.h"
#include "cert/core/challenge.h"
#include "cert/core/covered_names.h"
#include "cert/core/mention.h"
#include "cert/core/model.h"
#include "cert/core/names.h"

namespace cert {
namespace {

// Problems that are always about names, of which there may be one only, and no subproblem then.
bool IsAboutNames(const AcmeProblem& problem) {
  return IsAcmeError(problem, "rejectedIdentifier") ||
         IsAcmeError(problem, "unsupportedIdentifier") || IsAcmeError(problem, "caa");
}

// Whether a problem that concerns one name means that the CA does not issue for it.
bool Refuses(const Finding& finding) {
  return finding.code == FindingCode::kNameBlocked ||
         finding.code == FindingCode::kCaValidationFailed ||
         finding.code == FindingCode::kCaRefused;
}

// The order's name of this identifier, which CAs may write without "*.".
std::optional<std::string> NameOf(const std::string& identifier,
                                  const std::vector<std::string>& names) {
  if (identifier.empty()) return std::nullopt;
  const std::string text = absl::AsciiStrToLower(identifier);
  auto found = std::ranges::find(names, text);
  if (found == names.end()) found = std::ranges::find(names, text, BaseOf);
  return found == names.end() ? std::nullopt : std::optional(*found);
}

void Add(std::optional<RefusedName> refused, std::vector<RefusedName>& all) {
  if (!refused) return;
  const bool known = std::ranges::find(all, refused->name, &RefusedName::name) != all.end();
  if (!known) all.push_back(*std::move(refused));
}

}  // namespace

std::optional<RefusedName> RefusedByAuthorization(const AcmeProblem& problem,
                                                  const std::string& name, const Order& order) {
  AcmeProblem about = problem;
  about.identifier = name;
  Finding why = FindingOf(about, order.ca, ValidationStage(order, name));
  if (!Refuses(why)) return std::nullopt;
  return RefusedName{.name = name, .why = std::move(why)};
}

std::vector<RefusedName> RefusedNames(const AcmeProblem& problem, const Order& order) {
  const std::vector<std::string>& names = order.names;
  std::vector<RefusedName> refused;
  for (const AcmeSubproblem& subproblem : problem.subproblems) {
    const std::optional<std::string> name = NameOf(subproblem.identifier, names);
    if (!name) continue;
    const bool says_why = !subproblem.type.empty();
    const AcmeProblem about{.type = says_why ? subproblem.type : problem.type,
                            .detail = says_why ? subproblem.detail : problem.detail,
                            .http_status = problem.http_status};
    Add(RefusedByAuthorization(about, *name, order), refused);
  }
  if (!refused.empty() || !IsAboutNames(problem)) return refused;
  const std::string detail = absl::AsciiStrToLower(problem.detail);
  for (const std::string& name : names) {
    const bool meant =
        names.size() == 1 || NameOf(problem.identifier, names) == name || Mentions(detail, name);
    if (meant) Add(RefusedByAuthorization(problem, name, order), refused);
  }
  return refused;
}

}  // namespace cert
