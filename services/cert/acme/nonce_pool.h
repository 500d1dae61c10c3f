// Anti-replay nonces (RFC 8555, 6.5): every reply brings one, each may be used once.

#pragma once

#include <deque>
#include <string>

#include "base/clock.h"
#include "base/deadline.h"
#include "base/mutex.h"
#include "cert/acme/client.h"
#include "cert/acme/http_transport.h"

namespace cert {

// Thread-safe. Keeps at most 32; the oldest goes first, since CAs forget old ones.
class NoncePool {
 public:
  NoncePool(HttpTransport& transport, const base::Clock& clock)
      : transport_(transport), clock_(clock) {}

  // The newest nonce, or one asked for at `new_nonce_url` (RFC 8555, 7.2). UNAVAILABLE, or an
  // AcmeProblem, when there is none to be had.
  AcmeReply<std::string> Take(const std::string& new_nonce_url, base::Deadline deadline);

  // What is no nonce is dropped.
  void Put(const std::string& nonce);

 private:
  std::string TakeStored();

  HttpTransport& transport_;
  const base::Clock& clock_;
  base::Mutex mutex_;
  std::deque<std::string> nonces_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cert
