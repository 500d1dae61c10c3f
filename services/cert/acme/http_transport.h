// One HTTPS exchange with a CA, and the difference that matters to whoever must not act twice:
// whether an octet of the request may have left.

#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/deadline.h"

namespace cert {

struct HttpRequest {
  enum class Method { kGet, kHead, kPost };

  Method method = Method::kGet;
  std::string url;
  std::string accept;  // no header when empty
  std::string body;    // application/jose+json; POST only
  // Sent once, over a connection of its own. Over a reused one that turns out to be closed the
  // request may be sent again (libcurl does so by itself).
  bool fresh_connection = false;
};

// Header values are as received, trimmed; empty when absent.
struct HttpReply {
  int status = 0;
  std::string body;
  std::string content_type;
  std::string location;
  std::string replay_nonce;
  std::string retry_after;
  std::vector<std::string> links = {};
  bool resent = false;  // the request left more than once
};

// Thread-safe.
class HttpTransport {
 public:
  virtual ~HttpTransport() = default;

  // Any reply, whatever its status: redirects are not followed.
  //   UNAVAILABLE        nothing was sent: no address, no connection, TLS refused
  //   UNKNOWN            something was sent and the reply was lost
  //   DEADLINE_EXCEEDED  nothing was sent: the deadline had passed, or there was no place in time
  //   RESOURCE_EXHAUSTED nothing was sent: the CA is silent (bounded_transport.h)
  //   INTERNAL           not an https URL, or a reply of more than 1 MiB
  virtual absl::StatusOr<HttpReply> Send(const HttpRequest& request, base::Deadline deadline) = 0;
};

}  // namespace cert
