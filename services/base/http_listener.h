// A plain HTTP/1.1 port for short answers to requests without bodies: no TLS, no connection that
// stays open, requests bounded in size and time.

#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace base {

struct HttpRequest {
  std::string method;
  std::string path;
  std::string host;  // the Host header as it came
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
    std::size_t threads = 2;
  };
  // Called in any of the threads; of a reply to HEAD the body stays here.
  using Handler = std::function<HttpReply(const HttpRequest&)>;

  // Listens at once; serves on threads of its own until destroyed. UNAVAILABLE when the address
  // cannot be bound.
  static absl::StatusOr<std::unique_ptr<HttpListener>> Start(const Options& options,
                                                             Handler handler);
  ~HttpListener();
  HttpListener(const HttpListener&) = delete;
  HttpListener& operator=(const HttpListener&) = delete;

  int port() const;

 private:
  HttpListener();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace base
