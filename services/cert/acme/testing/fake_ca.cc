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

constexpr int kCaLifetimeDays = 3650;
constexpr int kOrderLifetimeDays = 7;

absl::Duration Days(int count) { return absl::Hours(24 * count); }

MintedCertificate MintAuthority(const std::string& name, const MintedCertificate* issuer,
                                absl::Time now) {
  return Mint({.common_name = name,
               .not_before = now - Days(kCaLifetimeDays),
               .not_after = now + Days(kCaLifetimeDays),
               .authority = true,
               .issuer = issuer});
}

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

FakeCa::FakeCa(FakeCaOptions options, const base::Clock& clock)
    : options_(std::move(options)),
      clock_(clock),
      root_(MintAuthority("Fake root", nullptr, clock.TimeNow())),
      intermediate_(MintAuthority("Fake intermediate", &root_, clock.TimeNow())) {}

void FakeCa::FailValidation(const std::string& identifier, AcmeProblem problem) {
  failing_validations_[identifier] = std::move(problem);
}

std::vector<AcmeOrder> FakeCa::Orders() const {
  std::vector<AcmeOrder> orders;
  for (const std::string& url : order_urls_) orders.push_back(orders_.at(url).order);
  return orders;
}

bool FakeCa::Knows(const AcmeAccount& account) const {
  const absl::StatusOr<std::string> thumbprint = JwkThumbprint(account.key_pem);
  if (!thumbprint.ok()) return false;
  const auto known = accounts_.find(*thumbprint);
  return known != accounts_.end() && known->second == account.url;
}

std::string FakeCa::NewUrl(const std::string& kind) {
  return absl::StrFormat("https://ca.test/%s/%d", kind, ++last_number_);
}

AcmeReply<std::string> FakeCa::NewAccount(const AcmeAccount& account) {
  ASSIGN_OR_RETURN(const std::string thumbprint, JwkThumbprint(account.key_pem));
  std::string& url = accounts_[thumbprint];
  if (url.empty()) url = NewUrl("account");
  return url;
}

AcmeReply<AcmeOrder> FakeCa::NewOrder(const AcmeAccount& account,
                                      const std::vector<std::string>& names) {
  if (!Knows(account)) return UnknownAccount();
  Order made;
  made.owner = account.url;
  made.order.names = Normalised(names);
  for (const std::string& name : made.order.names) {
    if (options_.blocked_names.contains(name)) return Rejected(name);
  }
  for (const std::string& name : made.order.names) {
    made.order.authorization_urls.push_back(Authorize(account, name));
  }
  made.order.url = NewUrl("order");
  made.order.finalize_url = made.order.url + "/finalize";
  made.order.expire_time = clock_.TimeNow() + Days(kOrderLifetimeDays);
  Refresh(made);
  order_urls_.push_back(made.order.url);
  return orders_.emplace(made.order.url, std::move(made)).first->second.order;
}

std::string FakeCa::Authorize(const AcmeAccount& account, const std::string& name) {
  const bool wildcard = name.starts_with("*.");
  const std::string identifier = wildcard ? name.substr(2) : name;
  if (const Authorization* reusable = FindReusable(account, identifier, wildcard)) {
    return reusable->authorization.url;
  }
  const std::string url = NewUrl("authorization");
  Authorization& made = authorizations_[url];
  made.owner = account.url;
  made.authorization.url = url;
  made.authorization.identifier = identifier;
  made.authorization.wildcard = wildcard;
  made.authorization.challenge_url = url + "/dns-01";
  made.authorization.txt_value = Dns01Value(absl::StrFormat("token-%d", last_number_),
                                            JwkThumbprint(account.key_pem).value_or(""));
  made.authorization.expire_time = clock_.TimeNow() + Days(kOrderLifetimeDays);
  return url;
}

const FakeCa::Authorization* FakeCa::FindReusable(const AcmeAccount& account,
                                                  const std::string& identifier,
                                                  bool wildcard) const {
  if (!options_.reuse_authorizations) return nullptr;
  for (const auto& [url, known] : authorizations_) {
    const AcmeAuthorization& authorization = known.authorization;
    if (known.owner == account.url && authorization.status == AcmeAuthorizationStatus::kValid &&
        authorization.identifier == identifier && authorization.wildcard == wildcard) {
      return &known;
    }
  }
  return nullptr;
}

AcmeReply<std::vector<std::string>> FakeCa::ListOrders(const AcmeAccount& account) const {
  if (!Knows(account)) return UnknownAccount();
  std::vector<std::string> urls;
  if (!options_.lists_orders) return urls;
  for (const std::string& url : order_urls_) {
    if (orders_.at(url).owner == account.url) urls.push_back(url);
  }
  return urls;
}

AcmeReply<AcmeOrder> FakeCa::GetOrder(const AcmeAccount& account, const std::string& url) {
  if (!Knows(account)) return UnknownAccount();
  Order* found = FindOwned(orders_, url, account.url);
  if (found == nullptr) return NotFound();
  Refresh(*found);
  return found->order;
}

void FakeCa::Poll(Authorization& found) {
  AcmeAuthorization& authorization = found.authorization;
  if (authorization.challenge_status != AcmeChallengeStatus::kProcessing) return;
  if (found.polls_left-- > 0) return;
  authorization.challenge_status = AcmeChallengeStatus::kValid;
  authorization.status = AcmeAuthorizationStatus::kValid;
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
    order.order.error = authorization.error;
    return;
  }
  if (all_valid) order.order.status = AcmeOrderStatus::kReady;
}

AcmeReply<AcmeAuthorization> FakeCa::GetAuthorization(const AcmeAccount& account,
                                                      const std::string& url) {
  if (!Knows(account)) return UnknownAccount();
  Authorization* found = FindOwned(authorizations_, url, account.url);
  if (found == nullptr) return NotFound();
  Poll(*found);
  return found->authorization;
}

AcmeReply<Done> FakeCa::AnswerChallenge(const AcmeAccount& account, const std::string& url) {
  if (!Knows(account)) return UnknownAccount();
  for (auto& [key, known] : authorizations_) {
    if (known.authorization.challenge_url == url && known.owner == account.url) {
      return Validate(known);
    }
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
    authorization.challenge_status = AcmeChallengeStatus::kInvalid;
    authorization.error = failing->second;
    failing_validations_.erase(failing);
    return Done{};
  }
  found.polls_left = options_.validation_polls;
  const bool at_once = options_.validation_polls == 0;
  authorization.challenge_status =
      at_once ? AcmeChallengeStatus::kValid : AcmeChallengeStatus::kProcessing;
  if (at_once) authorization.status = AcmeAuthorizationStatus::kValid;
  return Done{};
}

AcmeReply<AcmeOrder> FakeCa::Finalize(const AcmeAccount& account, const std::string& finalize_url,
                                      const std::string& csr_der) {
  if (!Knows(account)) return UnknownAccount();
  const std::string url = finalize_url.substr(0, finalize_url.rfind("/finalize"));
  Order* found = FindOwned(orders_, url, account.url);
  if (found == nullptr) return NotFound();
  return Issue(*found, csr_der);
}

AcmeReply<AcmeOrder> FakeCa::Issue(Order& order, const std::string& csr_der) {
  Refresh(order);
  if (order.order.status != AcmeOrderStatus::kReady) {
    return Problem("orderNotReady", "the order is not ready", 403);
  }
  if (Normalised(RequestedNames(csr_der)) != order.order.names) {
    return Problem("badCSR", "the request is not for the names of the order", 400);
  }
  const absl::Time now = clock_.TimeNow();
  const MintedCertificate leaf = Mint({.common_name = "",
                                       .dns_names = order.order.names,
                                       .csr_der = csr_der,
                                       .not_before = now - absl::Minutes(1),
                                       .not_after = now + options_.lifetime,
                                       .issuer = &intermediate_});
  order.chain_pem = leaf.pem + intermediate_.pem;
  ASSIGN_OR_RETURN(const std::string der, LeafDer(order.chain_pem));
  issued_.insert(der);
  order.order.status = AcmeOrderStatus::kProcessing;
  order.polls_left = options_.issuance_polls;
  return order.order;
}

AcmeReply<std::string> FakeCa::DownloadCertificate(const AcmeAccount& account,
                                                   const std::string& url) const {
  if (!Knows(account)) return UnknownAccount();
  for (const auto& [key, known] : orders_) {
    if (known.owner == account.url && known.order.certificate_url == url) return known.chain_pem;
  }
  return NotFound();
}

AcmeReply<Done> FakeCa::DeactivateAuthorization(const AcmeAccount& account,
                                                const std::string& url) {
  if (!Knows(account)) return UnknownAccount();
  Authorization* found = FindOwned(authorizations_, url, account.url);
  if (found == nullptr) return NotFound();
  AcmeAuthorizationStatus& status = found->authorization.status;
  if (status == AcmeAuthorizationStatus::kPending || status == AcmeAuthorizationStatus::kValid) {
    status = AcmeAuthorizationStatus::kDeactivated;
  }
  return Done{};
}

AcmeReply<Done> FakeCa::RevokeCertificate(const AcmeAccount& account,
                                          const std::string& certificate_der) const {
  if (!Knows(account)) return UnknownAccount();
  if (!issued_.contains(certificate_der)) return NotFound();
  return Done{};
}

}  // namespace cert
