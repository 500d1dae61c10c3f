#include "base/http_listener.h"

#include <microhttpd.h>
#include <netdb.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "base/open_connections.h"
#include "base/worker_pool.h"

namespace base {
namespace {

// What libmicrohttpd may take for one connection: it holds the head, what was made of it, and the
// head of the reply.
constexpr std::size_t kConnectionBytes = std::size_t{16} * 1024;
constexpr std::size_t kMaxBodyBytes = 1024;  // nobody has a reason to send any
constexpr int kOverloaded = 503;

// A request, from its head to the end of its reply.
struct Exchange {
  HttpRequest request;
  std::size_t body_bytes = 0;
  std::optional<HttpReply> reply;
};

using AddressPtr = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

// Null unless `address` is an IP address.
AddressPtr ParseAddress(const std::string& address, int port) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* parsed = nullptr;
  const int error = getaddrinfo(address.c_str(), absl::StrCat(port).c_str(), &hints, &parsed);
  return {error == 0 ? parsed : nullptr, freeaddrinfo};
}

int SocketOf(MHD_Connection* connection) {
  return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
}

std::string HostOf(MHD_Connection* connection) {
  const char* host = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_HOST);
  // libmicrohttpd takes off what is before a value only (RFC 9110, 5.5).
  return std::string(absl::StripTrailingAsciiWhitespace(absl::NullSafeStringView(host)));
}

// `reply` must stay until the connection is done with the request.
MHD_Result Send(MHD_Connection* connection, HttpReply& reply) {
  std::string& body = reply.body;
  MHD_Response* response =
      MHD_create_response_from_buffer(body.size(), body.data(), MHD_RESPMEM_PERSISTENT);
  MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, reply.content_type.c_str());
  MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
  const MHD_Result result =
      MHD_queue_response(connection, static_cast<unsigned>(reply.status), response);
  MHD_destroy_response(response);  // the connection keeps it as long as it needs it
  return result;
}

}  // namespace

// One thread of libmicrohttpd reads and writes all connections. A connection whose request is here
// is suspended while a worker calls the handler: libmicrohttpd's own pool of threads would have all
// connections of a thread wait for the handler that blocks it.
class HttpListener::Server {
 public:
  Server(const Options& options, Handler handler)
      : handler_(std::move(handler)),
        // A quarter is kept for those that are to be answered.
        connections_({.silent_limit = options.connection_limit - options.connection_limit / 4,
                      .time_limit = options.time_limit}),
        workers_(std::in_place, WorkerPool::Options{.threads = options.threads,
                                                    .queue_limit = options.connection_limit}) {}
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // False when the address cannot be bound. Once.
  bool Listen(const Options& options);
  int port() const { return MHD_get_daemon_info(daemon_, MHD_DAEMON_INFO_BIND_PORT)->port; }

 private:
  // As libmicrohttpd wants them, called in its thread; `self` is the server.
  static void OnConnection(void* self, MHD_Connection* connection, void** context,
                           MHD_ConnectionNotificationCode event);
  static MHD_Result OnRequest(void* self, MHD_Connection* connection, const char* path,
                              const char* method, const char* version, const char* body,
                              std::size_t* body_bytes, void** exchange);
  static void OnCompleted(void* self, MHD_Connection* connection, void** exchange,
                          MHD_RequestTerminationCode code);

  MHD_Result Handle(MHD_Connection* connection, Exchange& exchange);

  const Handler handler_;
  OpenConnections connections_;
  std::optional<WorkerPool> workers_;
  MHD_Daemon* daemon_ = nullptr;
};

bool HttpListener::Server::Listen(const Options& options) {
  const AddressPtr address = ParseAddress(options.address, options.port);
  if (address == nullptr) return false;
  unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME;
  if (address->ai_family == AF_INET6) flags |= MHD_USE_DUAL_STACK;
  const auto port = static_cast<std::uint16_t>(options.port);
  const auto idle_seconds = static_cast<unsigned>(absl::ToInt64Seconds(options.idle_limit));
  // It sets SO_REUSEADDR by itself, and not SO_REUSEPORT, with which two processes could share the
  // port unnoticed.
  daemon_ = MHD_start_daemon(flags, port, nullptr, nullptr, &OnRequest, this,        //
                             MHD_OPTION_SOCK_ADDR, address->ai_addr,                 //
                             MHD_OPTION_CONNECTION_LIMIT, options.connection_limit,  //
                             MHD_OPTION_CONNECTION_MEMORY_LIMIT, kConnectionBytes,   //
                             MHD_OPTION_CONNECTION_TIMEOUT, idle_seconds,            //
                             MHD_OPTION_NOTIFY_CONNECTION, &OnConnection, this,      //
                             MHD_OPTION_NOTIFY_COMPLETED, &OnCompleted, this,        //
                             MHD_OPTION_END);
  return daemon_ != nullptr;
}

HttpListener::Server::~Server() {
  if (daemon_ == nullptr) return;
  const int listening = MHD_quiesce_daemon(daemon_);
  connections_.Drain();
  workers_.reset();  // resumes what is suspended, as MHD_stop_daemon demands
  MHD_stop_daemon(daemon_);
  ::close(listening);
}

void HttpListener::Server::OnConnection(void* self, MHD_Connection* connection, void** /*context*/,
                                        MHD_ConnectionNotificationCode event) {
  OpenConnections& connections = static_cast<Server*>(self)->connections_;
  if (event == MHD_CONNECTION_NOTIFY_STARTED) {
    connections.Add(SocketOf(connection));
  } else {
    connections.Remove(SocketOf(connection));
  }
}

// Called with the head, with each part of the body, at the end of the request, and again when the
// connection is resumed.
MHD_Result HttpListener::Server::OnRequest(void* self, MHD_Connection* connection, const char* path,
                                           const char* method, const char* /*version*/,
                                           const char* /*body*/, std::size_t* body_bytes,
                                           void** exchange) {
  if (*exchange == nullptr) {
    auto begun = std::make_unique<Exchange>();
    begun->request = {.method = method, .path = path, .host = HostOf(connection)};
    *exchange = begun.release();  // until OnCompleted
    return MHD_YES;
  }
  Exchange& current = *static_cast<Exchange*>(*exchange);
  if (*body_bytes > 0) {
    current.body_bytes += std::exchange(*body_bytes, 0);
    return current.body_bytes <= kMaxBodyBytes ? MHD_YES : MHD_NO;
  }
  if (current.reply) return Send(connection, *current.reply);
  return static_cast<Server*>(self)->Handle(connection, current);
}

MHD_Result HttpListener::Server::Handle(MHD_Connection* connection, Exchange& exchange) {
  if (!connections_.MarkRequested(SocketOf(connection))) return MHD_NO;
  MHD_suspend_connection(connection);
  const bool posted = workers_->Post([this, connection, &exchange] {
    exchange.reply = handler_(exchange.request);
    MHD_resume_connection(connection);
  });
  if (!posted) {
    exchange.reply = HttpReply{.status = kOverloaded, .body = "overloaded\n"};
    MHD_resume_connection(connection);
  }
  return MHD_YES;
}

void HttpListener::Server::OnCompleted(void* /*self*/, MHD_Connection* /*connection*/,
                                       void** exchange, MHD_RequestTerminationCode /*code*/) {
  const std::unique_ptr<Exchange> done(static_cast<Exchange*>(*exchange));
}

HttpListener::HttpListener(std::unique_ptr<Server> server) : server_(std::move(server)) {}

HttpListener::~HttpListener() = default;

absl::StatusOr<std::unique_ptr<HttpListener>> HttpListener::Start(const Options& options,
                                                                  Handler handler) {
  auto server = std::make_unique<Server>(options, std::move(handler));
  if (!server->Listen(options)) {
    return absl::UnavailableError(
        absl::StrFormat("cannot listen on %s port %d", options.address, options.port));
  }
  return std::unique_ptr<HttpListener>(new HttpListener(std::move(server)));
}

int HttpListener::port() const { return server_->port(); }

}  // namespace base
