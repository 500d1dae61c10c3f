#include "cert/core/acme_policy.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "absl/strings/str_format.h"
#include "cert/core/shown.h"

namespace cert {
namespace {

constexpr std::string_view kPrefix = "urn:ietf:params:acme:error:";

struct Rule {
  std::string_view type;
  Disposition disposition;
  FindingCode code;
};

// RFC 8555 6.7, table 1, whole.
constexpr std::array kRules{
    // The account is registered again; whether its orders still exist, their URLs tell.
    Rule{"accountDoesNotExist", Disposition::kRetryStep, FindingCode::kCaUnavailable},
    Rule{"alreadyRevoked", Disposition::kNewOrder, FindingCode::kCaRefused},
    Rule{"badCSR", Disposition::kNewOrder, FindingCode::kCaRefused},
    Rule{"badNonce", Disposition::kRetryStep, FindingCode::kCaUnavailable},
    Rule{"badPublicKey", Disposition::kNewOrder, FindingCode::kCaRefused},
    Rule{"badRevocationReason", Disposition::kNewOrder, FindingCode::kCaRefused},
    Rule{"badSignatureAlgorithm", Disposition::kNewOrder, FindingCode::kCaRefused},
    Rule{"caa", Disposition::kNewOrder, FindingCode::kCaRefused},
    Rule{"compound", Disposition::kNewOrder, FindingCode::kCaRefused},
    Rule{"connection", Disposition::kNewOrder, FindingCode::kCaValidationFailed},
    Rule{"dns", Disposition::kNewOrder, FindingCode::kCaValidationFailed},
    Rule{"externalAccountRequired", Disposition::kGiveUp, FindingCode::kCaRefused},
    Rule{"incorrectResponse", Disposition::kNewOrder, FindingCode::kCaValidationFailed},
    Rule{"invalidContact", Disposition::kGiveUp, FindingCode::kCaRefused},
    Rule{"malformed", Disposition::kNewOrder, FindingCode::kCaRefused},
    Rule{"orderNotReady", Disposition::kRetryStep, FindingCode::kCaUnavailable},
    Rule{"rateLimited", Disposition::kNewOrder, FindingCode::kCaRateLimited},
    Rule{"rejectedIdentifier", Disposition::kGiveUp, FindingCode::kCaRefused},
    Rule{"serverInternal", Disposition::kRetryStep, FindingCode::kCaUnavailable},
    Rule{"tls", Disposition::kNewOrder, FindingCode::kCaValidationFailed},
    Rule{"unauthorized", Disposition::kNewOrder, FindingCode::kCaValidationFailed},
    Rule{"unsupportedContact", Disposition::kGiveUp, FindingCode::kCaRefused},
    Rule{"unsupportedIdentifier", Disposition::kGiveUp, FindingCode::kCaRefused},
    Rule{"userActionRequired", Disposition::kGiveUp, FindingCode::kCaRefused},
};

Rule RuleFor(const AcmeProblem& problem) {
  const std::string_view type = problem.type;
  if (type.starts_with(kPrefix)) {
    const auto rule = std::ranges::find(kRules, type.substr(kPrefix.size()), &Rule::type);
    if (rule != kRules.end()) return *rule;
  }
  if (problem.http_status >= 500) {
    return {
        .type = type, .disposition = Disposition::kRetryStep, .code = FindingCode::kCaUnavailable};
  }
  const FindingCode code =
      problem.http_status == 429 ? FindingCode::kCaRateLimited : FindingCode::kCaRefused;
  return {.type = type, .disposition = Disposition::kNewOrder, .code = code};
}

// After a refusal.
const char* WhatToDo(const Rule& rule) {
  if (rule.type == "caa") {
    return "allow this CA in the CAA records of the name, a new order follows by itself";
  }
  if (rule.disposition == Disposition::kGiveUp) {
    return "put right what it says, then ask for a recheck";
  }
  return "a new order follows by itself after a pause";
}

}  // namespace

Disposition Judge(const AcmeProblem& problem) { return RuleFor(problem).disposition; }

Finding FindingOf(const AcmeProblem& problem, const std::string& ca) {
  const Rule rule = RuleFor(problem);
  const std::string about =
      problem.identifier.empty() ? "" : absl::StrFormat(" for %s", Shown(problem.identifier));
  const std::string type = Shown(problem.type);
  Finding finding{.code = rule.code};
  switch (rule.code) {
    case FindingCode::kCaRateLimited:
      finding.sentence = absl::StrFormat(
          "The CA %s limits our rate%s: \"%s\"; the order is repeated when the CA allows it, "
          "nothing is to be done.",
          ca, about, problem.detail);
      break;
    case FindingCode::kCaUnavailable:
      finding.sentence = absl::StrFormat(
          "The CA %s has trouble of its own (%s): \"%s\"; the request is repeated, nothing is to "
          "be done.",
          ca, type, problem.detail);
      break;
    case FindingCode::kCaValidationFailed:
      finding.sentence = absl::StrFormat(
          "The CA %s could not validate the DNS records%s: \"%s\"; compare the records with what "
          "is required, a new order follows by itself.",
          ca, about, problem.detail);
      break;
    default:
      finding.sentence = absl::StrFormat("The CA %s refuses the certificate%s (%s): \"%s\"; %s.",
                                         ca, about, type, problem.detail, WhatToDo(rule));
  }
  return finding;
}

}  // namespace cert
