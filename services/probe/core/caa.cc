#include "probe/core/caa.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "probe/core/dns_name.h"

namespace probe {
namespace {

constexpr int kCriticalFlags = 0x80 | 0x01;

struct Parameter {
  std::string tag;  // lower case
  std::string value;
};

// issue-value = *WSP [issuer-domain-name *WSP] [";" *WSP [parameters *WSP]]
struct IssueValue {
  std::string issuer_domain;  // lower case; empty: nobody
  std::vector<Parameter> parameters;
};

// Spaces and tabs only: WSP of RFC 5234.
absl::string_view Trimmed(absl::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

// (ALPHA / DIGIT) *( *("-") (ALPHA / DIGIT)): a label of a domain, and a parameter's tag.
bool IsLabel(absl::string_view text) {
  if (text.empty() || text.front() == '-' || text.back() == '-') return false;
  return std::ranges::all_of(text,
                             [](unsigned char c) { return absl::ascii_isalnum(c) || c == '-'; });
}

bool IsDomain(absl::string_view text) {
  return std::ranges::all_of(std::vector<absl::string_view>(absl::StrSplit(text, '.')), IsLabel);
}

std::optional<Parameter> ParseParameter(absl::string_view text) {
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(text, absl::MaxSplits('=', 1));
  const absl::string_view tag = Trimmed(parts.first);
  const absl::string_view value = Trimmed(parts.second);
  if (!absl::StrContains(text, '=') || !IsLabel(tag)) return std::nullopt;
  if (!std::ranges::all_of(value, [](unsigned char c) { return c > 0x20 && c < 0x7f; })) {
    return std::nullopt;
  }
  return Parameter{absl::AsciiStrToLower(tag), std::string(value)};
}

std::optional<IssueValue> ParseIssueValue(absl::string_view text) {
  const std::size_t semicolon = text.find(';');
  const absl::string_view domain = Trimmed(text.substr(0, semicolon));
  if (!domain.empty() && !IsDomain(domain)) return std::nullopt;
  IssueValue value{.issuer_domain = absl::AsciiStrToLower(domain), .parameters = {}};
  if (semicolon == absl::string_view::npos) return value;
  const absl::string_view parameters = Trimmed(text.substr(semicolon + 1));
  if (parameters.empty()) return value;
  for (const absl::string_view part : absl::StrSplit(parameters, ';')) {
    std::optional<Parameter> parameter = ParseParameter(part);
    if (!parameter) return std::nullopt;
    value.parameters.push_back(*std::move(parameter));
  }
  return value;
}

// A parameter that is there twice allows nothing (RFC 8657, 3 and 4). `allows`: what its value
// does.
template <typename Allows>
bool ParameterAllows(const IssueValue& value, std::string_view tag, Allows allows) {
  const Parameter* found = nullptr;
  for (const Parameter& parameter : value.parameters) {
    if (parameter.tag != tag) continue;
    if (found != nullptr) return false;
    found = &parameter;
  }
  return found == nullptr || allows(found->value);
}

// Why this property does not let the CA issue; empty when it does.
std::string Objection(const CaaData& record, const CaaExpectation& expectation) {
  const std::optional<IssueValue> value = ParseIssueValue(record.value);
  if (!value) return "has a value that breaks the grammar";
  const auto& domains = expectation.issuer_domains;
  if (value->issuer_domain.empty()) return "allows no CA";
  if (std::ranges::find(domains, value->issuer_domain) == domains.end()) return "names another CA";
  const bool account = ParameterAllows(*value, "accounturi", [&](const std::string& uri) {
    return !expectation.account_uri.empty() && uri == expectation.account_uri;
  });
  if (!account) return "allows other accounts of the CA only";
  const bool method = ParameterAllows(*value, "validationmethods", [&](const std::string& methods) {
    const std::vector<absl::string_view> names = absl::StrSplit(methods, ',');
    return std::ranges::all_of(names, IsLabel) &&
           std::ranges::find(names, expectation.validation_method) != names.end();
  });
  if (!method) return "allows other ways of validation only";
  return "";
}

bool IsKnown(std::string_view tag) {
  return tag == "issue" || tag == "issuewild" || tag == "iodef";
}

}  // namespace

CaaDecision EvaluateCaa(const std::vector<CaaData>& records, const CaaExpectation& expectation) {
  for (const CaaData& record : records) {
    if (IsKnown(record.tag) || (record.flags & kCriticalFlags) == 0) continue;
    return {.reason = absl::StrFormat("the property \"%s\" is critical, and CAs do not know it",
                                      EscapeText(record.tag))};
  }
  const bool has_wild =
      std::ranges::any_of(records, [](const CaaData& r) { return r.tag == "issuewild"; });
  const std::string_view relevant = expectation.wildcard && has_wild ? "issuewild" : "issue";
  std::string reason;
  for (const CaaData& record : records) {
    if (record.tag != relevant) continue;
    const std::string objection = Objection(record, expectation);
    if (objection.empty()) return {.may_issue = true};
    if (reason.empty()) {
      reason = absl::StrFormat("%s \"%s\" %s", relevant, EscapeText(record.value), objection);
    }
  }
  const bool may_issue = reason.empty();  // nothing restricts issuance
  return {.may_issue = may_issue, .reason = std::move(reason)};
}

}  // namespace probe
