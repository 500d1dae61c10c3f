// What HttpAcmeClient asks about accounts and without one: the CA itself, its renewal windows.

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "cert/acme/acme_client.h"
#include "cert/acme/acme_objects.h"
#include "cert/acme/payloads.h"
#include "cert/acme/problem.h"
#include "cert/acme/reply_headers.h"
#include "cert/acme/reply_status.h"

namespace cert {
namespace {

// Nothing was promised where the directory has no such URL.
AcmeProblem NotOffered() {
  AcmeProblem problem;
  problem.type = kNoProblemType;
  problem.detail = "the CA's directory has no keyChange";
  problem.http_status = 404;
  return problem;
}

AcmeReply<std::string> AccountUrl(HttpReply reply) {
  if (IsHttpsUrl(reply.location)) return std::move(reply.location);
  return absl::InternalError("newAccount was answered without an account URL");
}

}  // namespace

AcmeReply<AcmeMetadata> HttpAcmeClient::GetMetadata(base::Deadline deadline) {
  return Then(requester_.FreshDirectory(deadline),
              [](AcmeDirectory directory) -> AcmeReply<AcmeMetadata> {
                return std::move(directory.metadata);
              });
}

AcmeReply<std::string> HttpAcmeClient::NewAccount(const AcmeAccount& account,
                                                  base::Deadline deadline) {
  return Then(requester_.Directory(deadline), [&](const AcmeDirectory& directory) {
    return NewAccountAt(directory.new_account, account, deadline);
  });
}

AcmeReply<std::string> HttpAcmeClient::NewAccountAt(const std::string& new_account_url,
                                                    const AcmeAccount& account,
                                                    base::Deadline deadline) {
  std::string binding;
  if (options_.external_account) {
    ASSIGN_OR_RETURN(
        binding, BindExternalAccount(*options_.external_account, account.key_pem, new_account_url));
  }
  const SignedRequest request{.url = new_account_url,
                              .payload = NewAccountPayload(options_.contacts, binding),
                              .with_jwk = true};
  return Then(requester_.Post(account, request, deadline), AccountUrl);
}

AcmeReply<std::string> HttpAcmeClient::FindAccount(const std::string& key_pem,
                                                   base::Deadline deadline) {
  return Then(requester_.Directory(deadline), [&](const AcmeDirectory& directory) {
    const SignedRequest request{
        .url = directory.new_account, .payload = FindAccountPayload(), .with_jwk = true};
    return Then(requester_.Post({.key_pem = key_pem, .url = ""}, request, deadline), AccountUrl);
  });
}

AcmeReply<Done> HttpAcmeClient::RollOverKey(const AcmeAccount& account,
                                            const std::string& new_key_pem,
                                            base::Deadline deadline) {
  return Then(requester_.Directory(deadline),
              [&](const AcmeDirectory& directory) -> AcmeReply<Done> {
                if (directory.key_change.empty()) return NotOffered();
                return RollOverKeyAt(directory.key_change, account, new_key_pem, deadline);
              });
}

AcmeReply<Done> HttpAcmeClient::RollOverKeyAt(const std::string& key_change_url,
                                              const AcmeAccount& account,
                                              const std::string& new_key_pem,
                                              base::Deadline deadline) {
  ASSIGN_OR_RETURN(std::string payload, KeyChangePayload({.old_key_pem = account.key_pem,
                                                          .new_key_pem = new_key_pem,
                                                          .account_url = account.url,
                                                          .key_change_url = key_change_url}));
  // Once: a second one, signed by the key that the first one replaced, would be refused.
  const SignedRequest request{.url = key_change_url, .payload = std::move(payload), .once = true};
  return Then(requester_.Post(account, request, deadline),
              [](const HttpReply&) -> AcmeReply<Done> { return Done{}; });
}

AcmeReply<std::optional<AcmeRenewalInfo>> HttpAcmeClient::GetRenewalInfo(
    const std::string& renewal_id, base::Deadline deadline) {
  using Reply = AcmeReply<std::optional<AcmeRenewalInfo>>;
  return Then(requester_.Directory(deadline), [&](const AcmeDirectory& directory) -> Reply {
    if (directory.renewal_info.empty()) return std::optional<AcmeRenewalInfo>();
    const char* const slash = absl::EndsWith(directory.renewal_info, "/") ? "" : "/";
    return Then(requester_.Get(absl::StrCat(directory.renewal_info, slash, renewal_id), deadline),
                [&](const HttpReply& reply) -> Reply {
                  ASSIGN_OR_RETURN(AcmeRenewalInfo info, ParseRenewalInfo(reply.body));
                  info.retry_after = ParseRetryAfter(reply.retry_after, clock_.TimeNow());
                  return std::optional(std::move(info));
                });
  });
}

}  // namespace cert
