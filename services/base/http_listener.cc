#include "base/http_listener.h"

#include <httplib.h>
#include <sys/socket.h>

#include <atomic>
#include <thread>
#include <utility>

#include "absl/strings/str_format.h"

namespace base {
namespace {

constexpr std::size_t kMaxBodyBytes = 1024;  // nobody has a reason to send any
constexpr time_t kTimeoutSeconds = 5;

// Not httplib's default SO_REUSEPORT, with which two processes could share the port unnoticed.
void AllowQuickRestart(socket_t socket) {
  const int yes = 1;
  setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
}

void Bound(httplib::Server& server, std::size_t threads) {
  server.new_task_queue = [threads] { return new httplib::ThreadPool(threads); };
  server.set_payload_max_length(kMaxBodyBytes);
  server.set_read_timeout(kTimeoutSeconds);
  server.set_write_timeout(kTimeoutSeconds);
  server.set_keep_alive_max_count(1);  // callers come seldom, and idle connections hold threads
  server.set_keep_alive_timeout(1);
  server.set_socket_options(AllowQuickRestart);
}

// The port, or -1.
int Bind(httplib::Server& server, const HttpListener::Options& options) {
  if (options.port == 0) return server.bind_to_any_port(options.address);
  return server.bind_to_port(options.address, options.port) ? options.port : -1;
}

}  // namespace

struct HttpListener::Impl {
  httplib::Server server;
  int port = 0;
  std::atomic<bool> ended{false};
  std::jthread thread;
};

HttpListener::HttpListener() : impl_(std::make_unique<Impl>()) {}

absl::StatusOr<std::unique_ptr<HttpListener>> HttpListener::Start(const Options& options,
                                                                  Handler handler) {
  std::unique_ptr<HttpListener> listener(new HttpListener);
  Impl& impl = *listener->impl_;
  Bound(impl.server, options.threads);
  impl.server.set_pre_routing_handler(
      [handler = std::move(handler)](const httplib::Request& request, httplib::Response& response) {
        HttpReply reply = handler({.method = request.method,
                                   .path = request.path,
                                   .host = request.get_header_value("Host")});
        response.status = reply.status;
        response.set_content(reply.body, reply.content_type);
        return httplib::Server::HandlerResponse::Handled;
      });
  impl.port = Bind(impl.server, options);
  if (impl.port < 0) {
    return absl::UnavailableError(
        absl::StrFormat("cannot listen on %s port %d", options.address, options.port));
  }
  impl.thread = std::jthread([&impl] {
    impl.server.listen_after_bind();
    impl.ended = true;
  });
  return listener;
}

HttpListener::~HttpListener() {
  if (!impl_->thread.joinable()) return;
  // httplib forgets a stop() that comes before its accept loop has begun.
  while (!impl_->server.is_running() && !impl_->ended) std::this_thread::yield();
  impl_->server.stop();
}

int HttpListener::port() const { return impl_->port; }

}  // namespace base
