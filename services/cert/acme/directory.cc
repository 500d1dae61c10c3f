#include "cert/acme/directory.h"

#include "base/status_macros.h"
#include "cert/acme/problem.h"
#include "cert/acme/reply_headers.h"
#include "cert/acme/reply_status.h"

namespace cert {
namespace {

constexpr absl::Duration kFreshness = absl::Hours(1);

bool IsDirectory(const AcmeReply<AcmeDirectory>& reply) {
  return reply.ok() && std::holds_alternative<AcmeDirectory>(*reply);
}

}  // namespace

AcmeReply<AcmeDirectory> DirectoryCache::Get(base::Deadline deadline) {
  if (auto known = Known()) return *std::move(known);
  return Read(deadline);
}

AcmeReply<AcmeDirectory> DirectoryCache::GetFresh(base::Deadline deadline) {
  const absl::Time now = clock_.TimeNow();
  std::optional<AcmeDirectory> known;
  {
    const base::MutexLock lock(mutex_);
    known = directory_;
    const bool fresh = now >= read_time_ && now < read_time_ + kFreshness;
    if (known && fresh) return *std::move(known);
  }
  AcmeReply<AcmeDirectory> read = Read(deadline);
  if (!IsDirectory(read) && known) return *std::move(known);
  return read;
}

AcmeReply<AcmeDirectory> DirectoryCache::Read(base::Deadline deadline) {
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
  read_time_ = clock_.TimeNow();
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
