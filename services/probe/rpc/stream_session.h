// One stream to one replica of the cert service, from dial to end (the picture is in
// coordinator_service.proto). A stream that ends stays ended; dispatch_stream.h dials the next.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "probe/check/checker.h"

namespace grpc {
class ChannelCredentials;
}  // namespace grpc

namespace probe {

// Who we say we are.
struct Greeting {
  std::string worker_id;
  std::string perspective;
  std::string version;
};

// Thread-safe.
class StreamSession {
 public:
  struct Options {
    std::string target;           // as ResolveHost gives them
    std::string tls_server_name;  // that the certificate must hold
    Greeting greeting;
    // Called once when the service has answered our Hello. Must not block.
    std::function<void()> established;
    // Called once when all is over, with the last reference. It must be let go on another thread:
    // gRPC's own threads cannot outlive the last channel if one of them destroys it. Must not
    // block.
    std::function<void(std::shared_ptr<StreamSession>, absl::Status)> ended;
  };

  // `checker` must live until `ended` is called, which always happens.
  static std::shared_ptr<StreamSession> Dial(
      Options options, const std::shared_ptr<grpc::ChannelCredentials>& credentials,
      Checker& checker);
  virtual ~StreamSession() = default;

  // How many checks this stream may hold; see StreamLedger.
  virtual void SetShare(std::uint32_t share) = 0;

  // Sends a heartbeat when one is due. Returns when to call again.
  virtual absl::Duration Beat() = 0;

  // Takes no more checks, finishes those it holds, reports them and leaves.
  virtual void Drain() = 0;

  // Breaks the stream off.
  virtual void Abort() = 0;
};

}  // namespace probe
