#include "cert/core/acme_policy.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "absl/strings/str_format.h"
#include "cert/core/ca_ledger.h"
#include "cert/core/shown.h"

namespace cert {
namespace {

struct Rule {
  std::string_view type;
  Disposition disposition;
  FindingCode code;
};

// RFC 8555 6.7, table 1, whole, and invalidProfile of draft-ietf-acme-profiles.
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
    Rule{"externalAccountRequired", Disposition::kGiveUp, FindingCode::kCaWantsExternalAccount},
    Rule{"incorrectResponse", Disposition::kNewOrder, FindingCode::kCaValidationFailed},
    Rule{"invalidContact", Disposition::kGiveUp, FindingCode::kCaRefused},
    Rule{"invalidProfile", Disposition::kNewOrder, FindingCode::kProfileNotOffered},
    Rule{"malformed", Disposition::kNewOrder, FindingCode::kCaRefused},
    Rule{"orderNotReady", Disposition::kRetryStep, FindingCode::kCaUnavailable},
    Rule{"rateLimited", Disposition::kRetryStep, FindingCode::kCaRateLimited},
    Rule{"rejectedIdentifier", Disposition::kGiveUp, FindingCode::kNameBlocked},
    Rule{"serverInternal", Disposition::kRetryStep, FindingCode::kCaUnavailable},
    Rule{"tls", Disposition::kNewOrder, FindingCode::kCaValidationFailed},
    Rule{"unauthorized", Disposition::kNewOrder, FindingCode::kCaValidationFailed},
    Rule{"unsupportedContact", Disposition::kGiveUp, FindingCode::kCaRefused},
    Rule{"unsupportedIdentifier", Disposition::kGiveUp, FindingCode::kCaRefused},
    Rule{"userActionRequired", Disposition::kGiveUp, FindingCode::kCaWantsAction},
};

Rule RuleFor(const AcmeProblem& problem) {
  const std::string_view type = problem.type;
  // What was to be asked was not: it says nothing of the order.
  if (problem.in_preparation && !IsRateLimit(problem)) {
    return {
        .type = type, .disposition = Disposition::kRetryStep, .code = FindingCode::kCaUnavailable};
  }
  if (type.starts_with(kAcmeErrorPrefix)) {
    const auto rule = std::ranges::find(kRules, type.substr(kAcmeErrorPrefix.size()), &Rule::type);
    if (rule != kRules.end()) return *rule;
  }
  if (problem.http_status >= 500) {
    return {
        .type = type, .disposition = Disposition::kRetryStep, .code = FindingCode::kCaUnavailable};
  }
  if (problem.http_status == 429) {
    return {
        .type = type, .disposition = Disposition::kRetryStep, .code = FindingCode::kCaRateLimited};
  }
  return {.type = type, .disposition = Disposition::kNewOrder, .code = FindingCode::kCaRefused};
}

FindingCode CodeFor(const Rule& rule, AcmeStage stage) {
  const bool unauthorized = rule.type == "unauthorized";
  switch (stage) {
    case AcmeStage::kRegistration:
      // RFC 8555 7.3.4: a binding that does not verify is an error, whose type is the CA's choice.
      return unauthorized || rule.type == "malformed" ? FindingCode::kCaRefusesExternalAccount
                                                      : rule.code;
    case AcmeStage::kRequest:
      return unauthorized ? FindingCode::kCaAccountRefused : rule.code;
    case AcmeStage::kValidation:
      break;
  }
  return rule.code;
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

// What the CA says, and what is to be done about it.
std::string Sentence(const Rule& rule, FindingCode code, const AcmeProblem& problem,
                     const std::string& ca) {
  const std::string about =
      problem.identifier.empty() ? "" : absl::StrFormat(" for %s", Shown(problem.identifier));
  switch (code) {
    case FindingCode::kCaRateLimited:
      return absl::StrFormat(
          "The CA %s limits our rate%s: \"%s\"; the request is repeated when the CA allows it, "
          "nothing is to be done.",
          ca, about, problem.detail);
    case FindingCode::kCaUnavailable:
      return absl::StrFormat(
          "The CA %s has trouble of its own (%s): \"%s\"; the request is repeated, nothing is to "
          "be done.",
          ca, Shown(problem.type), problem.detail);
    case FindingCode::kCaValidationFailed:
      return absl::StrFormat(
          "The CA %s could not validate the DNS records%s: \"%s\"; compare the records with what "
          "is required, a new order follows by itself.",
          ca, about, problem.detail);
    case FindingCode::kCaWantsExternalAccount:
      return absl::StrFormat(
          "The CA %s registers accounts only with an external account binding: \"%s\"; Padlock's "
          "operators must configure one for it, then ask for a recheck.",
          ca, problem.detail);
    case FindingCode::kCaRefusesExternalAccount:
      return absl::StrFormat(
          "The CA %s refuses to register Padlock's account: \"%s\"; Padlock's operators must "
          "correct what is configured for it, above all the external account binding, a new order "
          "follows by itself.",
          ca, problem.detail);
    case FindingCode::kCaAccountRefused:
      return absl::StrFormat(
          "The CA %s does not accept Padlock's account any more: \"%s\"; Padlock's operators must "
          "have it put in force there or register another one, a new order follows by itself.",
          ca, problem.detail);
    case FindingCode::kNameBlocked:
      return absl::StrFormat(
          "The CA %s issues no certificates%s, by its own policy: \"%s\"; use another CA or have "
          "the CA lift it, then ask for a recheck.",
          ca, about.empty() ? " for this name" : about, problem.detail);
    case FindingCode::kCaWantsAction:
      return absl::StrFormat(
          "The CA %s wants Padlock's operators to act first: \"%s\"; when they have, then ask for "
          "a "
          "recheck.",
          ca, problem.detail);
    default:
      return absl::StrFormat("The CA %s refuses the certificate%s (%s): \"%s\"; %s.", ca, about,
                             Shown(problem.type), problem.detail, WhatToDo(rule));
  }
}

}  // namespace

Disposition Judge(const AcmeProblem& problem) { return RuleFor(problem).disposition; }

Finding FindingOf(const AcmeProblem& problem, const std::string& ca, AcmeStage stage) {
  const Rule rule = RuleFor(problem);
  Finding finding{.code = CodeFor(rule, stage)};
  finding.sentence = Sentence(rule, finding.code, problem, ca);
  return finding;
}

}  // namespace cert
