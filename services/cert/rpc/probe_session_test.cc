// The coordinator's side of the stream, met by bare gRPC clients over mutual TLS.

#include "cert/rpc/probe_session.h"

#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>

#include "base/testing/status_matchers.h"
#include "cert/dispatch/testing/evidence_collector.h"
#include "padlock/probe/v1/coordinator_service.grpc.pb.h"
#include "transport/testing/pki.h"
#include "transport/to_grpc_status.h"

namespace cert {
namespace {

namespace v1 = ::padlock::probe::v1;
using ::base::testing::StatusIs;
using testing::EvidenceCollector;
using ::testing::HasSubstr;
using ::testing::SizeIs;

const bool kTls13 = (transport::RequireTls13(), true);
constexpr char kProbe[] = "spiffe://padlock/probe/eu";

// A worker made of nothing but a stream.
class BareWorker {
 public:
  BareWorker(int port, const std::shared_ptr<grpc::ChannelCredentials>& credentials) {
    grpc::ChannelArguments arguments;
    transport::Configure(transport::testing::kServerName, arguments);
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    const auto channel =
        grpc::CreateCustomChannel("127.0.0.1:" + std::to_string(port), credentials, arguments);
    stub_ = v1::CoordinatorService::NewStub(channel);
    context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
    stream_ = stub_->Connect(&context_);
  }

  void Hello(const std::string& perspective) {
    v1::ConnectRequest request;
    request.mutable_hello()->set_worker_id("bare");
    request.mutable_hello()->set_perspective(perspective);
    stream_->Write(request);
  }
  void Credit(std::uint32_t checks) {
    v1::ConnectRequest request;
    request.mutable_credit()->set_checks(checks);
    stream_->Write(request);
  }
  void Report(const std::string& check_id) {
    v1::ConnectRequest request;
    v1::Report& report = *request.mutable_reports()->add_reports();
    report.set_check_id(check_id);
    v1::Observation& seen = *report.add_observations();
    seen.set_role(v1::SERVER_ROLE_AUTHORITATIVE);
    seen.set_outcome(v1::OUTCOME_MATCH);
    seen.set_vote(v1::VOTE_AGREE);
    stream_->Write(request);
  }
  void Send(const v1::ConnectRequest& request) { stream_->Write(request); }

  // The next message; nothing set when the stream is over.
  v1::ConnectResponse Read() {
    v1::ConnectResponse response;
    if (!stream_->Read(&response)) response.Clear();
    return response;
  }
  void Leave() { stream_->WritesDone(); }
  void Die() { context_.TryCancel(); }
  // Reads to the end.
  absl::Status End() {
    v1::ConnectResponse response;
    while (stream_->Read(&response)) {
    }
    return transport::FromGrpcStatus(stream_->Finish());
  }

 private:
  std::unique_ptr<v1::CoordinatorService::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::ConnectRequest, v1::ConnectResponse>> stream_;
};

class ProbeSessionTest : public ::testing::Test {
 protected:
  explicit ProbeSessionTest(absl::Duration heartbeat_interval = absl::Seconds(30))
      : service_({.identities = {}, .heartbeat_interval = heartbeat_interval}, dispatcher_),
        server_(Pki().Serve(service_.service(), port_)) {}
  ~ProbeSessionTest() override {
    service_.Drain();
    server_->Shutdown();
  }

  static const transport::testing::Pki& Pki() {
    static const transport::testing::Pki pki;
    return pki;
  }
  BareWorker Dial(const std::string& identity = kProbe) { return {port_, Pki().Client(identity)}; }
  void Ask(int questions = 1) {
    Inquiry inquiry{.tenant = TenantId("acme"), .request_id = "r1", .questions = {}};
    for (int i = 0; i < questions; ++i) inquiry.questions.emplace_back().name = "a.test";
    dispatcher_.Ask(std::move(inquiry), collector_.Callback());
  }

  EvidenceCollector collector_;
  base::Metrics metrics_;
  Dispatcher dispatcher_{
      {.perspectives = {"eu"}, .worker_wait = absl::Seconds(10)}, base::SystemRandom(), metrics_};
  int port_ = 0;
  CoordinatorService service_;
  std::unique_ptr<grpc::Server> server_;
};

TEST_F(ProbeSessionTest, ACheckGoesOutAndItsReportComesBack) {
  BareWorker worker = Dial();
  worker.Hello("eu");
  EXPECT_EQ(worker.Read().welcome().heartbeat_interval().seconds(), 30);
  worker.Credit(1);
  Ask();
  const v1::ConnectResponse sent = worker.Read();
  ASSERT_EQ(sent.checks().checks_size(), 1);
  const v1::Check& check = sent.checks().checks(0);
  EXPECT_EQ(check.name(), "a.test");
  EXPECT_EQ(check.request_id(), "r1");
  // A second less than the inquiry's 15, and what has passed of them.
  EXPECT_LE(check.timeout().seconds(), 14);
  EXPECT_GE(check.timeout().seconds(), 10);
  worker.Report(check.check_id());
  const auto arrived = collector_.Await(1);
  ASSERT_THAT(arrived, SizeIs(1));
  EXPECT_EQ(arrived[0][0].views[0].worker, "bare");
  EXPECT_EQ(arrived[0][0].views[0].observations.at(0).outcome, observation::Outcome::kMatch);
}

TEST_F(ProbeSessionTest, SendsNoMoreThanTheCredit) {
  BareWorker worker = Dial();
  worker.Hello("eu");
  worker.Read();
  worker.Credit(2);
  Ask(3);
  int seen = 0;
  std::string last;
  while (seen < 2) {
    const v1::ConnectResponse sent = worker.Read();
    ASSERT_GT(sent.checks().checks_size(), 0);
    seen += sent.checks().checks_size();
    last = sent.checks().checks(0).check_id();
  }
  EXPECT_EQ(seen, 2);
  worker.Report(last);  // gives no credit back
  worker.Credit(1);
  EXPECT_EQ(worker.Read().checks().checks_size(), 1);
}

TEST_F(ProbeSessionTest, ALostStreamsChecksGoToItsTwin) {
  BareWorker lost = Dial();
  lost.Hello("eu");
  lost.Read();
  lost.Credit(5);
  Ask();
  ASSERT_EQ(lost.Read().checks().checks_size(), 1);
  BareWorker twin = Dial();
  twin.Hello("eu");
  twin.Read();
  twin.Credit(5);
  lost.Die();
  const v1::ConnectResponse again = twin.Read();
  ASSERT_EQ(again.checks().checks_size(), 1);
  twin.Report(again.checks().checks(0).check_id());
  EXPECT_THAT(collector_.Await(1), SizeIs(1));
}

TEST_F(ProbeSessionTest, AWorkerMayLeaveInPeace) {
  BareWorker worker = Dial();
  worker.Hello("eu");
  worker.Read();
  worker.Leave();
  EXPECT_EQ(worker.End(), absl::OkStatus());
}

TEST_F(ProbeSessionTest, RefusesAnotherPerspectiveThanTheCertificates) {
  BareWorker worker = Dial();
  worker.Hello("us");
  EXPECT_THAT(worker.End(), StatusIs(absl::StatusCode::kPermissionDenied));
}

TEST_F(ProbeSessionTest, RefusesAPerspectiveThatIsNotConfigured) {
  BareWorker worker = Dial("spiffe://padlock/probe/mars");
  worker.Hello("mars");
  EXPECT_THAT(worker.End(), StatusIs(absl::StatusCode::kPermissionDenied));
}

TEST_F(ProbeSessionTest, RefusesATenantsCertificate) {
  EXPECT_THAT(Dial("spiffe://padlock/tenant/acme/admin").End(),
              StatusIs(absl::StatusCode::kPermissionDenied));
}

TEST_F(ProbeSessionTest, RefusesAFirstMessageThatIsNotHello) {
  BareWorker worker = Dial();
  worker.Credit(5);
  EXPECT_THAT(worker.End(), StatusIs(absl::StatusCode::kInvalidArgument));
  BareWorker mute = Dial();
  mute.Send({});
  EXPECT_THAT(mute.End(), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_F(ProbeSessionTest, RefusesMessagesThatBreakABound) {
  v1::ConnectRequest no_reports;
  no_reports.mutable_reports();
  v1::ConnectRequest many_reports;
  for (int i = 0; i < 65; ++i) many_reports.mutable_reports()->add_reports()->set_check_id("x");
  v1::ConnectRequest long_id;
  long_id.mutable_reports()->add_reports()->set_check_id(std::string(65, 'x'));
  v1::ConnectRequest many_observations;
  v1::Report& report = *many_observations.mutable_reports()->add_reports();
  report.set_check_id("x");
  for (int i = 0; i < 501; ++i) {
    v1::Observation& seen = *report.add_observations();
    seen.set_role(v1::SERVER_ROLE_AUTHORITATIVE);
    seen.set_outcome(v1::OUTCOME_MATCH);
    seen.set_vote(v1::VOTE_AGREE);
  }
  v1::ConnectRequest second_hello;
  second_hello.mutable_hello()->set_worker_id("again");
  for (const v1::ConnectRequest& bad :
       {no_reports, many_reports, long_id, many_observations, second_hello}) {
    BareWorker worker = Dial();
    worker.Hello("eu");
    worker.Send(bad);
    EXPECT_THAT(worker.End(), StatusIs(absl::StatusCode::kInvalidArgument))
        << bad.ShortDebugString();
  }
}

TEST_F(ProbeSessionTest, DrainingSendsWorkersAway) {
  BareWorker worker = Dial();
  worker.Hello("eu");
  worker.Read();
  service_.Drain();
  EXPECT_THAT(worker.End(), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(Dial().End(), StatusIs(absl::StatusCode::kUnavailable));
}

class ImpatientSessionTest : public ProbeSessionTest {
 protected:
  ImpatientSessionTest() : ProbeSessionTest(absl::Milliseconds(50)) {}
};

TEST_F(ImpatientSessionTest, EndsAStreamThatFellSilent) {
  BareWorker worker = Dial();
  worker.Hello("eu");
  const absl::Status status = worker.End();
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(status.ToString(), HasSubstr("silent"));
}

}  // namespace
}  // namespace cert
