#include "cert/core/acme_policy.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
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
    Rule{"externalAccountRequired", Disposition::kRetryStep, FindingCode::kCaWantsExternalAccount},
    Rule{"incorrectResponse", Disposition::kNewOrder, FindingCode::kCaValidationFailed},
    Rule{"invalidContact", Disposition::kRetryStep, FindingCode::kCaWantsAction},
    Rule{"invalidProfile", Disposition::kNewOrder, FindingCode::kProfileNotOffered},
    Rule{"malformed", Disposition::kNewOrder, FindingCode::kCaRefused},
    Rule{"orderNotReady", Disposition::kRetryStep, FindingCode::kCaUnavailable},
    Rule{"rateLimited", Disposition::kRetryStep, FindingCode::kCaRateLimited},
    Rule{"rejectedIdentifier", Disposition::kGiveUp, FindingCode::kNameBlocked},
    Rule{"serverInternal", Disposition::kRetryStep, FindingCode::kCaUnavailable},
    Rule{"tls", Disposition::kNewOrder, FindingCode::kCaValidationFailed},
    Rule{"unauthorized", Disposition::kNewOrder, FindingCode::kCaValidationFailed},
    Rule{"unsupportedContact", Disposition::kRetryStep, FindingCode::kCaWantsAction},
    Rule{"unsupportedIdentifier", Disposition::kGiveUp, FindingCode::kCaRefused},
    Rule{"userActionRequired", Disposition::kRetryStep, FindingCode::kCaWantsAction},
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
    case AcmeStage::kDnsValidation:
    case AcmeStage::kHttpValidation:
      break;
  }
  return rule.code;
}

// After a refusal.
const char* WhatToDo(const Rule& rule) {
  if (rule.type == "caa") {
    return "allow this CA in the CAA records of the name; a new order follows by itself";
  }
  if (rule.disposition == Disposition::kGiveUp) {
    return "put right what it says, then ask for a recheck";
  }
  return "a new order follows by itself after a pause";
}

// What the CA says, and what is to be done about it: $0 is the CA, $1 " for <name>" if it names
// one, $2 its words, $3 the type of the problem.
struct Saying {
  FindingCode code;
  const char* sentence;
};

constexpr std::array kSayings{
    Saying{FindingCode::kCaRateLimited,
           "The CA $0 limits our rate$1: \"$2\"; the request is repeated when the CA allows it, "
           "nothing is to be done."},
    Saying{
        FindingCode::kCaUnavailable,
        "The CA $0 has trouble of its own ($3): \"$2\"; the request is repeated, nothing is to be "
        "done."},
    Saying{
        FindingCode::kCaValidationFailed,
        "The CA $0 could not validate the DNS records$1: \"$2\"; compare the records with what is "
        "required; a new order follows by itself."},
    Saying{FindingCode::kCaWantsExternalAccount,
           "The CA $0 registers accounts only with an external account binding: \"$2\"; Padlock's "
           "operators must configure one for it; the order goes on by itself."},
    Saying{FindingCode::kCaRefusesExternalAccount,
           "The CA $0 refuses to register Padlock's account: \"$2\"; Padlock's operators must "
           "correct what is configured for it, above all the external account binding; a new order "
           "follows by itself."},
    Saying{FindingCode::kCaAccountRefused,
           "The CA $0 does not accept Padlock's account any more: \"$2\"; Padlock's operators must "
           "have it put in force there or register another one; a new order follows by itself."},
    Saying{FindingCode::kNameBlocked,
           "The CA $0 issues no certificates$1, by its own policy: \"$2\"; use another CA or have "
           "the CA lift it, then ask for a recheck."},
    Saying{FindingCode::kCaWantsAction,
           "The CA $0 wants Padlock's operators to act first: \"$2\"; when they have, the order "
           "goes on by itself."},
};

// Of kCaValidationFailed, after http-01 (RFC 8555 8.3).
constexpr char kFailedOverHttp[] =
    "The CA $0 did not get the token over HTTP$1: \"$2\"; it comes to port 80 of every address of "
    "the host: let each lead to Padlock's edge, or forward the path "
    "/.well-known/acme-challenge/ to it; a new order follows by itself.";

// Of any other refusal; $4 is what to do.
constexpr char kRefused[] = "The CA $0 refuses the certificate$1 ($3): \"$2\"; $4.";

const char* SentenceFor(FindingCode code, AcmeStage stage) {
  if (code == FindingCode::kCaValidationFailed && stage == AcmeStage::kHttpValidation) {
    return kFailedOverHttp;
  }
  const auto saying = std::ranges::find(kSayings, code, &Saying::code);
  return saying == kSayings.end() ? kRefused : saying->sentence;
}

// The name that the CA means, for the sentences.
std::string ForName(const AcmeProblem& problem, FindingCode code) {
  if (!problem.identifier.empty()) return absl::StrCat(" for ", Shown(problem.identifier));
  return code == FindingCode::kNameBlocked ? " for this name" : "";
}

}  // namespace

Disposition Judge(const AcmeProblem& problem) { return RuleFor(problem).disposition; }

bool IsForOperators(const AcmeProblem& problem) {
  const FindingCode code = RuleFor(problem).code;
  return code == FindingCode::kCaWantsAction || code == FindingCode::kCaWantsExternalAccount;
}

Finding FindingOf(const AcmeProblem& problem, const std::string& ca, AcmeStage stage) {
  const Rule rule = RuleFor(problem);
  Finding finding{.code = CodeFor(rule, stage)};
  finding.sentence =
      absl::Substitute(SentenceFor(finding.code, stage), ca, ForName(problem, finding.code),
                       problem.detail, Shown(problem.type), WhatToDo(rule));
  return finding;
}

}  // namespace cert
