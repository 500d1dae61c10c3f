#include "cert/rpc/probe_session.h"

#include <deque>
#include <map>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "base/deadline.h"
#include "base/log.h"
#include "base/mutex.h"
#include "base/status_macros.h"
#include "cert/rpc/probe_convert.h"
#include "padlock/probe/v1/coordinator_service.grpc.pb.h"
#include "transport/call.h"
#include "transport/to_grpc_status.h"

namespace cert {
namespace {

namespace v1 = ::padlock::probe::v1;

// Checks in flight are bounded by credit, so only a worker that does not read gets here.
constexpr std::size_t kOutboxLimit = 4096;

using Reactor = grpc::ServerBidiReactor<v1::ConnectRequest, v1::ConnectResponse>;

// A stream that is refused before it begins. `caller`: its identity's name, or the names that are
// nobody's.
class Refusal final : public Reactor {
 public:
  Refusal(const absl::Status& status, const std::string& caller, const std::string& peer) {
    base::Log(base::LogLevel::kWarning, "worker refused",
              {{"caller", caller}, {"peer", peer}, base::LogField(status)});
    Finish(transport::ToGrpcStatus(status, ""));
  }
  void OnDone() override { delete this; }
};

// What sessions need of their service.
class SessionHost {
 public:
  virtual ~SessionHost() = default;
  virtual Dispatcher& dispatcher() = 0;
  virtual absl::Duration heartbeat_interval() const = 0;
  // The stream is over; the host lets go of the session.
  virtual void Forget(const Reactor* session) = 0;
};

// One worker's stream: one read and one write in flight, a bounded outbox. Thread-safe.
class Session final : public Reactor,
                      public WorkerSession,
                      public std::enable_shared_from_this<Session> {
 public:
  Session(SessionHost& host, transport::Identity identity)
      : host_(host), identity_(std::move(identity)), silence_(NextSilence()) {}

  void Begin() { StartRead(&request_); }

  void Send(std::vector<WorkerCheck> checks) override { Queue(ToCheckBatch(checks)); }
  void Cancel(std::vector<std::string> check_ids) override {
    v1::ConnectResponse response;
    response.mutable_cancel()->mutable_check_ids()->Assign(check_ids.begin(), check_ids.end());
    Queue(std::move(response));
  }

  // Ends the stream, once; what the worker holds goes to others at once.
  void End(const absl::Status& status);
  bool IsSilent() {
    base::MutexLock lock(mutex_);
    return silence_.Expired();
  }

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnDone() override;

 private:
  base::Deadline NextSilence() const {
    return base::Deadline::After(3 * host_.heartbeat_interval());
  }
  absl::Status Accept();
  absl::Status AcceptHello(const v1::Hello& hello);
  void Queue(v1::ConnectResponse response);
  void WriteNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  SessionHost& host_;
  const transport::Identity identity_;
  v1::ConnectRequest request_;  // of the read in flight

  base::Mutex mutex_;
  std::optional<WorkerKey> worker_ ABSL_GUARDED_BY(mutex_);
  base::Deadline silence_ ABSL_GUARDED_BY(mutex_);
  std::deque<v1::ConnectResponse> outbox_ ABSL_GUARDED_BY(mutex_);
  v1::ConnectResponse response_ ABSL_GUARDED_BY(mutex_);  // of the write in flight
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
};

void Session::End(const absl::Status& status) {
  std::optional<WorkerKey> worker;
  {
    base::MutexLock lock(mutex_);
    if (ended_) return;
    ended_ = true;
    worker = worker_;
    outbox_.clear();
    Finish(transport::ToGrpcStatus(status, ""));
  }
  if (worker.has_value()) host_.dispatcher().RemoveWorker(*worker);
  base::Log(base::LogLevel::kInfo, "a probe worker's stream has ended",
            {{"perspective", identity_.perspective}, base::LogField(status)});
}

void Session::OnReadDone(bool ok) {
  // The worker has left, or the connection is lost.
  if (!ok) return End(absl::OkStatus());
  const absl::Status status = Accept();
  if (!status.ok()) return End(status);
  base::MutexLock lock(mutex_);
  silence_ = NextSilence();
  if (!ended_) StartRead(&request_);
}

absl::Status Session::Accept() {
  std::optional<WorkerKey> worker;
  {
    base::MutexLock lock(mutex_);
    worker = worker_;
  }
  const bool is_hello = request_.message_case() == v1::ConnectRequest::kHello;
  if (is_hello == worker.has_value()) {
    return absl::InvalidArgumentError("hello must be the first message, and only the first");
  }
  switch (request_.message_case()) {
    case v1::ConnectRequest::kHello:
      return AcceptHello(request_.hello());
    case v1::ConnectRequest::kCredit:
      host_.dispatcher().OnCredit(*worker, request_.credit().checks());
      return absl::OkStatus();
    case v1::ConnectRequest::kReports: {
      ASSIGN_OR_RETURN(std::vector<WorkerReport> reports, FromProto(request_.reports()));
      host_.dispatcher().OnReports(*worker, std::move(reports));
      return absl::OkStatus();
    }
    case v1::ConnectRequest::kHeartbeat:
      return absl::OkStatus();
    case v1::ConnectRequest::MESSAGE_NOT_SET:
      break;
  }
  return absl::InvalidArgumentError("message: none is set, or one that is unknown here");
}

absl::Status Session::AcceptHello(const v1::Hello& hello) {
  RETURN_IF_ERROR(CheckHello(hello));
  if (hello.perspective() != identity_.perspective) {
    return absl::PermissionDeniedError("hello.perspective: not the one in the certificate");
  }
  Queue(ToWelcome(host_.heartbeat_interval()));
  const absl::StatusOr<WorkerKey> worker = host_.dispatcher().AddWorker(
      {.id = hello.worker_id(), .perspective = hello.perspective()}, shared_from_this());
  if (absl::IsNotFound(worker.status())) {
    return absl::PermissionDeniedError(std::string(worker.status().message()));
  }
  RETURN_IF_ERROR(worker.status());
  base::Log(base::LogLevel::kInfo, "a probe worker has connected",
            {{"worker", hello.worker_id()},
             {"perspective", hello.perspective()},
             {"version", hello.version()}});
  base::MutexLock lock(mutex_);
  worker_ = *worker;  // if the stream has ended meanwhile, OnDone removes it
  return absl::OkStatus();
}

void Session::Queue(v1::ConnectResponse response) {
  {
    base::MutexLock lock(mutex_);
    if (ended_) return;
    if (outbox_.size() < kOutboxLimit) {
      outbox_.push_back(std::move(response));
      WriteNext();
      return;
    }
  }
  End(absl::ResourceExhaustedError("the worker does not read what it is sent"));
}

void Session::WriteNext() {
  if (writing_ || ended_ || outbox_.empty()) return;
  response_ = std::move(outbox_.front());
  outbox_.pop_front();
  writing_ = true;
  StartWrite(&response_);
}

void Session::OnWriteDone(bool ok) {
  base::MutexLock lock(mutex_);
  writing_ = false;
  if (ok) WriteNext();  // otherwise the read in flight fails too
}

void Session::OnDone() {
  std::optional<WorkerKey> worker;
  {
    base::MutexLock lock(mutex_);
    worker = worker_;
  }
  if (worker.has_value()) host_.dispatcher().RemoveWorker(*worker);
  host_.Forget(this);  // this may be gone now
}

}  // namespace

class CoordinatorService::Impl final : public v1::CoordinatorService::CallbackService,
                                       public SessionHost {
 public:
  Impl(Options options, Dispatcher& dispatcher)
      : options_(std::move(options)),
        dispatcher_(dispatcher),
        watchdog_([this](const std::stop_token& stop) { Watch(stop); }) {}

  ~Impl() override {
    base::MutexLock lock(mutex_);
    watchdog_.request_stop();
    wake_.NotifyAll();
    // gRPC may deliver the last OnDone after Shutdown has returned.
    while (!sessions_.empty()) wake_.Wait(mutex_);
  }

  Reactor* Connect(grpc::CallbackServerContext* context) override {
    absl::StatusOr<transport::Identity> identity =
        transport::IdentityOf(*context, options_.identities);
    if (!identity.ok()) {
      return new Refusal(identity.status(), transport::NamesOffered(*context), context->peer());
    }
    if (!identity->May(transport::Role::kProbe)) {
      return new Refusal(absl::PermissionDeniedError("the certificate is not a probe worker's"),
                         identity->name, context->peer());
    }
    const std::string caller = identity->name;
    const auto session = std::make_shared<Session>(*this, *std::move(identity));
    {
      base::MutexLock lock(mutex_);
      if (draining_) {
        return new Refusal(absl::UnavailableError("the service is stopping"), caller,
                           context->peer());
      }
      sessions_[session.get()] = session;
    }
    session->Begin();
    return session.get();
  }

  void Drain() {
    {
      base::MutexLock lock(mutex_);
      draining_ = true;
    }
    for (const auto& session : Sessions()) {
      session->End(absl::UnavailableError("the service is stopping"));
    }
  }

  Dispatcher& dispatcher() override { return dispatcher_; }
  absl::Duration heartbeat_interval() const override { return options_.heartbeat_interval; }

  void Forget(const Reactor* session) override {
    std::shared_ptr<Session> released;  // destroyed without the lock
    base::MutexLock lock(mutex_);
    const auto found = sessions_.find(session);
    released = std::move(found->second);
    sessions_.erase(found);
    wake_.NotifyAll();
  }

 private:
  std::vector<std::shared_ptr<Session>> Sessions() {
    base::MutexLock lock(mutex_);
    std::vector<std::shared_ptr<Session>> sessions;
    for (const auto& [key, session] : sessions_) sessions.push_back(session);
    return sessions;
  }

  void Watch(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      {
        base::MutexLock lock(mutex_);
        if (stop.stop_requested()) return;
        wake_.WaitFor(mutex_, options_.heartbeat_interval);
      }
      for (const auto& session : Sessions()) {
        if (session->IsSilent()) session->End(absl::UnavailableError("the worker fell silent"));
      }
    }
  }

  const Options options_;
  Dispatcher& dispatcher_;
  base::Mutex mutex_;
  base::CondVar wake_;
  std::map<const Reactor*, std::shared_ptr<Session>> sessions_ ABSL_GUARDED_BY(mutex_);
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  std::jthread watchdog_;  // last: it uses all of the above
};

CoordinatorService::CoordinatorService(Options options, Dispatcher& dispatcher)
    : impl_(std::make_unique<Impl>(std::move(options), dispatcher)) {}

CoordinatorService::~CoordinatorService() = default;

grpc::Service& CoordinatorService::service() { return *impl_; }

void CoordinatorService::Drain() { impl_->Drain(); }

}  // namespace cert
