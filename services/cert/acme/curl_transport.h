// HttpTransport with libcurl: HTTP/1.1 over TLS 1.2 or newer, no proxy, no redirects. A few idle
// handles are kept, each with its open connections.

#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "cert/acme/http_transport.h"

namespace cert {

// Thread-safe.
class CurlTransport final : public HttpTransport {
 public:
  struct Options {
    std::string tls_ca_file;  // PEM: the only CAs trusted; the system's when empty
    std::size_t idle_handle_limit = 8;
  };

  explicit CurlTransport(Options options);
  ~CurlTransport() override;
  CurlTransport(const CurlTransport&) = delete;
  CurlTransport& operator=(const CurlTransport&) = delete;

  absl::StatusOr<HttpReply> Send(const HttpRequest& request, base::Deadline deadline) override;

 private:
  struct Handles;

  const Options options_;
  const std::unique_ptr<Handles> handles_;
};

}  // namespace cert
