#include "cert/core/ca_ledger.h"

#include <libpsl.h>

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/enum_names.h"
#include "base/strings.h"
#include "cert/core/mention.h"
#include "cert/core/names.h"
#include "cert/core/shown.h"

namespace cert {
namespace {

constexpr base::EnumNames<LimitScope, 5> kScopeNames{{
    {LimitScope::kAuthority, "AUTHORITY"},
    {LimitScope::kAccount, "ACCOUNT"},
    {LimitScope::kRegisteredDomain, "REGISTERED_DOMAIN"},
    {LimitScope::kNameSet, "NAME_SET"},
    {LimitScope::kFailedValidations, "FAILED_VALIDATIONS"},
}};

// A request that was counted is sent within its lease.
constexpr absl::Duration kSendTime = absl::Seconds(30);
// Where a 429 does not say for how long.
constexpr absl::Duration kUnstatedWait = absl::Hours(1);
constexpr absl::Duration kLongestWait = absl::Hours(24 * 7);

void AddOnce(LimitKey key, std::vector<LimitKey>& keys) {
  if (std::ranges::find(keys, key) == keys.end()) keys.push_back(std::move(key));
}

std::string NameSet(std::vector<std::string> names) {
  std::ranges::sort(names);
  return absl::StrJoin(names, " ");
}

// The one of the order's names, or of their registered domains, that the problem is about.
std::optional<std::string> NameIn(const AcmeProblem& problem,
                                  const std::vector<std::string>& candidates) {
  for (const std::string& candidate : candidates) {
    const bool mentioned =
        Mentions(problem.detail, candidate) || Mentions(problem.detail, WildcardOf(candidate));
    if (BaseOf(problem.identifier) == candidate || mentioned) {
      return candidate;
    }
  }
  return std::nullopt;
}

LimitKey KeyOf(const AcmeProblem& problem, const std::string& account,
               const std::vector<std::string>& names) {
  std::vector<std::string> hosts;
  std::vector<std::string> domains;
  for (const std::string& name : names) {
    hosts.push_back(BaseOf(name));
    domains.push_back(RegisteredDomain(name));
  }
  const std::string words = absl::AsciiStrToLower(problem.detail);
  if (absl::StrContains(words, "exact set of")) return {LimitScope::kNameSet, NameSet(names)};
  // Boulder's "failed authorizations", and its pause after very many of them: "temporarily
  // prevented".
  if (absl::StrContains(words, "failed") || absl::StrContains(words, "prevented")) {
    const std::optional<std::string> host = NameIn(problem, hosts);
    if (host) return {LimitScope::kFailedValidations, *host};
  }
  if (const std::optional<std::string> domain = NameIn(problem, domains)) {
    return {LimitScope::kRegisteredDomain, *domain};
  }
  if (const std::optional<std::string> host = NameIn(problem, hosts)) {
    return {LimitScope::kRegisteredDomain, RegisteredDomain(*host)};
  }
  if (absl::StrContains(words, "this account")) return {LimitScope::kAccount, account};
  return {LimitScope::kAuthority, ""};
}

std::string About(const LimitKey& key) {
  switch (key.scope) {
    case LimitScope::kAuthority:
      return "any order";
    case LimitScope::kAccount:
      return "orders of our account";
    case LimitScope::kRegisteredDomain:
      return "orders for names in " + Shown(key.subject);
    case LimitScope::kNameSet:
      return "orders for exactly these names";
    case LimitScope::kFailedValidations:
      return "failed validations of " + Shown(key.subject);
  }
  return "";
}

// "168 h", "90 min", "10 s".
std::string WindowText(absl::Duration window) {
  if (window % absl::Hours(1) == absl::ZeroDuration()) {
    return absl::StrFormat("%d h", absl::ToInt64Hours(window));
  }
  if (window % absl::Minutes(1) == absl::ZeroDuration()) {
    return absl::StrFormat("%d min", absl::ToInt64Minutes(window));
  }
  return absl::StrFormat("%d s", absl::ToInt64Seconds(window));
}

}  // namespace

const char* LimitScopeName(LimitScope scope) { return base::NameIn(kScopeNames, scope); }

std::string RegisteredDomain(const std::string& name) {
  const std::string host = BaseOf(name);
  const char* domain = psl_registrable_domain(psl_builtin(), host.c_str());
  return domain == nullptr ? host : domain;
}

std::vector<LimitKey> KeysOf(const std::string& account, const std::vector<std::string>& names) {
  std::vector<LimitKey> keys{{LimitScope::kAuthority, ""},
                             {LimitScope::kAccount, account},
                             {LimitScope::kNameSet, NameSet(names)}};
  for (const std::string& name : names) {
    AddOnce({LimitScope::kRegisteredDomain, RegisteredDomain(name)}, keys);
    AddOnce({LimitScope::kFailedValidations, BaseOf(name)}, keys);
  }
  return keys;
}

absl::Time FreeTime(const CaLimit& limit, std::optional<absl::Time> nth_newest, absl::Time now) {
  return nth_newest ? std::max(now, *nth_newest + limit.window + kSendTime) : now;
}

absl::Duration KeptFor(const std::vector<CaLimit>& limits, LimitScope scope) {
  absl::Duration longest;
  for (const CaLimit& limit : limits) {
    if (limit.scope == scope) longest = std::max(longest, limit.window + kSendTime);
  }
  return longest;
}

LimitWait CountedWait(const CaLimit& limit, const LimitKey& key, absl::Time end_time,
                      bool assumed) {
  const std::string limit_text = absl::StrFormat("%d in %s", limit.count, WindowText(limit.window));
  std::string reason = assumed
                           ? absl::StrFormat(
                                 "a backup was restored, after which its limit of %s may have been "
                                 "used up for %s",
                                 limit_text, About(key))
                           : absl::StrFormat("by our own count its limit of %s is reached for %s",
                                             limit_text, About(key));
  return {.key = key, .end_time = end_time, .reason = std::move(reason)};
}

bool IsRateLimit(const AcmeProblem& problem) {
  return problem.http_status == 429 || IsAcmeError(problem, "rateLimited");
}

LimitWait WaitOf(const AcmeProblem& problem, const std::string& account,
                 const std::vector<std::string>& names, absl::Time now) {
  const absl::Duration pause =
      std::clamp(problem.retry_after.value_or(kUnstatedWait), absl::Seconds(1), kLongestWait);
  LimitWait wait{.key = KeyOf(problem, account, names), .end_time = now + pause};
  wait.reason = absl::StrFormat("it refuses %s", About(wait.key));
  return wait;
}

LimitWait InItsWords(LimitWait wait, const AcmeProblem& problem) {
  wait.reason += absl::StrFormat(": \"%s\"", Shown(problem.detail));
  return wait;
}

Finding LimitFinding(const std::string& ca, const LimitWait& wait) {
  Finding finding{.code = FindingCode::kCaLimitReached};
  finding.sentence = absl::StrFormat(
      "The CA %s is not asked before %s, since %s; the order waits and goes on by itself, nothing "
      "is to be done.",
      ca, base::UtcText(wait.end_time), wait.reason);
  return finding;
}

}  // namespace cert
