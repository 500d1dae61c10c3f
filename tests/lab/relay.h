// Stands between our programs and a server that they reach by TCP or a Unix socket. It names every
// request to a hook that may act, block or cut the connection, and it can turn into a network that
// delivers nothing and closes nothing.

#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "lab/framing.h"
#include "lab/tap.h"

namespace lab {

// Where a socket is: an IPv4 address and port, or the path of a Unix socket with port 0.
struct SocketPlace {
  std::string address;
  int port = 0;
};

// Called in the connection's thread, several at a time; it may block. kBeforeReply comes with the
// first octets of a request's answer, which for a COMMIT is after it took place.
using RelayHook = std::function<Action(Moment, const std::string& request)>;

// Thread-safe.
class Relay {
 public:
  struct Options {
    SocketPlace listen;
    SocketPlace target;
    Framing framing = Framing::kOctets;
  };

  static absl::StatusOr<std::unique_ptr<Relay>> Start(Options options);
  // A blocking hook must be let go before.
  ~Relay();
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  // Replaces the hook; an empty one passes everything.
  void SetHook(RelayHook hook);

  // From Cut() to Mend() nothing passes, in either direction, and nothing is closed: what is sent
  // waits, as behind a router that is gone.
  void Cut();
  void Mend();
  // Closes all connections.
  void Reset();

 private:
  class Server;
  explicit Relay(std::unique_ptr<Server> server);

  const std::unique_ptr<Server> server_;
};

}  // namespace lab
