#include "probe/rpc/stream_session.h"

#include <grpcpp/channel.h>
#include <grpcpp/create_channel.h>

#include <algorithm>
#include <deque>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/deadline.h"
#include "base/log.h"
#include "base/mutex.h"
#include "padlock/probe/v1/coordinator_service.grpc.pb.h"
#include "probe/core/report_limit.h"
#include "probe/rpc/check_convert.h"
#include "probe/rpc/stream_ledger.h"
#include "transport/connection.h"
#include "transport/to_grpc_status.h"

namespace probe {
namespace {

namespace v1 = ::padlock::probe::v1;

constexpr int kBatchLimit = 64;
// A batch takes one more report as long as it is shorter.
constexpr std::size_t kBatchBytes = std::size_t{64} << 10U;
static_assert(std::cmp_less(kBatchBytes + kMaxReportBytes,
                            transport::ServerOptions{}.max_receive_bytes));
constexpr absl::Duration kShortestHeartbeat = absl::Milliseconds(10);
constexpr absl::Duration kLongestHeartbeat = absl::Minutes(1);

std::shared_ptr<grpc::Channel> MakeChannel(
    const StreamSession::Options& options,
    const std::shared_ptr<grpc::ChannelCredentials>& credentials) {
  grpc::ChannelArguments arguments;
  transport::Configure(options.tls_server_name, arguments);
  // A connection of its own, which shares neither fate nor backoff with the one before.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel(options.target, credentials, arguments);
}

class Session final : public StreamSession,
                      public grpc::ClientBidiReactor<v1::ConnectRequest, v1::ConnectResponse>,
                      public std::enable_shared_from_this<Session> {
 public:
  Session(Options options, const std::shared_ptr<grpc::ChannelCredentials>& credentials,
          Checker& checker)
      : options_(std::move(options)),
        checker_(checker),
        stub_(v1::CoordinatorService::NewStub(MakeChannel(options_, credentials))) {}

  void Start();

  void SetShare(std::uint32_t share) override;
  absl::Duration Beat() override;
  void Drain() override;
  void Abort() override { context_.TryCancel(); }

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnDone(const grpc::Status& status) override;

 private:
  // False when the service breaks the protocol.
  bool Accept();
  void AcceptWelcome(const v1::Welcome& welcome);
  bool AcceptChecks(const v1::CheckBatch& batch);
  void AcceptCancel(const v1::Cancel& cancel);
  void StartCheck(const v1::Check& proto);
  void Deliver(const Report& report);
  // Starts a write when there is something to say and none is in flight.
  void WriteNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool ComposeNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ComposeReports() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Options options_;
  Checker& checker_;
  const std::unique_ptr<v1::CoordinatorService::Stub> stub_;
  grpc::ClientContext context_;
  v1::ConnectResponse response_;  // of the read in flight

  base::Mutex mutex_;
  std::shared_ptr<Session> self_ ABSL_GUARDED_BY(mutex_);  // until OnDone
  StreamLedger ledger_ ABSL_GUARDED_BY(mutex_);
  v1::ConnectRequest request_ ABSL_GUARDED_BY(mutex_);      // of the write in flight
  std::deque<v1::Report> reports_ ABSL_GUARDED_BY(mutex_);  // bounded by the credit granted
  absl::Duration heartbeat_interval_ ABSL_GUARDED_BY(mutex_) = kLongestHeartbeat;
  base::Deadline next_heartbeat_ ABSL_GUARDED_BY(mutex_) = base::Deadline::After(kLongestHeartbeat);
  bool heartbeat_due_ ABSL_GUARDED_BY(mutex_) = false;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool welcome_ ABSL_GUARDED_BY(mutex_) = false;
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  bool left_ ABSL_GUARDED_BY(mutex_) = false;   // we said all that we had to say
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;  // nothing may be written any more
};

void Session::Start() {
  stub_->async()->Connect(&context_, this);
  base::MutexLock lock(mutex_);
  self_ = shared_from_this();
  v1::Hello& hello = *request_.mutable_hello();
  hello.set_worker_id(options_.greeting.worker_id);
  hello.set_perspective(options_.greeting.perspective);
  hello.set_version(options_.greeting.version);
  writing_ = true;
  StartWrite(&request_);
  StartRead(&response_);
  StartCall();
}

void Session::SetShare(std::uint32_t share) {
  base::MutexLock lock(mutex_);
  ledger_.SetShare(share);
  WriteNext();
}

absl::Duration Session::Beat() {
  base::MutexLock lock(mutex_);
  if (next_heartbeat_.Expired()) {
    heartbeat_due_ = welcome_;
    next_heartbeat_ = base::Deadline::After(heartbeat_interval_);
    WriteNext();
  }
  return next_heartbeat_.Remaining();
}

void Session::Drain() {
  base::MutexLock lock(mutex_);
  draining_ = true;
  ledger_.SetShare(0);
  WriteNext();
}

void Session::OnReadDone(bool ok) {
  if (ok && Accept()) {
    StartRead(&response_);
    return;
  }
  if (ok) context_.TryCancel();
  base::MutexLock lock(mutex_);
  ended_ = true;
}

bool Session::Accept() {
  switch (response_.message_case()) {
    case v1::ConnectResponse::kWelcome:
      AcceptWelcome(response_.welcome());
      return true;
    case v1::ConnectResponse::kChecks:
      return AcceptChecks(response_.checks());
    case v1::ConnectResponse::kCancel:
      AcceptCancel(response_.cancel());
      return true;
    case v1::ConnectResponse::MESSAGE_NOT_SET:
      break;  // from a newer service
  }
  return true;
}

void Session::AcceptWelcome(const v1::Welcome& welcome) {
  const absl::Duration interval = absl::Seconds(welcome.heartbeat_interval().seconds()) +
                                  absl::Nanoseconds(welcome.heartbeat_interval().nanos());
  {
    base::MutexLock lock(mutex_);
    if (std::exchange(welcome_, true)) return;
    heartbeat_interval_ = std::clamp(interval, kShortestHeartbeat, kLongestHeartbeat);
    next_heartbeat_ = base::Deadline::After(heartbeat_interval_);
    WriteNext();
  }
  options_.established();
}

bool Session::AcceptChecks(const v1::CheckBatch& batch) {
  for (const v1::Check& check : batch.checks()) {
    bool accepted = false;
    {
      base::MutexLock lock(mutex_);
      if (draining_) return true;  // the service sends them elsewhere when we have left
      accepted = ledger_.Receive(check.check_id());
    }
    if (!accepted) {
      base::Log(base::LogLevel::kError, "the service sends more than it may",
                {{"check", check.check_id()}});
      return false;
    }
    StartCheck(check);
  }
  return true;
}

void Session::StartCheck(const v1::Check& proto) {
  absl::StatusOr<Check> check = FromProto(proto);
  if (!check.ok()) {
    Deliver({.check_id = proto.check_id(),
             .observations = {},
             .failure = absl::StrFormat("this worker cannot do it: %s",
                                        std::string(check.status().message()))});
    return;
  }
  checker_.Start(*std::move(check), [session = weak_from_this()](const Report& report) {
    if (const auto self = session.lock()) self->Deliver(report);
  });
}

void Session::AcceptCancel(const v1::Cancel& cancel) {
  std::vector<std::string> dropped;
  {
    base::MutexLock lock(mutex_);
    for (const std::string& id : cancel.check_ids()) {
      if (ledger_.Release(id)) dropped.push_back(id);
    }
    WriteNext();
  }
  for (const std::string& id : dropped) checker_.Cancel(id);
}

void Session::Deliver(const Report& report) {
  v1::Report proto = ToProto(report);
  base::MutexLock lock(mutex_);
  if (!ledger_.Release(report.check_id)) return;  // cancelled meanwhile
  reports_.push_back(std::move(proto));
  WriteNext();
}

void Session::WriteNext() {
  if (writing_ || ended_ || left_) return;
  if (ComposeNext()) {
    writing_ = true;
    StartWrite(&request_);
  } else if (draining_ && ledger_.held().empty()) {
    left_ = true;
    StartWritesDone();
  }
}

bool Session::ComposeNext() {
  if (!reports_.empty()) {
    ComposeReports();
    return true;
  }
  if (!welcome_) return false;
  if (const std::uint32_t grant = ledger_.TakeGrant(); grant > 0) {
    request_.mutable_credit()->set_checks(grant);
    return true;
  }
  if (!std::exchange(heartbeat_due_, false)) return false;
  request_.mutable_heartbeat();
  return true;
}

void Session::ComposeReports() {
  v1::ReportBatch& batch = *request_.mutable_reports();
  batch.Clear();
  std::size_t bytes = 0;
  while (!reports_.empty() && batch.reports_size() < kBatchLimit && bytes < kBatchBytes) {
    bytes += reports_.front().ByteSizeLong();
    *batch.add_reports() = std::move(reports_.front());
    reports_.pop_front();
  }
}

void Session::OnWriteDone(bool ok) {
  base::MutexLock lock(mutex_);
  writing_ = false;
  if (ok) WriteNext();  // otherwise the read in flight fails too
}

void Session::OnDone(const grpc::Status& status) {
  std::shared_ptr<Session> self;
  std::set<std::string> lost;
  {
    base::MutexLock lock(mutex_);
    self = std::move(self_);
    lost = ledger_.held();
    for (const std::string& id : lost) static_cast<void>(ledger_.Release(id));
  }
  for (const std::string& id : lost) checker_.Cancel(id);
  const auto ended = options_.ended;  // it may destroy this before it returns
  ended(std::move(self), transport::FromGrpcStatus(status));
}

}  // namespace

std::shared_ptr<StreamSession> StreamSession::Dial(
    Options options, const std::shared_ptr<grpc::ChannelCredentials>& credentials,
    Checker& checker) {
  auto session = std::make_shared<Session>(std::move(options), credentials, checker);
  session->Start();
  return session;
}

}  // namespace probe
