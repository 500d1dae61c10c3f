#include "lab/web_server.h"

#include <httplib.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <future>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_format.h"

namespace lab {
namespace {

constexpr long kLifetimeSeconds = 24 * 3600;

struct SelfSigned {
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key{EVP_EC_gen("P-256"), &EVP_PKEY_free};
  std::unique_ptr<X509, decltype(&X509_free)> certificate{X509_new(), &X509_free};

  // Its subject is empty: nobody is to trust it.
  SelfSigned() {
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), kLifetimeSeconds);
    X509_set_pubkey(certificate.get(), key.get());
    X509_sign(certificate.get(), key.get(), EVP_sha256());
  }
};

std::unique_ptr<httplib::Server> MakeServer(bool tls) {
  if (!tls) return std::make_unique<httplib::Server>();
  const SelfSigned credentials;
  return std::make_unique<httplib::SSLServer>(credentials.certificate.get(), credentials.key.get());
}

}  // namespace

struct WebServer::Stop {
  std::promise<void> promise;
  std::shared_future<void> future{promise.get_future()};
};

WebServer::WebServer() : stop_(std::make_unique<Stop>()) {}

absl::StatusOr<std::unique_ptr<WebServer>> WebServer::Start(const Options& options) {
  auto server = std::unique_ptr<WebServer>(new WebServer());
  server->server_ = MakeServer(options.tls);
  httplib::Server& http = *server->server_;
  if (!http.is_valid()) return absl::UnavailableError("the TLS server cannot be made");
  http.Get(".*", [web = server.get()](const httplib::Request& request, httplib::Response& reply) {
    std::optional<WebPage> page;
    {
      const base::MutexLock lock(web->mutex_);
      web->requests_.push_back("GET " + request.target + " " + request.get_header_value("Host"));
      const auto found = web->pages_.find(request.target);
      if (found != web->pages_.end()) page = found->second;
    }
    if (!page) page = WebPage{.status = 404};
    if (page->stalls) web->stop_->future.wait();
    reply.status = page->status;
    if (!page->location.empty()) reply.set_header("Location", page->location);
    reply.set_content(page->body, "application/octet-stream");
  });
  server->port_ = options.port == 0 ? http.bind_to_any_port(options.address)
                  : http.bind_to_port(options.address, options.port) ? options.port
                                                                     : -1;
  if (server->port_ <= 0) {
    return absl::UnavailableError(
        absl::StrFormat("%s:%d cannot be bound", options.address, options.port));
  }
  // Connections are taken from here on; who answers them may start a little later.
  server->thread_ = std::jthread([&http] { http.listen_after_bind(); });
  return server;
}

WebServer::~WebServer() {
  stop_->promise.set_value();
  if (!thread_.joinable()) return;
  // httplib forgets a stop() that comes before its accept loop has begun.
  while (!server_->is_running()) std::this_thread::yield();
  server_->stop();
}

void WebServer::Answer(const std::string& path, WebPage page) {
  const base::MutexLock lock(mutex_);
  pages_[path] = std::move(page);
}

std::vector<std::string> WebServer::Requests() const {
  const base::MutexLock lock(mutex_);
  return requests_;
}

}  // namespace lab
