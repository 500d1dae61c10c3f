#include "cert/acme/testing/fake_ca.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "cert/acme/jws.h"
#include "cert/acme/problem.h"
#include "cert/keys/keys.h"

namespace cert {
namespace {

constexpr int kOrderLifetimeDays = 7;

absl::Duration Days(int count) { return absl::Hours(24 * count); }

AcmeProblem Problem(const std::string& name, const std::string& detail, int http_status) {
  AcmeProblem problem;
  problem.type = AcmeErrorType(name);
  problem.detail = detail;
  problem.http_status = http_status;
  return problem;
}

AcmeProblem NotFound() { return Problem("malformed", "no such resource", 404); }
AcmeProblem UnknownAccount() { return Problem("accountDoesNotExist", "no such account", 400); }

AcmeProblem Rejected(const std::string& name) {
  AcmeProblem problem = Problem("rejectedIdentifier", "policy forbids this name", 400);
  problem.identifier = name;
  return problem;
}

template <typename Map>
auto* FindOwned(Map& map, const std::string& url, const std::string& owner) {
  const auto found = map.find(url);
  return found == map.end() || found->second.owner != owner ? nullptr : &found->second;
}

// As CAs do: lower case, sorted, each once.
std::vector<std::string> Normalised(std::vector<std::string> names) {
  for (std::string& name : names) absl::AsciiStrToLower(&name);
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

}  // namespace

void FakeCa::FailValidation(const std::string& identifier, AcmeProblem problem) {
  failing_validations_[identifier] = std::move(problem);
}

std::vector<AcmeOrder> FakeCa::Orders() const {
  std::vector<AcmeOrder> orders;
  for (const std::string& url : order_urls_) orders.push_back(orders_.at(url).order);
  return orders;
}

std::vector<AcmeOrderRequest> FakeCa::OrderRequests() const {
  std::vector<AcmeOrderRequest> requests;
  for (const std::string& url : order_urls_) requests.push_back(orders_.at(url).request);
  return requests;
}

std::string FakeCa::TokenOf(const std::string& authorization_url) const {
  const auto found = authorizations_.find(authorization_url);
  return found == authorizations_.end() ? std::string() : found->second.token;
}

std::string FakeCa::KeyOf(const std::string& account_url) const {
  for (const auto& [thumbprint, url] : accounts_) {
    if (url == account_url) return thumbprint;
  }
  return {};
}

bool FakeCa::Knows(const FakeSigner& signer) const {
  const auto known = accounts_.find(signer.thumbprint);
  return known != accounts_.end() && known->second == signer.account_url;
}

AcmeProblem FakeCa::Stranger(const FakeSigner& signer) const {
  if (KeyOf(signer.account_url).empty()) return UnknownAccount();
  return Problem("unauthorized", "the signature is not by the account's key", 401);
}

std::string FakeCa::NewUrl(const std::string& kind) {
  return absl::StrFormat("%s/%s/%d", options_.base_url, kind, ++last_number_);
}

AcmeReply<std::string> FakeCa::NewAccount(const FakeSigner& signer) {
  std::string& url = accounts_[signer.thumbprint];
  if (url.empty()) url = NewUrl("account");
  return url;
}

AcmeReply<std::string> FakeCa::FindAccount(const FakeSigner& signer) const {
  const auto known = accounts_.find(signer.thumbprint);
  if (known == accounts_.end()) return UnknownAccount();
  return known->second;
}

AcmeReply<Done> FakeCa::RollOverKey(const FakeSigner& signer, const std::string& new_thumbprint) {
  if (!Knows(signer)) return Stranger(signer);
  if (accounts_.contains(new_thumbprint)) {
    return Problem("malformed", "the new key is that of an account", 409);
  }
  accounts_.erase(signer.thumbprint);
  accounts_[new_thumbprint] = signer.account_url;
  return Done{};
}

std::optional<AcmeProblem> FakeCa::RefusalToReplace(const FakeSigner& signer,
                                                    const AcmeOrderRequest& request) const {
  if (request.replaces.empty()) return std::nullopt;
  const auto found = renewable_.find(request.replaces);
  if (found == renewable_.end() || found->second.owner != signer.account_url) {
    return Problem("malformed", "this account has no such certificate to replace", 400);
  }
  const bool related = std::ranges::any_of(request.names, [&](const std::string& name) {
    return std::ranges::find(found->second.names, name) != found->second.names.end();
  });
  if (!related) return Problem("malformed", "the order is for other names", 400);
  for (const auto& [url, known] : orders_) {
    const bool counts = known.order.status != AcmeOrderStatus::kInvalid;
    if (counts && known.request.replaces == request.replaces) {
      return Problem("alreadyReplaced", "an order replaces it already", 409);
    }
  }
  return std::nullopt;
}

std::optional<AcmeProblem> FakeCa::Refusal(const FakeSigner& signer,
                                           const AcmeOrderRequest& request) const {
  if (!Knows(signer)) return Stranger(signer);
  for (const std::string& name : Normalised(request.names)) {
    if (options_.blocked_names.contains(name)) return Rejected(name);
  }
  if (!request.profile.empty() && !options_.profiles.contains(request.profile)) {
    return Problem("invalidProfile", "no such profile", 400);
  }
  return RefusalToReplace(signer, request);
}

AcmeReply<AcmeOrder> FakeCa::NewOrder(const FakeSigner& signer, const AcmeOrderRequest& request) {
  if (auto refusal = Refusal(signer, request)) return *std::move(refusal);
  if (const Order* open = FindOpen(signer, Normalised(request.names))) return open->order;
  Order made;
  made.owner = signer.account_url;
  made.request = request;
  made.order.names = Normalised(request.names);
  for (const std::string& name : made.order.names) {
    made.order.authorization_urls.push_back(Authorize(signer, name));
  }
  made.order.url = NewUrl("order");
  made.order.finalize_url = made.order.url + "/finalize";
  made.order.expire_time = clock_.TimeNow() + Days(kOrderLifetimeDays);
  Refresh(made);
  order_urls_.push_back(made.order.url);
  return orders_.emplace(made.order.url, std::move(made)).first->second.order;
}

const FakeCa::Order* FakeCa::FindOpen(const FakeSigner& signer,
                                      const std::vector<std::string>& names) const {
  if (!options_.reuses_orders) return nullptr;
  for (const auto& [url, known] : orders_) {
    const AcmeOrderStatus status = known.order.status;
    const bool open = status == AcmeOrderStatus::kPending || status == AcmeOrderStatus::kReady;
    if (open && known.owner == signer.account_url && known.order.names == names) return &known;
  }
  return nullptr;
}

std::string FakeCa::Authorize(const FakeSigner& signer, const std::string& name) {
  const bool wildcard = name.starts_with("*.");
  const std::string identifier = wildcard ? name.substr(2) : name;
  if (const Authorization* reusable = FindReusable(signer, identifier, wildcard)) {
    return reusable->authorization.url;
  }
  const std::string url = NewUrl("authorization");
  Authorization& made = authorizations_[url];
  made.owner = signer.account_url;
  made.authorization.url = url;
  made.authorization.identifier = identifier;
  made.authorization.wildcard = wildcard;
  made.authorization.challenge_url = url + "/dns-01";
  made.token = absl::StrFormat("token-%d", last_number_);
  made.authorization.txt_value = Dns01Value(made.token, signer.thumbprint);
  // RFC 8555, 8.3 cannot show control of what a wildcard covers.
  if (!wildcard) {
    made.authorization.http =
        AcmeHttpChallenge{.url = url + "/http-01",
                          .key_authorization = KeyAuthorization(made.token, signer.thumbprint)};
  }
  made.authorization.expire_time = clock_.TimeNow() + Days(kOrderLifetimeDays);
  return url;
}

const FakeCa::Authorization* FakeCa::FindReusable(const FakeSigner& signer,
                                                  const std::string& identifier,
                                                  bool wildcard) const {
  if (!options_.reuse_authorizations) return nullptr;
  for (const auto& [url, known] : authorizations_) {
    const AcmeAuthorization& authorization = known.authorization;
    if (known.owner == signer.account_url &&
        authorization.status == AcmeAuthorizationStatus::kValid &&
        authorization.identifier == identifier && authorization.wildcard == wildcard) {
      return &known;
    }
  }
  return nullptr;
}

AcmeReply<std::vector<std::string>> FakeCa::ListOrders(const FakeSigner& signer) const {
  if (!Knows(signer)) return Stranger(signer);
  std::vector<std::string> urls;
  if (!options_.lists_orders) return urls;
  for (const std::string& url : order_urls_) {
    if (orders_.at(url).owner == signer.account_url) urls.push_back(url);
  }
  return urls;
}

AcmeReply<AcmeOrder> FakeCa::GetOrder(const FakeSigner& signer, const std::string& url) {
  if (!Knows(signer)) return Stranger(signer);
  Order* found = FindOwned(orders_, url, signer.account_url);
  if (found == nullptr) return NotFound();
  Refresh(*found);
  return found->order;
}

void FakeCa::Poll(Authorization& found) {
  if (found.status() != AcmeChallengeStatus::kProcessing) return;
  if (found.polls_left-- > 0) return;
  found.status() = AcmeChallengeStatus::kValid;
  found.authorization.status = AcmeAuthorizationStatus::kValid;
}

void FakeCa::Refresh(Order& order) {
  if (order.order.status == AcmeOrderStatus::kProcessing && order.polls_left-- <= 0) {
    order.order.status = AcmeOrderStatus::kValid;
    order.order.certificate_url = order.order.url + "/certificate";
  }
  if (order.order.status != AcmeOrderStatus::kPending) return;
  bool all_valid = true;
  for (const std::string& url : order.order.authorization_urls) {
    Poll(authorizations_.at(url));
    const AcmeAuthorization& authorization = authorizations_.at(url).authorization;
    if (authorization.status == AcmeAuthorizationStatus::kValid) continue;
    all_valid = false;
    if (authorization.status == AcmeAuthorizationStatus::kPending) continue;
    order.order.status = AcmeOrderStatus::kInvalid;
    const auto& answered = authorizations_.at(url);
    if (options_.orders_have_errors) {
      order.order.error = answered.by_http ? authorization.http->error : authorization.error;
    }
    return;
  }
  if (all_valid) order.order.status = AcmeOrderStatus::kReady;
}

AcmeReply<AcmeAuthorization> FakeCa::GetAuthorization(const FakeSigner& signer,
                                                      const std::string& url) {
  if (!Knows(signer)) return Stranger(signer);
  Authorization* found = FindOwned(authorizations_, url, signer.account_url);
  if (found == nullptr) return NotFound();
  Poll(*found);
  return found->authorization;
}

AcmeReply<Done> FakeCa::AnswerChallenge(const FakeSigner& signer, const std::string& url) {
  if (!Knows(signer)) return Stranger(signer);
  for (auto& [key, known] : authorizations_) {
    const AcmeAuthorization& authorization = known.authorization;
    const bool by_http = authorization.http && authorization.http->url == url;
    if (known.owner != signer.account_url || (authorization.challenge_url != url && !by_http)) {
      continue;
    }
    if (authorization.status == AcmeAuthorizationStatus::kPending) known.by_http = by_http;
    return Validate(known);
  }
  return NotFound();
}

AcmeReply<Done> FakeCa::Validate(Authorization& found) {
  AcmeAuthorization& authorization = found.authorization;
  if (authorization.status != AcmeAuthorizationStatus::kPending) {
    return Problem("malformed", "the authorization is not pending", 400);
  }
  const auto failing = failing_validations_.find(authorization.identifier);
  if (failing != failing_validations_.end()) {
    authorization.status = AcmeAuthorizationStatus::kInvalid;
    found.status() = AcmeChallengeStatus::kInvalid;
    (found.by_http ? authorization.http->error : authorization.error) = failing->second;
    failing_validations_.erase(failing);
    return Done{};
  }
  found.polls_left = options_.validation_polls;
  const bool at_once = options_.validation_polls == 0;
  found.status() = at_once ? AcmeChallengeStatus::kValid : AcmeChallengeStatus::kProcessing;
  if (at_once) authorization.status = AcmeAuthorizationStatus::kValid;
  return Done{};
}

AcmeReply<AcmeOrder> FakeCa::Finalize(const FakeSigner& signer, const std::string& finalize_url,
                                      const std::string& csr_der) {
  if (!Knows(signer)) return Stranger(signer);
  const std::string url = finalize_url.substr(0, finalize_url.rfind("/finalize"));
  Order* found = FindOwned(orders_, url, signer.account_url);
  if (found == nullptr) return NotFound();
  return Issue(*found, csr_der);
}

AcmeReply<Done> FakeCa::DeactivateAuthorization(const FakeSigner& signer, const std::string& url) {
  if (!Knows(signer)) return Stranger(signer);
  Authorization* found = FindOwned(authorizations_, url, signer.account_url);
  if (found == nullptr) return NotFound();
  AcmeAuthorizationStatus& status = found->authorization.status;
  if (status == AcmeAuthorizationStatus::kPending || status == AcmeAuthorizationStatus::kValid) {
    status = AcmeAuthorizationStatus::kDeactivated;
  }
  return Done{};
}

}  // namespace cert
