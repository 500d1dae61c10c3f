#include "cert/http/token_server.h"

#include <httplib.h>
#include <sys/socket.h>

#include <atomic>
#include <thread>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/log.h"
#include "cert/http/token_request.h"

namespace cert {
namespace {

// Each may wait for the database; what is beyond waits for a thread.
constexpr int kThreads = 8;
constexpr std::size_t kMaxBodyBytes = 1024;  // nobody has a reason to send any
constexpr time_t kTimeoutSeconds = 5;
constexpr char kOctets[] = "application/octet-stream";
constexpr char kPlainText[] = "text/plain; charset=utf-8";
constexpr int kOk = 200;
constexpr int kNotFound = 404;
constexpr int kUnavailable = 503;

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
  server.set_keep_alive_max_count(1);  // a CA comes once, and idle connections hold threads
  server.set_keep_alive_timeout(1);
  server.set_socket_options(AllowQuickRestart);
}

// The status; `body` is what a 200 has.
int Respond(HttpTokenStore& tokens, const httplib::Request& request, std::string& body) {
  const bool reads = request.method == "GET" || request.method == "HEAD";
  const std::optional<TokenRequest> wanted =
      reads ? ParseTokenRequest(request.path, request.get_header_value("Host")) : std::nullopt;
  if (!wanted) return kNotFound;
  absl::StatusOr<std::optional<std::string>> found =
      tokens.FindKeyAuthorization(wanted->token, wanted->hostname);
  if (!found.ok()) {
    base::Log(base::LogLevel::kWarning, "http-01 token not looked up",
              {{"host", wanted->hostname}, base::LogField(found.status())});
    return kUnavailable;
  }
  if (!*found) return kNotFound;
  body = **std::move(found);
  return kOk;
}

}  // namespace

struct TokenServer::Impl {
  httplib::Server server;
  int port = 0;
  std::atomic<bool> ended{false};
  std::jthread thread;
};

TokenServer::TokenServer() : impl_(std::make_unique<Impl>()) {}

absl::StatusOr<std::unique_ptr<TokenServer>> TokenServer::Start(const Options& options,
                                                                HttpTokenStore& tokens,
                                                                base::Metrics& metrics) {
  std::unique_ptr<TokenServer> started(new TokenServer);
  httplib::Server& server = started->impl_->server;
  Bound(server);
  server.set_pre_routing_handler(
      [&tokens, &metrics](const httplib::Request& request, httplib::Response& response) {
        std::string body;
        response.status = Respond(tokens, request, body);
        response.set_content(response.status == kOk ? body : "no such token\n",
                             response.status == kOk ? kOctets : kPlainText);
        metrics.Count("padlock_cert_http_requests_total",
                      {{"status", absl::StrFormat("%d", response.status)}});
        return httplib::Server::HandlerResponse::Handled;
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
  started->impl_->port = port;
  started->impl_->thread = std::jthread([impl = started->impl_.get()] {
    impl->server.listen_after_bind();
    impl->ended = true;
  });
  return started;
}

TokenServer::~TokenServer() {
  if (!impl_->thread.joinable()) return;
  // httplib forgets a stop() that comes before its accept loop has begun.
  while (!impl_->server.is_running() && !impl_->ended) std::this_thread::yield();
  impl_->server.stop();
}

int TokenServer::port() const { return impl_->port; }

}  // namespace cert
