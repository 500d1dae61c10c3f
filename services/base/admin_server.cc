#include "base/admin_server.h"

#include <httplib.h>
#include <sys/socket.h>

#include <atomic>
#include <thread>
#include <utility>

#include "absl/strings/str_format.h"

namespace base {
namespace {

constexpr int kThreads = 2;
constexpr std::size_t kMaxBodyBytes = 1024;  // nobody has a reason to send any
constexpr time_t kTimeoutSeconds = 5;
constexpr char kPlainText[] = "text/plain; charset=utf-8";
constexpr char kExposition[] = "text/plain; version=0.0.4; charset=utf-8";

// Not httplib's default SO_REUSEPORT, with which two processes could share the port unnoticed.
void AllowQuickRestart(socket_t socket) {
  const int yes = 1;
  setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
}

void Bound(httplib::Server& server) {
  server.new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
  server.set_payload_max_length(kMaxBodyBytes);
  server.set_read_timeout(kTimeoutSeconds);
  server.set_write_timeout(kTimeoutSeconds);
  server.set_keep_alive_max_count(1);  // scrapes are rare, and idle connections delay the stop
  server.set_keep_alive_timeout(1);
  server.set_socket_options(AllowQuickRestart);
}

}  // namespace

struct AdminServer::Impl {
  httplib::Server server;
  int port = 0;
  std::atomic<bool> ended{false};
  std::jthread thread;
};

AdminServer::AdminServer() : impl_(std::make_unique<Impl>()) {}

absl::StatusOr<std::unique_ptr<AdminServer>> AdminServer::Start(Options options,
                                                                const Metrics& metrics) {
  std::unique_ptr<AdminServer> admin(new AdminServer);
  httplib::Server& server = admin->impl_->server;
  Bound(server);
  server.Get("/livez", [](const httplib::Request&, httplib::Response& response) {
    response.set_content("ok\n", kPlainText);
  });
  server.Get("/readyz", [ready = std::move(options.ready)](const httplib::Request&,
                                                           httplib::Response& response) {
    const absl::Status status = ready();
    if (!status.ok()) response.status = 503;
    response.set_content(status.ok() ? "ok\n" : std::string(status.message()) + "\n", kPlainText);
  });
  server.Get("/metrics", [&metrics](const httplib::Request&, httplib::Response& response) {
    response.set_content(metrics.Render(), kExposition);
  });

  int port = options.port;
  if (port == 0) {
    port = server.bind_to_any_port(options.address);
  } else if (!server.bind_to_port(options.address, port)) {
    port = -1;
  }
  if (port < 0) {
    return absl::UnavailableError(
        absl::StrFormat("cannot listen on %s port %d", options.address, options.port));
  }
  admin->impl_->port = port;
  admin->impl_->thread = std::jthread([impl = admin->impl_.get()] {
    impl->server.listen_after_bind();
    impl->ended = true;
  });
  return admin;
}

AdminServer::~AdminServer() {
  if (!impl_->thread.joinable()) return;
  // httplib forgets a stop() that comes before its accept loop has begun.
  while (!impl_->server.is_running() && !impl_->ended) std::this_thread::yield();
  impl_->server.stop();
}

int AdminServer::port() const { return impl_->port; }

}  // namespace base
