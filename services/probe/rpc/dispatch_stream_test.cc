// The worker's side of the stream, against a scripted coordinator over mutual TLS.

#include "probe/rpc/dispatch_stream.h"

#include <gmock/gmock.h>
#include <grpcpp/server_context.h>
#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "base/testing/await_beat.h"
#include "base/testing/status_matchers.h"
#include "padlock/probe/v1/coordinator_service.grpc.pb.h"
#include "probe/rpc/testing/fake_checker.h"
#include "transport/testing/pki.h"

namespace probe {
namespace {

namespace v1 = ::padlock::probe::v1;
using ::base::testing::IsOk;
using ::base::testing::StatusIs;
using ::testing::ElementsAre;
using testing::FakeChecker;
using ::testing::SizeIs;

const bool kTls13 = (transport::RequireTls13(), true);

// Welcomes every worker, keeps what it says, and says what it is told to.
class ScriptedCoordinator final : public v1::CoordinatorService::Service {
 public:
  grpc::Status Connect(
      grpc::ServerContext*,
      grpc::ServerReaderWriter<v1::ConnectResponse, v1::ConnectRequest>* stream) override {
    v1::ConnectRequest request;
    while (stream->Read(&request)) {
      if (request.has_hello()) {
        v1::ConnectResponse welcome;
        welcome.mutable_welcome()->mutable_heartbeat_interval()->set_nanos(50'000'000);
        stream->Write(welcome);
      }
      base::MutexLock lock(mutex_);
      stream_ = stream;
      heard_.push_back(request);
      changed_.NotifyAll();
    }
    base::MutexLock lock(mutex_);
    stream_ = nullptr;
    ++gone_;
    changed_.NotifyAll();
    return grpc::Status::OK;
  }

  void Say(const v1::ConnectResponse& response) {
    base::MutexLock lock(mutex_);
    if (stream_ != nullptr) stream_->Write(response);
  }
  void SendChecks(const std::vector<std::string>& ids) {
    v1::ConnectResponse response;
    for (const std::string& id : ids) {
      v1::Check& check = *response.mutable_checks()->add_checks();
      check.set_check_id(id);
      check.set_name("a.test");
      check.set_type(v1::RECORD_TYPE_TXT);
      check.set_scope(v1::SCOPE_AUTHORITATIVE);
      check.mutable_timeout()->set_seconds(10);
    }
    Say(response);
  }

  // Whether `count` messages satisfy the predicate within 10 s.
  bool Await(int count, const std::function<bool(const v1::ConnectRequest&)>& wanted) {
    return AwaitCondition([&] { return std::count_if(heard_.begin(), heard_.end(), wanted); },
                          count);
  }
  bool AwaitAll(const std::function<bool(const std::vector<v1::ConnectRequest>&)>& wanted) {
    return AwaitCondition([&] { return wanted(heard_) ? 1 : 0; }, 1);
  }
  bool AwaitGone(int count) {
    return AwaitCondition([&] { return gone_; }, count);
  }
  std::vector<v1::ConnectRequest> heard() {
    base::MutexLock lock(mutex_);
    return heard_;
  }

 private:
  bool AwaitCondition(const std::function<std::int64_t()>& counted, int count) {
    const base::Deadline deadline = base::Deadline::After(absl::Seconds(10));
    base::MutexLock lock(mutex_);
    while (counted() < count && !deadline.Expired()) {
      changed_.WaitFor(mutex_, deadline.Remaining());
    }
    return counted() >= count;
  }

  base::Mutex mutex_;
  base::CondVar changed_;
  // All under mutex_.
  grpc::ServerReaderWriter<v1::ConnectResponse, v1::ConnectRequest>* stream_ = nullptr;
  std::vector<v1::ConnectRequest> heard_;
  int gone_ = 0;
};

bool IsHello(const v1::ConnectRequest& request) { return request.has_hello(); }
bool IsCredit(const v1::ConnectRequest& request) { return request.has_credit(); }
bool IsReport(const v1::ConnectRequest& request) { return request.has_reports(); }
bool IsHeartbeat(const v1::ConnectRequest& request) { return request.has_heartbeat(); }

class DispatchStreamTest : public ::testing::Test {
 protected:
  DispatchStreamTest() { StartServer(); }
  ~DispatchStreamTest() override {
    stream_.reset();
    StopServer();
  }

  static const transport::testing::Pki& Pki() {
    static const transport::testing::Pki pki;
    return pki;
  }
  void StartServer() { server_ = Pki().Serve(coordinator_, port_); }
  void StopServer() {
    server_->Shutdown(std::chrono::system_clock::now());
    server_->Wait();
  }
  void Connect(Checker& checker, std::uint32_t capacity = 4) {
    stream_ = std::make_unique<DispatchStream>(
        DispatchStream::Options{
            .hosts = {"127.0.0.1"},
            .port = port_,
            .tls_server_name = transport::testing::kServerName,
            .greeting = {.worker_id = "w1", .perspective = "eu", .version = "1"},
            .capacity = capacity,
            .backoff = {.initial = absl::Milliseconds(10), .cap = absl::Milliseconds(100)}},
        Pki().Client("spiffe://padlock/probe/eu"), checker, base::SystemRandom(), metrics_);
  }

  FakeChecker answering_{FakeChecker::Manner::kAnswers};
  FakeChecker holding_{FakeChecker::Manner::kHolds};
  base::Metrics metrics_;
  ScriptedCoordinator coordinator_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<DispatchStream> stream_;
};

TEST_F(DispatchStreamTest, SaysHelloThenGrantsItsCapacity) {
  Connect(answering_);
  ASSERT_TRUE(coordinator_.Await(1, IsCredit));
  const auto heard = coordinator_.heard();
  EXPECT_EQ(heard[0].hello().worker_id(), "w1");
  EXPECT_EQ(heard[0].hello().perspective(), "eu");
  EXPECT_EQ(heard[1].credit().checks(), 4U);
  EXPECT_THAT(stream_->Ready(), IsOk());
}

TEST_F(DispatchStreamTest, AnswersEachCheckAndGrantsItsCreditAgain) {
  Connect(answering_);
  ASSERT_TRUE(coordinator_.Await(1, IsCredit));
  coordinator_.SendChecks({"c1", "c2"});
  std::set<std::string> reported;
  std::uint32_t granted = 0;
  ASSERT_TRUE(coordinator_.AwaitAll([&](const std::vector<v1::ConnectRequest>& heard) {
    granted = 0;
    for (const auto& request : heard) {
      granted += request.credit().checks();
      for (const auto& report : request.reports().reports()) reported.insert(report.check_id());
    }
    return granted == 4 + 2 && reported.size() == 2;
  }));
  EXPECT_THAT(reported, ElementsAre("c1", "c2"));
}

TEST_F(DispatchStreamTest, ReportsWhatItCannotDoAsItsOwnFailure) {
  Connect(answering_);
  ASSERT_TRUE(coordinator_.Await(1, IsCredit));
  v1::ConnectResponse response;
  response.mutable_checks()->add_checks()->set_check_id("odd");
  coordinator_.Say(response);
  ASSERT_TRUE(coordinator_.Await(1, IsReport));
  for (const auto& request : coordinator_.heard()) {
    if (!IsReport(request)) continue;
    EXPECT_NE(request.reports().reports(0).failure(), "");
  }
}

TEST_F(DispatchStreamTest, DropsWhatIsCancelled) {
  Connect(holding_, 1);
  ASSERT_TRUE(coordinator_.Await(1, IsCredit));
  coordinator_.SendChecks({"c1"});
  ASSERT_THAT(holding_.AwaitStarted(1), SizeIs(1));
  v1::ConnectResponse cancel;
  cancel.mutable_cancel()->add_check_ids("c1");
  coordinator_.Say(cancel);
  EXPECT_THAT(holding_.AwaitCancelled(1), ElementsAre("c1"));
  EXPECT_TRUE(coordinator_.Await(2, IsCredit));
}

TEST_F(DispatchStreamTest, LeavesAServiceThatSendsMoreThanItMay) {
  Connect(holding_, 1);
  ASSERT_TRUE(coordinator_.Await(1, IsCredit));
  coordinator_.SendChecks({"c1", "c2"});
  EXPECT_TRUE(coordinator_.AwaitGone(1));
  EXPECT_THAT(holding_.AwaitCancelled(1), ElementsAre("c1"));
  EXPECT_TRUE(coordinator_.Await(2, IsHello));
}

TEST_F(DispatchStreamTest, SendsHeartbeatsWhileNothingElseHappens) {
  Connect(answering_);
  EXPECT_TRUE(coordinator_.Await(3, IsHeartbeat));
}

TEST_F(DispatchStreamTest, ComesBackWhenTheServiceDoes) {
  Connect(answering_);
  ASSERT_TRUE(coordinator_.Await(1, IsCredit));
  StopServer();
  ASSERT_TRUE(coordinator_.AwaitGone(1));
  StartServer();
  EXPECT_TRUE(coordinator_.Await(2, IsCredit));
}

TEST_F(DispatchStreamTest, BeatsWithAndWithoutTheService) {
  Connect(answering_);
  ASSERT_TRUE(coordinator_.Await(1, IsCredit));
  EXPECT_TRUE(base::testing::BeatsOn(*stream_->pulse()));
  StopServer();
  EXPECT_TRUE(coordinator_.AwaitGone(1));
  EXPECT_TRUE(base::testing::BeatsOn(*stream_->pulse()));
  StartServer();
}

TEST_F(DispatchStreamTest, DrainingFinishesWhatIsHeldThenLeaves) {
  Connect(holding_, 2);
  ASSERT_TRUE(coordinator_.Await(1, IsCredit));
  coordinator_.SendChecks({"held"});
  ASSERT_THAT(holding_.AwaitStarted(1), SizeIs(1));
  std::jthread drain([this] { stream_->Drain(base::Deadline::After(absl::Seconds(10))); });
  holding_.Release();
  EXPECT_TRUE(coordinator_.Await(1, IsReport));
  EXPECT_TRUE(coordinator_.AwaitGone(1));
  drain.join();
  EXPECT_THAT(stream_->Ready(), StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(DispatchStreamTest, DrainingEndsAtItsDeadline) {
  Connect(holding_, 2);
  ASSERT_TRUE(coordinator_.Await(1, IsCredit));
  coordinator_.SendChecks({"held"});
  ASSERT_THAT(holding_.AwaitStarted(1), SizeIs(1));
  stream_->Drain(base::Deadline::After(absl::Milliseconds(50)));
  EXPECT_TRUE(coordinator_.AwaitGone(1));
  EXPECT_THAT(holding_.AwaitCancelled(1), ElementsAre("held"));
}

}  // namespace
}  // namespace probe
