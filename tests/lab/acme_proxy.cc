#include "lab/acme_proxy.h"

#include <httplib.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string_view>
#include <thread>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_format.h"
#include "base/mutex.h"
#include "base/status_macros.h"
#include "lab/network.h"
#include "lab/pebble.h"

namespace lab {
namespace {

constexpr char kProxyName[] = "acme-proxy";
constexpr std::size_t kThreads = 64;  // a kept-alive connection holds one
constexpr std::size_t kRequestsPerConnection = 100'000;
constexpr time_t kProxyTimeoutSeconds = 60;
constexpr int kBadGateway = 502;

struct KnownPath {
  std::string_view start;
  AcmeCall call;
};
constexpr std::array<KnownPath, 9> kPaths = {{
    {"/dir", AcmeCall::kDirectory},
    {"/nonce-plz", AcmeCall::kNewNonce},
    {"/sign-me-up", AcmeCall::kNewAccount},
    {"/order-plz", AcmeCall::kNewOrder},
    {"/my-order/", AcmeCall::kOrder},
    {"/authZ/", AcmeCall::kAuthorization},
    {"/chalZ/", AcmeCall::kChallenge},
    {"/finalize-order/", AcmeCall::kFinalize},
    {"/certZ/", AcmeCall::kCertificate},
}};

// A POST-as-GET has an empty payload (RFC 8555, 6.3).
bool HasPayload(const std::string& body) {
  const nlohmann::json jws = nlohmann::json::parse(body, nullptr, /*allow_exceptions=*/false);
  return jws.is_object() && !jws.value("payload", std::string()).empty();
}

AcmeCall CallOf(const httplib::Request& request) {
  const auto* known = std::ranges::find_if(
      kPaths, [&request](const KnownPath& path) { return request.path.starts_with(path.start); });
  if (known == kPaths.end()) return AcmeCall::kOther;
  if (known->call == AcmeCall::kChallenge && HasPayload(request.body)) return AcmeCall::kAnswer;
  if (known->call == AcmeCall::kAuthorization && HasPayload(request.body)) {
    return AcmeCall::kDeactivation;
  }
  return known->call;
}

// Of an authorization (RFC 8555, 7.1.4).
std::vector<std::string> TokensIn(const std::string& body) {
  std::vector<std::string> tokens;
  const nlohmann::json json = nlohmann::json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || !json.contains("challenges")) return tokens;
  for (const nlohmann::json& challenge : json["challenges"]) {
    tokens.push_back(challenge.value("token", std::string()));
  }
  return tokens;
}

bool IsSuccess(int status) { return status >= 200 && status < 300; }

// Headers about one connection or about the body's coding on it.
bool IsHopByHop(const std::string& name) {
  return absl::EqualsIgnoreCase(name, "Connection") || absl::EqualsIgnoreCase(name, "Keep-Alive") ||
         absl::EqualsIgnoreCase(name, "Content-Length") ||
         absl::EqualsIgnoreCase(name, "Transfer-Encoding") ||
         absl::EqualsIgnoreCase(name, "Accept-Encoding");
}

// Also leaves out what httplib adds to the headers it received.
httplib::Headers Forwarded(const httplib::Headers& headers) {
  httplib::Headers result;
  for (const auto& [name, value] : headers) {
    if (!IsHopByHop(name) && !name.starts_with("REMOTE_") && !name.starts_with("LOCAL_")) {
      result.emplace(name, value);
    }
  }
  return result;
}

}  // namespace

class AcmeProxy::Server {
 public:
  Server(std::string address, std::string target, const Credentials& tls)
      : address_(std::move(address)),
        target_(std::move(target)),
        ca_file_(tls.ca_file),
        server_(tls.certificate_file.c_str(), tls.private_key_file.c_str()) {
    server_.new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
    server_.set_keep_alive_max_count(kRequestsPerConnection);
    server_.set_keep_alive_timeout(kProxyTimeoutSeconds);
    const auto handle = [this](const httplib::Request& request, httplib::Response& response) {
      Handle(request, response);
    };
    server_.Get(".*", handle).Post(".*", handle);  // HEAD is routed as GET
  }

  ~Server() {
    server_.stop();
    if (thread_.joinable()) thread_.join();
  }

  absl::Status Listen() {
    if (!server_.is_valid() || !server_.bind_to_port(address_, kAcmePort)) {
      return absl::UnavailableError(absl::StrFormat("cannot listen on %s:%d", address_, kAcmePort));
    }
    thread_ = std::jthread([this] { server_.listen_after_bind(); });
    return absl::OkStatus();
  }

  const std::string& address() const { return address_; }

  void SetHook(AcmeHook hook) {
    const base::MutexLock lock(mutex_);
    hook_ = std::make_shared<const AcmeHook>(std::move(hook));
  }

  std::vector<AcmeExchange> History() const {
    const base::MutexLock lock(mutex_);
    return history_;
  }

  std::vector<std::string> Tokens() const {
    const base::MutexLock lock(mutex_);
    return tokens_;
  }

 private:
  using Client = std::unique_ptr<httplib::SSLClient>;

  void Handle(const httplib::Request& request, httplib::Response& response) {
    AcmeExchange exchange{.call = CallOf(request), .path = request.path};
    if (RunHook(Moment::kBeforeDelivery, exchange) == Action::kDrop) return Drop(request);
    Deliver(request, response, exchange);
    {
      const base::MutexLock lock(mutex_);
      history_.push_back(exchange);
      if (exchange.call == AcmeCall::kAuthorization) {
        for (std::string& token : TokensIn(response.body)) tokens_.push_back(std::move(token));
      }
    }
    if (RunHook(Moment::kBeforeReply, exchange) == Action::kDrop) Drop(request);
  }

  Action RunHook(Moment moment, const AcmeExchange& exchange) {
    std::shared_ptr<const AcmeHook> hook;
    {
      const base::MutexLock lock(mutex_);
      hook = hook_;
    }
    return hook == nullptr || !*hook ? Action::kPass : (*hook)(moment, exchange);
  }

  // httplib then fails to write its response, and closes.
  static void Drop(const httplib::Request& request) {
    shutdown(SSL_get_fd(request.ssl), SHUT_RDWR);
  }

  // The client's Host goes along, because Pebble makes its URLs of it.
  void Deliver(const httplib::Request& request, httplib::Response& response,
               AcmeExchange& exchange) {
    httplib::Request copy;
    copy.method = request.method;
    copy.path = request.target;
    copy.headers = Forwarded(request.headers);
    copy.body = request.body;
    Client client = TakeClient();
    const httplib::Result result = client->send(copy);
    if (!result) {
      response.status = kBadGateway;
      return;
    }
    response.status = result->status;
    response.headers = Forwarded(result->headers);
    response.body = result->body;
    exchange.status = result->status;
    exchange.location = result->get_header_value("Location");
    ReturnClient(std::move(client));
  }

  Client TakeClient() {
    const base::MutexLock lock(mutex_);
    if (!idle_clients_.empty()) {
      Client client = std::move(idle_clients_.back());
      idle_clients_.pop_back();
      return client;
    }
    auto client = std::make_unique<httplib::SSLClient>(target_, kAcmePort);
    client->set_ca_cert_path(ca_file_);
    client->set_keep_alive(true);
    client->set_read_timeout(kProxyTimeoutSeconds);
    return client;
  }

  void ReturnClient(Client client) {
    const base::MutexLock lock(mutex_);
    idle_clients_.push_back(std::move(client));
  }

  const std::string address_;
  const std::string target_;
  const std::string ca_file_;
  httplib::SSLServer server_;
  mutable base::Mutex mutex_;
  std::shared_ptr<const AcmeHook> hook_ ABSL_GUARDED_BY(mutex_);
  std::vector<AcmeExchange> history_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> tokens_ ABSL_GUARDED_BY(mutex_);
  std::vector<Client> idle_clients_ ABSL_GUARDED_BY(mutex_);
  std::jthread thread_;
};

absl::StatusOr<std::unique_ptr<AcmeProxy>> AcmeProxy::Start(const Stack& stack,
                                                            const CertificateAuthority& authority) {
  const std::string address = stack.Address(host::kAcmeProxy);
  ASSIGN_OR_RETURN(const Credentials tls,
                   authority.Mint({.name = kProxyName, .ip_addresses = {address}}));
  auto server = std::make_unique<Server>(address, stack.Address(host::kPebble), tls);
  RETURN_IF_ERROR(server->Listen());
  return std::unique_ptr<AcmeProxy>(new AcmeProxy(std::move(server)));
}

AcmeProxy::AcmeProxy(std::unique_ptr<Server> server) : server_(std::move(server)) {}

AcmeProxy::~AcmeProxy() = default;

std::string AcmeProxy::DirectoryUrl() const {
  return absl::StrFormat("https://%s:%d/dir", server_->address(), kAcmePort);
}

void AcmeProxy::SetHook(AcmeHook hook) { server_->SetHook(std::move(hook)); }

std::vector<AcmeExchange> AcmeProxy::History() const { return server_->History(); }

std::vector<std::string> AcmeProxy::ChallengeTokens() const { return server_->Tokens(); }

int AcmeProxy::Accepted(AcmeCall call) const {
  return static_cast<int>(std::ranges::count_if(History(), [call](const AcmeExchange& exchange) {
    return exchange.call == call && IsSuccess(exchange.status);
  }));
}

}  // namespace lab
