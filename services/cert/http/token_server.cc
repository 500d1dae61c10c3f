#include "cert/http/token_server.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "cert/http/token_request.h"

namespace cert {
namespace {

// Each may wait for the database; what is beyond waits for a thread.
constexpr int kThreads = 8;
constexpr char kOctets[] = "application/octet-stream";
constexpr int kNotFound = 404;
constexpr int kUnavailable = 503;

base::HttpReply Refusal(int status) { return {.status = status, .body = "no such token\n"}; }

base::HttpReply Respond(HttpTokenStore& tokens, const base::HttpRequest& request) {
  const bool reads = request.method == "GET" || request.method == "HEAD";
  const std::optional<TokenRequest> wanted =
      reads ? ParseTokenRequest(request.path, request.host) : std::nullopt;
  if (!wanted) return Refusal(kNotFound);
  absl::StatusOr<std::optional<std::string>> found =
      tokens.FindKeyAuthorization(wanted->token, wanted->hostname);
  if (!found.ok()) {
    base::Log(base::LogLevel::kWarning, "http-01 token not looked up",
              {{"host", wanted->hostname}, base::LogField(found.status())});
    return Refusal(kUnavailable);
  }
  if (!*found) return Refusal(kNotFound);
  return {.body = **std::move(found), .content_type = kOctets};
}

}  // namespace

absl::StatusOr<std::unique_ptr<TokenServer>> TokenServer::Start(const Options& options,
                                                                HttpTokenStore& tokens,
                                                                base::Metrics& metrics) {
  ASSIGN_OR_RETURN(std::unique_ptr<base::HttpListener> listener,
                   base::HttpListener::Start(
                       {.address = options.address, .port = options.port, .threads = kThreads},
                       [&tokens, &metrics](const base::HttpRequest& request) {
                         base::HttpReply reply = Respond(tokens, request);
                         metrics.Count("padlock_cert_http_requests_total",
                                       {{"status", absl::StrCat(reply.status)}});
                         return reply;
                       }));
  return std::unique_ptr<TokenServer>(new TokenServer(std::move(listener)));
}

}  // namespace cert
