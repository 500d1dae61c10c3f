// Where a gRPC server's connections come from. gRPC's own listener (1.51) is deaf for good once
// accept(2) has failed, as it does when file descriptors run out; this one refuses those callers
// and goes on.

#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace transport {

// Thread-safe.
class Listener {
 public:
  // Takes over a connected, non-blocking socket.
  using OnConnection = std::function<void(int descriptor)>;

  // Binds `address`, an IP address; port 0: any free one. Connections wait until Start().
  // INVALID_ARGUMENT, or UNAVAILABLE when the address cannot be bound.
  static absl::StatusOr<std::unique_ptr<Listener>> Bind(const std::string& address, int port);
  // Stop().
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  int port() const;

  // Calls `on_connection` in a thread of its own, until Stop(). Once.
  void Start(OnConnection on_connection);
  // Closes the port; `on_connection` is not called any more. May be repeated.
  void Stop();

 private:
  class Acceptor;
  explicit Listener(std::unique_ptr<Acceptor> acceptor);

  const std::unique_ptr<Acceptor> acceptor_;
};

}  // namespace transport
