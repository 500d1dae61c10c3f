// Both ends of the checks' stream together: the cert service's dispatcher and real workers, over
// mutual TLS on loopback.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "base/testing/status_matchers.h"
#include "cert/dispatch/dispatcher.h"
#include "cert/dispatch/testing/evidence_collector.h"
#include "cert/rpc/probe_session.h"
#include "probe/rpc/dispatch_stream.h"
#include "probe/rpc/testing/fake_checker.h"
#include "transport/testing/pki.h"

namespace {

using ::cert::testing::EvidenceCollector;
using ::probe::testing::FakeChecker;
using ::testing::SizeIs;

const bool kTls13 = (transport::RequireTls13(), true);

// The cert service's part: may be stopped and started on the same port.
class Replica {
 public:
  Replica(const transport::testing::Pki& pki, int port)
      : port_(port), server_(pki.Serve(coordinator_.service(), port_)) {}
  ~Replica() {
    coordinator_.Drain();
    server_->Shutdown();
  }

  void Ask(int questions, cert::Prober::Done done) {
    cert::Inquiry inquiry{.tenant = cert::TenantId("acme"), .request_id = "r1", .questions = {}};
    for (int i = 0; i < questions; ++i) {
      inquiry.questions.emplace_back().name = "_padlock.a.test";
      inquiry.questions.back().expected_values = {"x"};
    }
    dispatcher_.Ask(std::move(inquiry), std::move(done));
  }
  int port() const { return port_; }

 private:
  base::Metrics metrics_;
  cert::Dispatcher dispatcher_{
      {.perspectives = {"eu"}, .worker_wait = absl::Seconds(10)}, base::SystemRandom(), metrics_};
  cert::CoordinatorService coordinator_{{}, dispatcher_};
  int port_;
  std::unique_ptr<grpc::Server> server_;
};

class DispatchTest : public ::testing::Test {
 protected:
  std::unique_ptr<probe::DispatchStream> Worker(const std::string& id, probe::Checker& checker) {
    return std::make_unique<probe::DispatchStream>(
        probe::DispatchStream::Options{
            .hosts = {"127.0.0.1"},
            .port = replica_->port(),
            .tls_server_name = transport::testing::kServerName,
            .greeting = {.worker_id = id, .perspective = "eu", .version = "1"},
            .capacity = 2,
            .backoff = {.initial = absl::Milliseconds(10), .cap = absl::Milliseconds(100)}},
        pki_.Client("spiffe://padlock/probe/eu"), checker, base::SystemRandom(), metrics_);
  }

  transport::testing::Pki pki_;
  base::Metrics metrics_;
  EvidenceCollector collector_;
  FakeChecker answering_{FakeChecker::Manner::kAnswers};
  FakeChecker holding_{FakeChecker::Manner::kHolds};
  std::unique_ptr<Replica> replica_ = std::make_unique<Replica>(pki_, 0);
};

TEST_F(DispatchTest, ManyMoreChecksThanCreditAreAllAnswered) {
  const auto worker = Worker("w1", answering_);
  replica_->Ask(200, collector_.Callback());
  const auto arrived = collector_.Await(1);
  ASSERT_THAT(arrived, SizeIs(1));
  for (const cert::Answer& answer : arrived[0]) {
    EXPECT_EQ(answer.views.at(0).worker, "w1");
    EXPECT_EQ(answer.views.at(0).observations.at(0).outcome, observation::Outcome::kMatch);
  }
  EXPECT_EQ(answering_.AwaitStarted(1)[0].request_id, "r1");
}

TEST_F(DispatchTest, AKilledWorkersChecksAreDoneByItsTwin) {
  auto victim = Worker("victim", holding_);
  replica_->Ask(2, collector_.Callback());
  ASSERT_THAT(holding_.AwaitStarted(2), SizeIs(2));
  const auto twin = Worker("twin", answering_);
  victim.reset();
  const auto arrived = collector_.Await(1);
  ASSERT_THAT(arrived, SizeIs(1));
  for (const cert::Answer& answer : arrived[0]) EXPECT_EQ(answer.views.at(0).worker, "twin");
}

TEST_F(DispatchTest, WorkersComeBackToARestartedService) {
  const auto worker = Worker("w1", answering_);
  replica_->Ask(1, collector_.Callback());
  ASSERT_THAT(collector_.Await(1), SizeIs(1));
  const int port = replica_->port();
  replica_.reset();
  replica_ = std::make_unique<Replica>(pki_, port);
  replica_->Ask(1, collector_.Callback());
  const auto arrived = collector_.Await(2);
  ASSERT_THAT(arrived, SizeIs(2));
  EXPECT_EQ(arrived[1].at(0).views.at(0).worker, "w1");
}

}  // namespace
