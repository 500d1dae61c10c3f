#include "cert/acme/acme_client.h"

#include "absl/status/status.h"
#include "base/status_macros.h"
#include "cert/acme/acme_objects.h"
#include "cert/acme/payloads.h"
#include "cert/acme/problem.h"
#include "cert/acme/reply_headers.h"
#include "cert/acme/reply_status.h"

namespace cert {
namespace {

constexpr std::size_t kMaxOrders = 10'000;
constexpr int kMaxPages = 1'000;
constexpr std::size_t kMaxChain = std::size_t{256} << 10U;
constexpr std::size_t kMaxAlternates = 10;

AcmeReply<Done> ToDone(const HttpReply&) { return Done{}; }

bool IsOpen(const AcmeAuthorization& authorization) {
  return authorization.status == AcmeAuthorizationStatus::kPending ||
         authorization.status == AcmeAuthorizationStatus::kValid;
}

bool IsRefusal(const AcmeReply<Done>& reply) {
  return reply.ok() && std::holds_alternative<AcmeProblem>(*reply);
}

bool IsAlreadyRevoked(const AcmeReply<Done>& reply) {
  return IsRefusal(reply) && IsAcmeError(std::get<AcmeProblem>(*reply), "alreadyRevoked");
}

}  // namespace

HttpAcmeClient::HttpAcmeClient(Options options, HttpTransport& transport, const base::Clock& clock)
    : options_(std::move(options)),
      clock_(clock),
      requester_(options_.directory_url, transport, clock) {}

AcmeReply<AcmeOrder> HttpAcmeClient::NewOrder(const AcmeAccount& account,
                                              const AcmeOrderRequest& order,
                                              base::Deadline deadline) {
  return Then(requester_.Directory(deadline), [&](const AcmeDirectory& directory) {
    const SignedRequest request{
        .url = directory.new_order, .payload = NewOrderPayload(order), .once = true};
    return Then(requester_.Post(account, request, deadline),
                [&](const HttpReply& reply) -> AcmeReply<AcmeOrder> {
                  if (IsHttpsUrl(reply.location)) return ToOrder(reply, reply.location);
                  return absl::InternalError("newOrder was answered without an order URL");
                });
  });
}

AcmeReply<std::vector<std::string>> HttpAcmeClient::ListOrders(const AcmeAccount& account,
                                                               base::Deadline deadline) {
  return Then(requester_.Post(account, {.url = account.url}, deadline),
              [&](const HttpReply& reply) -> AcmeReply<std::vector<std::string>> {
                ASSIGN_OR_RETURN(std::optional<std::string> url, ParseAccountOrders(reply.body));
                if (!url) return std::vector<std::string>();
                return ListOrdersAt(account, *std::move(url), deadline);
              });
}

AcmeReply<std::vector<std::string>> HttpAcmeClient::ListOrdersAt(const AcmeAccount& account,
                                                                 std::string url,
                                                                 base::Deadline deadline) {
  std::vector<std::string> orders;
  for (int page = 0; page < kMaxPages && orders.size() < kMaxOrders; ++page) {
    const AcmeReply<HttpReply> reply = requester_.Post(account, {.url = url}, deadline);
    if (!reply.ok()) return reply.status();
    if (const auto* problem = std::get_if<AcmeProblem>(&*reply)) return *problem;
    const auto& http = std::get<HttpReply>(*reply);
    ASSIGN_OR_RETURN(const std::vector<std::string> found, ParseOrderList(http.body));
    orders.insert(orders.end(), found.begin(), found.end());
    const std::vector<std::string> next = LinksOf("next", http.links);
    if (next.empty()) break;
    url = next.front();
  }
  if (orders.size() > kMaxOrders) orders.resize(kMaxOrders);
  return orders;
}

AcmeReply<AcmeOrder> HttpAcmeClient::GetOrder(const AcmeAccount& account, const std::string& url,
                                              base::Deadline deadline) {
  return Then(requester_.Post(account, {.url = url}, deadline),
              [&](const HttpReply& reply) { return ToOrder(reply, url); });
}

AcmeReply<AcmeAuthorization> HttpAcmeClient::GetAuthorization(const AcmeAccount& account,
                                                              const std::string& url,
                                                              base::Deadline deadline) {
  return Then(requester_.Post(account, {.url = url}, deadline),
              [&](const HttpReply& reply) -> AcmeReply<AcmeAuthorization> {
                ASSIGN_OR_RETURN(const AccountKey key, requester_.KeyOf(account));
                ASSIGN_OR_RETURN(AcmeAuthorization authorization,
                                 ParseAuthorization(reply.body, key.thumbprint()));
                authorization.url = url;
                authorization.retry_after = ParseRetryAfter(reply.retry_after, clock_.TimeNow());
                return authorization;
              });
}

AcmeReply<Done> HttpAcmeClient::AnswerChallenge(const AcmeAccount& account, const std::string& url,
                                                base::Deadline deadline) {
  return Then(requester_.Post(account, {.url = url, .payload = "{}"}, deadline), ToDone);
}

AcmeReply<AcmeOrder> HttpAcmeClient::Finalize(const AcmeAccount& account,
                                              const std::string& finalize_url,
                                              const std::string& csr_der, base::Deadline deadline) {
  const SignedRequest request{.url = finalize_url, .payload = FinalizePayload(csr_der)};
  return Then(requester_.Post(account, request, deadline), [&](const HttpReply& reply) {
    return ToOrder(reply, IsHttpsUrl(reply.location) ? reply.location : std::string());
  });
}

AcmeReply<AcmeChain> HttpAcmeClient::DownloadCertificate(const AcmeAccount& account,
                                                         const std::string& url,
                                                         base::Deadline deadline) {
  const SignedRequest request{.url = url, .accept = "application/pem-certificate-chain"};
  return Then(requester_.Post(account, request, deadline),
              [](HttpReply reply) -> AcmeReply<AcmeChain> {
                if (reply.body.size() > kMaxChain) {
                  return absl::InternalError("the certificate chain is longer than 256 KiB");
                }
                if (!reply.content_type.starts_with("application/pem-certificate-chain")) {
                  return absl::InternalError("the certificate is not a PEM chain");
                }
                AcmeChain chain{.pem = std::move(reply.body),
                                .alternate_urls = LinksOf("alternate", reply.links)};
                if (chain.alternate_urls.size() > kMaxAlternates) {
                  chain.alternate_urls.resize(kMaxAlternates);
                }
                return chain;
              });
}

AcmeReply<Done> HttpAcmeClient::DeactivateAuthorization(const AcmeAccount& account,
                                                        const std::string& url,
                                                        base::Deadline deadline) {
  const SignedRequest request{.url = url, .payload = DeactivationPayload()};
  AcmeReply<Done> reply = Then(requester_.Post(account, request, deadline), ToDone);
  if (!IsRefusal(reply)) return reply;
  // CAs differ in how they refuse one that is final already: its state tells.
  return Then(GetAuthorization(account, url, deadline),
              [&](const AcmeAuthorization& authorization) -> AcmeReply<Done> {
                if (IsOpen(authorization)) return std::move(reply);
                return Done{};
              });
}

AcmeReply<Done> HttpAcmeClient::RevokeCertificate(const AcmeAccount& account,
                                                  const std::string& certificate_der, int reason,
                                                  base::Deadline deadline) {
  return Then(requester_.Directory(deadline), [&](const AcmeDirectory& directory) {
    const SignedRequest request{.url = directory.revoke_cert,
                                .payload = RevocationPayload(certificate_der, reason)};
    AcmeReply<Done> reply = Then(requester_.Post(account, request, deadline), ToDone);
    return IsAlreadyRevoked(reply) ? AcmeReply<Done>(Done{}) : reply;
  });
}

AcmeReply<AcmeOrder> HttpAcmeClient::ToOrder(const HttpReply& reply, const std::string& url) const {
  ASSIGN_OR_RETURN(AcmeOrder order, ParseOrder(reply.body));
  order.url = url;
  order.retry_after = ParseRetryAfter(reply.retry_after, clock_.TimeNow());
  return order;
}

}  // namespace cert
