// The gRPC server of callers and workers: mutual TLS, health (grpc.health.v1), reflection.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "transport/connection.h"
#include "transport/tls.h"

namespace grpc {
class Service;
}  // namespace grpc

namespace cert {

// Thread-safe.
class RpcServer {
 public:
  struct Options {
    std::string address;  // an IP address; IPv6 without brackets
    int port = 0;         // 0: any free one
    transport::TlsFiles tls;
    transport::ServerOptions connection = {};
  };

  // Serves at once. The services must outlive the server. Errors as of MakeServerCredentials, and
  // UNAVAILABLE when the address cannot be bound.
  static absl::StatusOr<std::unique_ptr<RpcServer>> Start(
      const Options& options, const std::vector<grpc::Service*>& services);
  // Ends what is left of the calls.
  ~RpcServer();
  RpcServer(const RpcServer&) = delete;
  RpcServer& operator=(const RpcServer&) = delete;

  int port() const;

  // What health checks say: SERVING at start. Set false first when going away, so that no new
  // callers come while streams are drained.
  void SetServing(bool serving);

  // Refuses new calls and waits for those in progress; cancels what is left after `grace`. Streams
  // without end must have been ended by their owners (WatchHub::Stop, CoordinatorService::Drain).
  void Shutdown(absl::Duration grace);

 private:
  struct Impl;
  explicit RpcServer(std::unique_ptr<Impl> impl);

  const std::unique_ptr<Impl> impl_;
};

}  // namespace cert
