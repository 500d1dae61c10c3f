// Signed requests (RFC 8555, 6.2): finds a nonce, signs, sends, and does so again when the CA wants
// another nonce. What comes back is a reply of success, or the CA's problem.

#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "base/deadline.h"
#include "base/mutex.h"
#include "cert/acme/client.h"
#include "cert/acme/directory.h"
#include "cert/acme/http_transport.h"
#include "cert/acme/jws.h"
#include "cert/acme/nonce_pool.h"

namespace cert {

struct SignedRequest {
  std::string url;
  std::string payload;  // empty: POST-as-GET
  std::string accept;
  bool with_jwk = false;  // the account has no URL yet
  // The request leaves once, or again only after an answer that nothing was done.
  bool once = false;
};

// Thread-safe.
class Requester {
 public:
  Requester(const std::string& directory_url, HttpTransport& transport, const base::Clock& clock)
      : transport_(transport),
        clock_(clock),
        directory_(directory_url, transport, clock),
        nonces_(transport, clock) {}

  AcmeReply<AcmeDirectory> Directory(base::Deadline deadline) { return directory_.Get(deadline); }

  // As it was within the last hour; as it last was where it cannot be read now.
  AcmeReply<AcmeDirectory> FreshDirectory(base::Deadline deadline) {
    return directory_.GetFresh(deadline);
  }

  // The account's key, which is parsed once. INTERNAL for a key that is not P-256 in PEM.
  absl::StatusOr<AccountKey> KeyOf(const AcmeAccount& account);

  // A request that nobody signs. Errors as client.h states them.
  AcmeReply<HttpReply> Get(const std::string& url, base::Deadline deadline);

  // Errors as client.h states them.
  AcmeReply<HttpReply> Post(const AcmeAccount& account, const SignedRequest& request,
                            base::Deadline deadline);

 private:
  // Sends once, with `nonce`.
  AcmeReply<HttpReply> Attempt(const AcmeAccount& account, const SignedRequest& request,
                               const std::string& nonce, base::Deadline deadline);
  AcmeReply<HttpReply> ToReply(HttpReply reply, bool once);
  absl::Status Failed(const absl::Status& status);

  HttpTransport& transport_;
  const base::Clock& clock_;
  DirectoryCache directory_;
  NoncePool nonces_;
  base::Mutex mutex_;
  // The last one that was used: there is one account, but for the moment of a roll-over.
  std::string key_pem_ ABSL_GUARDED_BY(mutex_);
  std::optional<AccountKey> key_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cert
