// padlock.probe.v1.CoordinatorService: brings the streams of probe workers to the dispatcher. It
// holds no logic: it checks who dials, converts, and ends streams that fell silent.

#pragma once

#include <memory>

#include "absl/time/time.h"
#include "cert/dispatch/dispatcher.h"
#include "transport/identity.h"

namespace grpc {
class Service;
}  // namespace grpc

namespace cert {

// Thread-safe.
class CoordinatorService {
 public:
  struct Options {
    transport::IdentityRules identities;
    absl::Duration heartbeat_interval = absl::Seconds(5);  // three times as long ends a stream
  };

  // `dispatcher` must outlive it.
  CoordinatorService(Options options, Dispatcher& dispatcher);
  // The gRPC server must have been shut down.
  ~CoordinatorService();
  CoordinatorService(const CoordinatorService&) = delete;
  CoordinatorService& operator=(const CoordinatorService&) = delete;

  // To register with the server; lives as long as this.
  grpc::Service& service();

  // Ends every stream with UNAVAILABLE and refuses new ones, so that workers go to the other
  // replicas. Call before the gRPC server is shut down.
  void Drain();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cert
