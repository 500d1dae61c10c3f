// A web server that answers each path as it is told, over HTTP or HTTPS with a certificate that it
// signed itself. Only for tests of clients.

#pragma once

#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "base/mutex.h"

namespace httplib {
class Server;
}

namespace lab {

struct WebPage {
  int status = 200;
  std::string body = {};
  std::string location = {};
  bool stalls = false;  // says nothing until the server goes
};

// Thread-safe.
class WebServer {
 public:
  struct Options {
    std::string address;
    int port = 0;  // 0: any free one
    bool tls = false;
  };
  // UNAVAILABLE when the address is taken.
  static absl::StatusOr<std::unique_ptr<WebServer>> Start(const Options& options);
  ~WebServer();
  WebServer(const WebServer&) = delete;
  WebServer& operator=(const WebServer&) = delete;

  int port() const { return port_; }

  // `path` includes the query. What has no page is 404.
  void Answer(const std::string& path, WebPage page);

  // Requests so far: "GET /path host", where the last is the Host header.
  std::vector<std::string> Requests() const;

 private:
  WebServer();

  struct Stop;
  const std::unique_ptr<Stop> stop_;
  std::unique_ptr<httplib::Server> server_;
  int port_ = 0;
  mutable base::Mutex mutex_;
  std::map<std::string, WebPage> pages_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> requests_ ABSL_GUARDED_BY(mutex_);
  std::jthread thread_;
};

}  // namespace lab
