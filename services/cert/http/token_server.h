// The HTTP port that answers http-01 challenges (RFC 8555, 8.3) and nothing else:
//
//   GET /.well-known/acme-challenge/<token>   200 with the key authorization, when a live order of
//                                             this very Host has that token; else 404
//
// Any replica answers, since the tokens are in the database. It speaks no TLS and knows no tenants;
// whoever asks learns nothing but what the CA is to see.

#pragma once

#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "base/http_listener.h"
#include "base/metrics.h"
#include "cert/store/store.h"

namespace cert {

class TokenServer {
 public:
  struct Options {
    std::string address;  // an IP address
    int port = 0;         // 0: any free one
  };

  // Listens at once; serves on threads of its own until destroyed. Both must outlive the server.
  // UNAVAILABLE when the address cannot be bound.
  static absl::StatusOr<std::unique_ptr<TokenServer>> Start(const Options& options,
                                                            HttpTokenStore& tokens,
                                                            base::Metrics& metrics);

  int port() const { return listener_->port(); }

 private:
  explicit TokenServer(std::unique_ptr<base::HttpListener> listener)
      : listener_(std::move(listener)) {}

  const std::unique_ptr<base::HttpListener> listener_;
};

}  // namespace cert
