// A plain HTTP/1.1 port for short answers to requests without bodies: no TLS, no connection that
// stays open, requests bounded in size and time.
//
//   a head beyond 16 KiB (less when it has   refused with 414 or 431, and not read on
//     many lines, which take memory, too)
//   a body beyond 1 KiB                      the connection is closed; shorter ones are dropped
//   no octet either way for `idle_limit`     closed
//   not over within `time_limit`             closed, however steadily octets trickle
//   too many that have not sent a request    the oldest are closed
//
// No thread waits for a connection, so slow ones hold up nobody.

#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace base {

struct HttpRequest {
  std::string method;
  std::string path;  // without the query; percent-decoded, up to a NUL
  std::string host;  // the Host header as it came; empty without one
};

inline constexpr char kPlainText[] = "text/plain; charset=utf-8";

struct HttpReply {
  int status = 200;
  std::string body;
  std::string content_type = kPlainText;
};

class HttpListener {
 public:
  struct Options {
    std::string address;  // an IP address
    int port = 0;         // 0: any free one
    int threads = 2;      // that call the handler
    // Open ones; more wait to be accepted. Well below the 1,024 descriptors that a process may have
    // by default, since the rest of the program needs some, too. At least 32: several are accepted
    // before the first of them is read.
    unsigned connection_limit = 256;
    absl::Duration idle_limit = absl::Seconds(5);  // whole seconds
    // From accepting a connection to having closed it. Nobody who asks is more patient.
    absl::Duration time_limit = absl::Seconds(10);
  };
  // Called in any of the threads, and may block: it holds up other requests when it does so in all
  // of them, but never connections. Of a reply to HEAD the body stays here.
  using Handler = std::function<HttpReply(const HttpRequest&)>;

  // Listens at once; serves on threads of its own until destroyed. UNAVAILABLE when the address
  // cannot be bound.
  static absl::StatusOr<std::unique_ptr<HttpListener>> Start(const Options& options,
                                                             Handler handler);
  // Accepts no more; waits until the requests that have come are answered.
  ~HttpListener();
  HttpListener(const HttpListener&) = delete;
  HttpListener& operator=(const HttpListener&) = delete;

  int port() const;

 private:
  class Server;
  explicit HttpListener(std::unique_ptr<Server> server);

  const std::unique_ptr<Server> server_;
};

}  // namespace base
