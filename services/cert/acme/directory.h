// A CA's directory (RFC 8555, 7.1.1), read when it is first needed and again after a failure.

#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "base/deadline.h"
#include "base/mutex.h"
#include "cert/acme/acme_objects.h"
#include "cert/acme/client.h"
#include "cert/acme/http_transport.h"

namespace cert {

// Thread-safe.
class DirectoryCache {
 public:
  DirectoryCache(std::string url, HttpTransport& transport, const base::Clock& clock)
      : url_(std::move(url)), transport_(transport), clock_(clock) {}

  AcmeReply<AcmeDirectory> Get(base::Deadline deadline);

  // As Get, but read again after an hour: profiles and the like change. While that fails, what is
  // known stays.
  AcmeReply<AcmeDirectory> GetFresh(base::Deadline deadline);

  // The CA may have moved: the next Get reads it again.
  void Forget();

 private:
  std::optional<AcmeDirectory> Known();
  AcmeReply<AcmeDirectory> Read(base::Deadline deadline);

  const std::string url_;
  HttpTransport& transport_;
  const base::Clock& clock_;
  base::Mutex mutex_;
  std::optional<AcmeDirectory> directory_ ABSL_GUARDED_BY(mutex_);
  absl::Time read_time_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
};

}  // namespace cert
