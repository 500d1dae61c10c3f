#include "cert/acme/nonce_pool.h"

#include "absl/status/status.h"
#include "cert/acme/problem.h"
#include "cert/acme/reply_headers.h"
#include "cert/acme/reply_status.h"

namespace cert {
namespace {

constexpr std::size_t kMaxNonces = 32;
constexpr std::size_t kMaxNonceSize = 512;

}  // namespace

AcmeReply<std::string> NoncePool::Take(const std::string& new_nonce_url, base::Deadline deadline) {
  if (std::string stored = TakeStored(); !stored.empty()) return stored;
  const absl::StatusOr<HttpReply> reply =
      transport_.Send({.method = HttpRequest::Method::kHead, .url = new_nonce_url}, deadline);
  if (!reply.ok()) return NothingSent(reply.status());
  if (!IsSuccess(reply->status)) {
    return ParseProblem(reply->body, reply->status,
                        ParseRetryAfter(reply->retry_after, clock_.TimeNow()));
  }
  if (!IsBase64Url(reply->replay_nonce, kMaxNonceSize)) {
    return absl::InternalError("the CA's newNonce gave no nonce");
  }
  return reply->replay_nonce;
}

std::string NoncePool::TakeStored() {
  const base::MutexLock lock(mutex_);
  if (nonces_.empty()) return "";
  std::string newest = std::move(nonces_.back());
  nonces_.pop_back();
  return newest;
}

void NoncePool::Put(const std::string& nonce) {
  if (!IsBase64Url(nonce, kMaxNonceSize)) return;
  const base::MutexLock lock(mutex_);
  nonces_.push_back(nonce);
  if (nonces_.size() > kMaxNonces) nonces_.pop_front();
}

}  // namespace cert
