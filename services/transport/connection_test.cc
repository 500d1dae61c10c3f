// What one caller can make a server hold, met by bare gRPC clients.

#include "transport/connection.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/deadline.h"
#include "base/mutex.h"
#include "padlock/probe/v1/coordinator_service.grpc.pb.h"

namespace transport {
namespace {

using ::grpc::StatusCode;
using ::padlock::probe::v1::ConnectRequest;
using ::padlock::probe::v1::ConnectResponse;
using ::padlock::probe::v1::CoordinatorService;

constexpr absl::Duration kConnectPatience = absl::Seconds(20);

// Reads what it is sent, or lets every call wait, unread, for Release().
class WaitingService final : public CoordinatorService::Service {
 public:
  explicit WaitingService(bool reads) : reads_(reads) {}

  // Whether so many calls have begun.
  bool AwaitCalls(int count) {
    const base::Deadline deadline = base::Deadline::After(kConnectPatience);
    const base::MutexLock lock(mutex_);
    while (calls_ < count && !deadline.Expired()) changed_.WaitFor(mutex_, deadline.Remaining());
    return calls_ >= count;
  }
  void Release() {
    const base::MutexLock lock(mutex_);
    released_ = true;
    changed_.NotifyAll();
  }

 private:
  grpc::Status Connect(grpc::ServerContext*,
                       grpc::ServerReaderWriter<ConnectResponse, ConnectRequest>* stream) override {
    {
      const base::MutexLock lock(mutex_);
      ++calls_;
      changed_.NotifyAll();
      while (!reads_ && !released_) changed_.Wait(mutex_);
    }
    ConnectRequest request;
    while (stream->Read(&request)) {
    }
    return grpc::Status::OK;
  }

  const bool reads_;
  base::Mutex mutex_;
  base::CondVar changed_;
  int calls_ ABSL_GUARDED_BY(mutex_) = 0;
  bool released_ ABSL_GUARDED_BY(mutex_) = false;
};

// One call, on a connection that it shares with all others of its stub. Waits until it has begun.
class Call {
 public:
  explicit Call(CoordinatorService::Stub& stub, absl::Duration patience = kConnectPatience) {
    context_.set_deadline(std::chrono::system_clock::now() + absl::ToChronoMilliseconds(patience));
    stream_ = stub.Connect(&context_);
  }

  // False when the call has ended.
  bool Send(std::size_t octets) {
    ConnectRequest request;
    request.mutable_hello()->set_version(std::string(octets, 'x'));
    return stream_->Write(request);
  }
  StatusCode End() {
    stream_->WritesDone();
    return stream_->Finish().error_code();
  }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<ConnectRequest, ConnectResponse>> stream_;
};

class ConnectionTest : public ::testing::Test {
 protected:
  ~ConnectionTest() override {
    if (service_ != nullptr) service_->Release();
    if (server_ != nullptr) server_->Shutdown();
  }

  void Serve(const ServerOptions& options, bool reads = true) {
    service_ = std::make_unique<WaitingService>(reads);
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    Configure(options, builder);
    builder.RegisterService(service_.get());
    server_ = builder.BuildAndStart();
    ASSERT_NE(server_, nullptr);
    grpc::ChannelArguments arguments;
    Configure("", arguments);
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    stub_ = CoordinatorService::NewStub(grpc::CreateCustomChannel(
        "127.0.0.1:" + std::to_string(port), grpc::InsecureChannelCredentials(), arguments));
  }

  std::unique_ptr<WaitingService> service_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<CoordinatorService::Stub> stub_;
};

TEST_F(ConnectionTest, TakesAMessageUpToTheBoundAndNoneBeyond) {
  const ServerOptions options;
  Serve(options);
  const auto bound = static_cast<std::size_t>(options.max_receive_bytes);
  Call within(*stub_);
  EXPECT_TRUE(within.Send(bound - 16));
  EXPECT_EQ(within.End(), StatusCode::OK);
  Call beyond(*stub_);
  beyond.Send(bound);
  EXPECT_EQ(beyond.End(), StatusCode::RESOURCE_EXHAUSTED);
}

TEST_F(ConnectionTest, ACallBeyondTheBoundWaitsUntilAnotherHasEnded) {
  Serve({.max_calls = 2});
  Call first(*stub_);
  Call second(*stub_);
  ASSERT_TRUE(service_->AwaitCalls(2));
  EXPECT_EQ(Call(*stub_, absl::Milliseconds(200)).End(), StatusCode::DEADLINE_EXCEEDED);
  auto next = std::async(std::launch::async, [this] { return Call(*stub_).End(); });
  EXPECT_EQ(first.End(), StatusCode::OK);
  EXPECT_EQ(next.get(), StatusCode::OK);
  EXPECT_EQ(second.End(), StatusCode::OK);
}

TEST_F(ConnectionTest, EndsCallsWhileMoreOctetsAreUnreadThanItMayHold) {
  constexpr int kCalls = 16;
  Serve({.max_unread_bytes = 1 << 20}, /*reads=*/false);
  base::Mutex mutex;
  base::CondVar ended;
  int exhausted = 0;
  std::vector<std::jthread> callers;
  callers.reserve(kCalls);
  for (int i = 0; i < kCalls; ++i) {
    callers.emplace_back([&] {
      Call call(*stub_);
      while (call.Send(200'000)) {
      }
      const StatusCode code = call.End();
      const base::MutexLock lock(mutex);
      if (code == StatusCode::RESOURCE_EXHAUSTED) ++exhausted;
      ended.NotifyAll();
    });
  }
  const base::Deadline deadline = base::Deadline::After(kConnectPatience / 2);
  {
    const base::MutexLock lock(mutex);
    while (exhausted == 0 && !deadline.Expired()) ended.WaitFor(mutex, deadline.Remaining());
    EXPECT_GT(exhausted, 0);
  }
  service_->Release();
  server_->Shutdown(std::chrono::system_clock::now());
}

}  // namespace
}  // namespace transport
