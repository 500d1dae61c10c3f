#include "cert/acme/requester.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "cert/acme/problem.h"
#include "cert/acme/reply_headers.h"
#include "cert/acme/reply_status.h"

namespace cert {
namespace {

// RFC 8555, 6.5 asks for a retry; a CA that refuses half of all nonces still lets one of this many
// pass but once in a million requests.
constexpr int kMaxAttempts = 20;

// What came of asking for what a request needs first.
template <typename T>
AcmeReply<T> InPreparation(AcmeReply<T> reply) {
  if (!reply.ok()) return reply;
  if (auto* problem = std::get_if<AcmeProblem>(&*reply)) problem->in_preparation = true;
  return reply;
}

bool IsBadNonce(const AcmeReply<HttpReply>& reply) {
  if (!reply.ok()) return false;
  const auto* problem = std::get_if<AcmeProblem>(&*reply);
  return problem != nullptr && IsAcmeError(*problem, "badNonce");
}

}  // namespace

AcmeReply<HttpReply> Requester::Post(const AcmeAccount& account, const SignedRequest& request,
                                     base::Deadline deadline) {
  if (deadline.Expired()) return absl::DeadlineExceededError("no time left to send a request");
  if (!request.with_jwk && account.url.empty()) {
    return absl::InternalError("the ACME account has no URL yet");
  }
  for (int i = 0; i < kMaxAttempts; ++i) {
    AcmeReply<HttpReply> reply =
        Then(InPreparation(directory_.Get(deadline)), [&](const AcmeDirectory& directory) {
          return Then(
              InPreparation(nonces_.Take(directory.new_nonce, deadline)),
              [&](const std::string& nonce) { return Attempt(account, request, nonce, deadline); });
        });
    if (!IsBadNonce(reply)) return reply;
  }
  return absl::UnavailableError(absl::StrFormat("the CA refused %d nonces", kMaxAttempts));
}

absl::StatusOr<AccountKey> Requester::KeyOf(const AcmeAccount& account) {
  base::MutexLock lock(mutex_);
  if (!key_.has_value() || key_pem_ != account.key_pem) {
    ASSIGN_OR_RETURN(key_, AccountKey::Parse(account.key_pem));
    key_pem_ = account.key_pem;
  }
  return *key_;
}

AcmeReply<HttpReply> Requester::Get(const std::string& url, base::Deadline deadline) {
  absl::StatusOr<HttpReply> reply =
      transport_.Send({.method = HttpRequest::Method::kGet, .url = url}, deadline);
  if (!reply.ok()) return Failed(reply.status());
  return ToReply(*std::move(reply), /*once=*/false);
}

AcmeReply<HttpReply> Requester::Attempt(const AcmeAccount& account, const SignedRequest& request,
                                        const std::string& nonce, base::Deadline deadline) {
  ASSIGN_OR_RETURN(AccountKey key, KeyOf(account));
  ASSIGN_OR_RETURN(std::string body, SignJws({.key = std::move(key),
                                              .kid = request.with_jwk ? std::string() : account.url,
                                              .nonce = nonce,
                                              .url = request.url,
                                              .payload = request.payload}));
  absl::StatusOr<HttpReply> reply = transport_.Send({.method = HttpRequest::Method::kPost,
                                                     .url = request.url,
                                                     .accept = request.accept,
                                                     .body = std::move(body),
                                                     .fresh_connection = request.once},
                                                    deadline);
  if (!reply.ok()) return Failed(reply.status());
  return ToReply(*std::move(reply), request.once);
}

// The CA may have moved; but where it was not even asked, nothing is known.
absl::Status Requester::Failed(const absl::Status& status) {
  if (absl::IsUnavailable(status) || absl::IsUnknown(status)) directory_.Forget();
  return status;
}

AcmeReply<HttpReply> Requester::ToReply(HttpReply reply, bool once) {
  nonces_.Put(reply.replay_nonce);
  if (IsSuccess(reply.status)) return reply;
  if (reply.status == 404) directory_.Forget();
  AcmeProblem problem =
      ParseProblem(reply.body, reply.status, ParseRetryAfter(reply.retry_after, clock_.TimeNow()));
  // The first of two transmissions may have been the one that took effect.
  if (once && reply.resent) return absl::UnknownError("refused, but the request had left twice");
  // A box in front of the CA speaks, and does not know what became of the request.
  if (once && reply.status >= 500 && problem.type == kNoProblemType) {
    return absl::UnknownError(problem.detail);
  }
  return problem;
}

}  // namespace cert
