#include "cert/acme/directory.h"

#include "base/status_macros.h"
#include "cert/acme/problem.h"
#include "cert/acme/reply_headers.h"
#include "cert/acme/reply_status.h"

namespace cert {

AcmeReply<AcmeDirectory> DirectoryCache::Get(base::Deadline deadline) {
  if (auto known = Known()) return *std::move(known);
  const absl::StatusOr<HttpReply> reply =
      transport_.Send({.method = HttpRequest::Method::kGet, .url = url_}, deadline);
  if (!reply.ok()) return NothingSent(reply.status());
  if (!IsSuccess(reply->status)) {
    return ParseProblem(reply->body, reply->status,
                        ParseRetryAfter(reply->retry_after, clock_.TimeNow()));
  }
  ASSIGN_OR_RETURN(AcmeDirectory directory, ParseDirectory(reply->body));
  const base::MutexLock lock(mutex_);
  directory_ = directory;
  return directory;
}

void DirectoryCache::Forget() {
  const base::MutexLock lock(mutex_);
  directory_.reset();
}

std::optional<AcmeDirectory> DirectoryCache::Known() {
  const base::MutexLock lock(mutex_);
  return directory_;
}

}  // namespace cert
