#include "base/admin_server.h"

namespace base {
namespace {

constexpr char kExposition[] = "text/plain; version=0.0.4; charset=utf-8";
constexpr int kNotFound = 404;
constexpr int kUnavailable = 503;

HttpReply Readiness(const absl::Status& status) {
  if (status.ok()) return {.body = "ok\n"};
  return {.status = kUnavailable, .body = std::string(status.message()) + "\n"};
}

HttpReply Answer(const HttpRequest& request, const AdminServer::Options& options,
                 const Metrics& metrics) {
  const bool reads = request.method == "GET" || request.method == "HEAD";
  if (reads && request.path == "/livez") return {.body = "ok\n"};
  if (reads && request.path == "/readyz") return Readiness(options.ready());
  if (reads && request.path == "/metrics") {
    return {.body = metrics.Render(), .content_type = kExposition};
  }
  return {.status = kNotFound, .body = "only /livez, /readyz and /metrics are here\n"};
}

}  // namespace

absl::StatusOr<std::unique_ptr<AdminServer>> AdminServer::Start(Options options,
                                                                const Metrics& metrics) {
  const HttpListener::Options listen{.address = options.address, .port = options.port};
  auto listener = HttpListener::Start(
      listen, [options = std::move(options), &metrics](const HttpRequest& request) {
        return Answer(request, options, metrics);
      });
  if (!listener.ok()) return listener.status();
  return std::unique_ptr<AdminServer>(new AdminServer(*std::move(listener)));
}

}  // namespace base
