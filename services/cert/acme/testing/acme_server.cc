#include "cert/acme/testing/acme_server.h"

#include <httplib.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <deque>
#include <map>
#include <thread>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/mutex.h"
#include "cert/acme/testing/acme_desk.h"
#include "cert/keys/openssl_ptr.h"

namespace cert {
namespace {

constexpr std::size_t kThreads = 64;  // a kept-alive or stalled connection holds one
constexpr std::size_t kRequestsPerConnection = 100'000;
constexpr absl::Duration kTlsLifetime = absl::Hours(24 * 30);

MintedCertificate MintTls(const std::string& address, const MintedCertificate* issuer) {
  const absl::Time now = base::SystemClock().TimeNow();
  return Mint({.common_name = issuer == nullptr ? "Scripted CA" : "scripted-ca",
               .addresses = issuer == nullptr ? std::vector<std::string>() : std::vector{address},
               .not_before = now - kTlsLifetime,
               .not_after = now + kTlsLifetime,
               .authority = issuer == nullptr,
               .issuer = issuer});
}

CertificatePtr ParsePem(const std::string& pem) {
  const BioPtr bio = ReadFrom(pem);
  return CertificatePtr(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
}

}  // namespace

std::string HttpDate(absl::Time time) {
  return absl::FormatTime("%a, %d %b %Y %H:%M:%S GMT", time, absl::UTCTimeZone());
}

class AcmeServer::Server {
 public:
  explicit Server(const Options& options)
      : tls_root_(MintTls(options.address, nullptr)),
        tls_(MintTls(options.address, &tls_root_)),
        tls_certificate_(ParsePem(tls_.pem)),
        tls_key_(ParsePrivateKey(tls_.key_pem)),
        http_(tls_certificate_.get(), tls_key_.get()),
        desk_(options.ca, options.clock == nullptr ? base::SystemClock() : *options.clock) {
    http_.new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
    http_.set_keep_alive_max_count(kRequestsPerConnection);
    const auto handle = [this](const httplib::Request& request, httplib::Response& response) {
      Handle(request, response);
    };
    http_.Get(".*", handle).Post(".*", handle);  // HEAD is routed as GET
  }

  ~Server() {
    Release();
    if (!thread_.joinable()) return;
    // httplib forgets a stop() that comes before its accept loop has begun.
    while (!http_.is_running()) std::this_thread::yield();
    http_.stop();
  }

  absl::Status Listen(const Options& options) {
    const int port = options.port == 0 ? http_.bind_to_any_port(options.address)
                     : http_.bind_to_port(options.address, options.port) ? options.port
                                                                         : -1;
    if (port <= 0) {
      return absl::UnavailableError(
          absl::StrFormat("%s:%d cannot be bound", options.address, options.port));
    }
    base_url_ = absl::StrFormat("https://%s:%d", options.address, port);
    {
      const base::MutexLock lock(mutex_);
      desk_.ca().options().base_url = base_url_;
    }
    thread_ = std::jthread([this] { http_.listen_after_bind(); });
    return absl::OkStatus();
  }

  const std::string& base_url() const { return base_url_; }
  const std::string& tls_root_pem() const { return tls_root_.pem; }

  template <typename Use>
  auto WithCa(Use use) {
    const base::MutexLock lock(mutex_);
    return use(desk_.ca());
  }

  void Next(AcmeCall call, const AcmeFault& fault, int times) {
    const base::MutexLock lock(mutex_);
    for (int i = 0; i < times; ++i) faults_[call].push_back(fault);
  }

  void Release() {
    const base::MutexLock lock(mutex_);
    faults_.clear();
    ++releases_;
    released_.NotifyAll();
  }

  std::vector<AcmeRequestSeen> Requests() const {
    const base::MutexLock lock(mutex_);
    return seen_;
  }

 private:
  using Kind = AcmeFault::Kind;

  void Handle(const httplib::Request& request, httplib::Response& response) {
    AcmeIncoming incoming;
    std::optional<AcmeOutgoing> refusal;
    std::optional<AcmeFault> fault;
    int releases = 0;
    {
      const base::MutexLock lock(mutex_);
      releases = releases_;
      refusal = desk_.Understand(request.path, request.body, incoming);
      if (!refusal) fault = TakeFault(incoming.call);
    }
    std::optional<AcmeOutgoing> reply = std::move(refusal);
    if (!reply && fault) reply = Preempted(*fault);
    const bool no_effect =
        fault && (fault->kind == Kind::kStall || fault->kind == Kind::kLoseRequest);
    if (!reply && !no_effect) {
      const base::MutexLock lock(mutex_);
      reply = desk_.Serve(incoming);
    }
    Note(request.path, incoming, fault && fault->kind > Kind::kGateway ? 0 : reply->status);
    if (fault && fault->kind == Kind::kHalfReply) return SayHalf(*reply, releases, response);
    if (fault && fault->kind > Kind::kGateway) {
      if (fault->kind >= Kind::kStall) AwaitRelease(releases);
      shutdown(SSL_get_fd(request.ssl), SHUT_RDWR);  // httplib then fails to write, and closes
      return;
    }
    Say(*reply, response);
  }

  std::optional<AcmeFault> TakeFault(AcmeCall call) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    std::deque<AcmeFault>& faults = faults_[call];
    if (faults.empty()) return std::nullopt;
    AcmeFault fault = std::move(faults.front());
    faults.pop_front();
    return fault;
  }

  // The answer of a fault that has one.
  static std::optional<AcmeOutgoing> Preempted(const AcmeFault& fault) {
    if (fault.kind == Kind::kProblem) {
      return ProblemReply(MakeProblem(fault.problem, fault.status, fault.detail),
                          fault.retry_after);
    }
    if (fault.kind != Kind::kGateway) return std::nullopt;
    return AcmeOutgoing{.status = fault.status,
                        .body = "<html><body>Bad gateway</body></html>",
                        .type = "text/html",
                        .retry_after = fault.retry_after};
  }

  void Note(const std::string& path, const AcmeIncoming& incoming, int status) {
    const base::MutexLock lock(mutex_);
    seen_.push_back(
        {.call = incoming.call, .path = path, .account_url = incoming.jws.kid, .status = status});
  }

  void SetHeaders(const AcmeOutgoing& reply, httplib::Response& response) {
    response.status = reply.status;
    if (!reply.location.empty()) response.set_header("Location", reply.location);
    if (!reply.retry_after.empty()) response.set_header("Retry-After", reply.retry_after);
    for (const std::string& link : reply.links) response.headers.emplace("Link", link);
    const base::MutexLock lock(mutex_);
    response.set_header("Replay-Nonce", desk_.NewNonce());
  }

  void Say(const AcmeOutgoing& reply, httplib::Response& response) {
    SetHeaders(reply, response);
    response.set_content(reply.body, reply.type);
  }

  // Half of the body, then nothing.
  void SayHalf(const AcmeOutgoing& reply, int releases, httplib::Response& response) {
    SetHeaders(reply, response);
    response.set_content_provider(
        reply.body.size(), reply.type,
        [this, body = reply.body, releases](std::size_t, std::size_t, httplib::DataSink& sink) {
          sink.write(body.data(), body.size() / 2);
          AwaitRelease(releases);
          return false;
        });
  }

  void AwaitRelease(int releases) {
    const base::MutexLock lock(mutex_);
    while (releases_ == releases) released_.Wait(mutex_);
  }

  const MintedCertificate tls_root_;
  const MintedCertificate tls_;
  const CertificatePtr tls_certificate_;
  const KeyPtr tls_key_;
  httplib::SSLServer http_;
  std::string base_url_;
  mutable base::Mutex mutex_;
  base::CondVar released_;
  AcmeDesk desk_ ABSL_GUARDED_BY(mutex_);
  std::map<AcmeCall, std::deque<AcmeFault>> faults_ ABSL_GUARDED_BY(mutex_);
  std::vector<AcmeRequestSeen> seen_ ABSL_GUARDED_BY(mutex_);
  int releases_ ABSL_GUARDED_BY(mutex_) = 0;
  std::jthread thread_;
};

absl::StatusOr<std::unique_ptr<AcmeServer>> AcmeServer::Start(Options options) {
  auto server = std::make_unique<Server>(options);
  if (absl::Status listening = server->Listen(options); !listening.ok()) return listening;
  return std::unique_ptr<AcmeServer>(new AcmeServer(std::move(server)));
}

AcmeServer::AcmeServer(std::unique_ptr<Server> server) : server_(std::move(server)) {}

AcmeServer::~AcmeServer() = default;

std::string AcmeServer::DirectoryUrl() const { return server_->base_url() + "/directory"; }

std::string AcmeServer::TlsRootPem() const { return server_->tls_root_pem(); }

std::string AcmeServer::RootPem() const {
  return server_->WithCa([](FakeCa& ca) { return ca.root_pem(); });
}

void AcmeServer::Change(const std::function<void(FakeCaOptions&)>& change) {
  server_->WithCa([&](FakeCa& ca) {
    change(ca.options());
    return 0;
  });
}

void AcmeServer::Next(AcmeCall call, AcmeFault fault, int times) {
  server_->Next(call, fault, times);
}

void AcmeServer::FailValidation(const std::string& identifier, AcmeProblem problem) {
  server_->WithCa([&](FakeCa& ca) {
    ca.FailValidation(identifier, std::move(problem));
    return 0;
  });
}

void AcmeServer::Release() { server_->Release(); }

std::vector<AcmeRequestSeen> AcmeServer::Requests() const { return server_->Requests(); }

int AcmeServer::Count(AcmeCall call) const {
  const std::vector<AcmeRequestSeen> seen = Requests();
  return static_cast<int>(std::ranges::count(seen, call, &AcmeRequestSeen::call));
}

std::vector<AcmeOrder> AcmeServer::Orders() const {
  return server_->WithCa([](FakeCa& ca) { return ca.Orders(); });
}

std::vector<AcmeOrderRequest> AcmeServer::OrderRequests() const {
  return server_->WithCa([](FakeCa& ca) { return ca.OrderRequests(); });
}

std::size_t AcmeServer::RevokedCertificates() const {
  return server_->WithCa([](FakeCa& ca) { return ca.revoked_certificates(); });
}

}  // namespace cert
