#include "cert/core/challenge.h"

#include <algorithm>

#include "absl/strings/str_format.h"
#include "base/strings.h"
#include "cert/core/covered_names.h"
#include "cert/core/names.h"

namespace cert {

const Domain* FindDomain(const std::vector<Domain>& domains, const std::string& identifier) {
  const auto found = std::ranges::find(domains, identifier, &Domain::hostname);
  return found == domains.end() ? nullptr : &*found;
}

std::string OrderedNameOf(const Authorization& authorization) {
  return authorization.wildcard ? WildcardOf(authorization.identifier) : authorization.identifier;
}

bool TakeChallenge(const AcmeAuthorization& at_ca, const Domain& domain,
                   Authorization& authorization) {
  authorization.domain = domain.id;
  authorization.method = domain.method;
  if (domain.method == ValidationMethod::kHttp) {
    authorization.txt_value.clear();
    authorization.delegation_target.clear();
    if (!at_ca.http) return false;
    authorization.challenge_url = at_ca.http->url;
    authorization.key_authorization = at_ca.http->key_authorization;
    return true;
  }
  authorization.key_authorization.clear();
  authorization.challenge_url = at_ca.challenge_url;
  authorization.txt_value = at_ca.txt_value;
  authorization.delegation_target =
      domain.method == ValidationMethod::kDelegation ? domain.delegation_target : "";
  return !at_ca.challenge_url.empty() && !at_ca.txt_value.empty();
}

ChallengeState StateOf(const AcmeAuthorization& at_ca, ValidationMethod method) {
  if (method != ValidationMethod::kHttp) {
    return {.status = at_ca.challenge_status, .error = at_ca.error};
  }
  if (!at_ca.http) return {.status = AcmeChallengeStatus::kInvalid};
  return {.status = at_ca.http->status, .error = at_ca.http->error};
}

AcmeStage ValidationStage(const Order& order, const std::string& name) {
  std::vector<ValidationMethod> all;
  std::vector<ValidationMethod> of_name;
  for (const Authorization& authorization : order.authorizations) {
    all.push_back(authorization.method);
    if (authorization.identifier == BaseOf(name)) of_name.push_back(authorization.method);
  }
  const std::vector<ValidationMethod>& methods = of_name.empty() ? all : of_name;
  const bool over_http = !methods.empty() && std::ranges::all_of(methods, [](ValidationMethod it) {
    return it == ValidationMethod::kHttp;
  });
  return over_http ? AcmeStage::kHttpValidation : AcmeStage::kDnsValidation;
}

bool NeedsToken(const Authorization& authorization) {
  return !authorization.valid &&
         !(authorization.txt_value.empty() && authorization.key_authorization.empty());
}

bool NeedsCustomer(const Order& order) {
  return std::ranges::any_of(order.authorizations, [](const Authorization& authorization) {
    return authorization.method == ValidationMethod::kTxt && NeedsToken(authorization);
  });
}

std::string TokenExpiryNote(const Order& order) {
  const bool brief = NeedsCustomer(order) && order.expire_time &&
                     *order.expire_time - order.intent_time < kCustomerTime;
  if (!brief) return "";
  return absl::StrFormat(
      "The CA's tokens expire at %s; if they are not seen by then, others take their place.",
      base::UtcText(*order.expire_time));
}

std::string TokenOf(const std::string& key_authorization) {
  return key_authorization.substr(0, key_authorization.find('.'));
}

}  // namespace cert
