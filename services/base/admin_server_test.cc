#include "base/admin_server.h"

#include <gmock/gmock.h>
#include <httplib.h>

#include <atomic>
#include <latch>
#include <string>
#include <thread>
#include <utility>

#include "base/pulse.h"
#include "base/testing/status_matchers.h"
#include "base/worker_pool.h"

namespace base {
namespace {

using ::base::testing::StatusIs;
using ::testing::HasSubstr;

class AdminServerTest : public ::testing::Test {
 protected:
  void Start(AdminServer::Options options = {}) {
    options.address = "127.0.0.1";
    auto started = AdminServer::Start(std::move(options), metrics_);
    ASSERT_TRUE(started.ok()) << started.status();
    server_ = *std::move(started);
  }

  // "200 body", or "no answer".
  std::string Get(const std::string& path) {
    const auto result = httplib::Client("127.0.0.1", server_->port()).Get(path);
    return result ? std::to_string(result->status) + " " + result->body : "no answer";
  }

  Metrics metrics_;
  std::unique_ptr<AdminServer> server_;
};

TEST_F(AdminServerTest, IsLiveWhileItRuns) {
  Start();
  EXPECT_EQ(Get("/livez"), "200 ok\n");
}

// Asked at the moment when the bound is over for whoever hung when the pool did.
TEST_F(AdminServerTest, IsNotLiveWhileAPoolHangsAndIsAgainOnceItComesRound) {
  std::latch hangs(1);
  std::latch release(1);
  std::latch came_round(1);
  WorkerPool pool({.threads = 1, .part = "calls"});
  ASSERT_TRUE(pool.Post([&] {
    hangs.count_down();
    release.wait();
  }));
  hangs.wait();
  const auto bound = absl::ToChronoNanoseconds(Pulse::kDefaultBound);
  const Pulse::Instant over = Pulse::Now() + bound + std::chrono::nanoseconds(1);
  Start({.live = [&] { return CheckPulses({pool.pulse()}, over); }});
  EXPECT_THAT(Get("/livez"), HasSubstr("503 hangs: calls for 3m"));
  release.count_down();
  ASSERT_TRUE(pool.Post([&] { came_round.count_down(); }));
  came_round.wait();
  EXPECT_EQ(Get("/livez"), "200 ok\n");
}

TEST_F(AdminServerTest, IsLiveWhileWhetherItIsReadyTakesLong) {
  std::latch looks(1);
  std::latch release(1);
  std::atomic<int> looked{0};
  Start({.ready = [&] {
    ++looked;
    looks.count_down();
    release.wait();
    return absl::OkStatus();
  }});
  std::string first;
  std::jthread patient([&] { first = Get("/readyz"); });
  looks.wait();
  std::string second;
  std::jthread impatient([&] { second = Get("/readyz"); });
  EXPECT_EQ(Get("/livez"), "200 ok\n");
  impatient.join();
  EXPECT_THAT(second, HasSubstr("503 the previous readiness check"));
  release.count_down();
  patient.join();
  EXPECT_EQ(first, "200 ok\n");
  EXPECT_EQ(looked, 1);
}

TEST_F(AdminServerTest, ReadinessFollowsTheProgramsWord) {
  std::atomic<bool> ready{false};
  Start({.ready = [&ready] {
    return ready ? absl::OkStatus() : absl::UnavailableError("no database");
  }});
  EXPECT_EQ(Get("/readyz"), "503 no database\n");
  ready = true;
  EXPECT_EQ(Get("/readyz"), "200 ok\n");
}

TEST_F(AdminServerTest, ShowsTheMetrics) {
  metrics_.Count("padlock_test_calls_total");
  Start();
  EXPECT_THAT(Get("/metrics"), HasSubstr("padlock_test_calls_total 1\n"));
}

TEST_F(AdminServerTest, ServesNothingElse) {
  Start();
  EXPECT_THAT(Get("/"), HasSubstr("404"));
  EXPECT_THAT(Get("/livez/../etc/passwd"), HasSubstr("404"));
}

TEST_F(AdminServerTest, ATakenPortIsUnavailable) {
  Start();
  EXPECT_THAT(AdminServer::Start({.address = "127.0.0.1", .port = server_->port()}, metrics_),
              StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(AdminServerTest, StopsAtOnceAfterItsStart) {
  for (int i = 0; i < 20; ++i) {
    Start();
    server_.reset();
  }
}

}  // namespace
}  // namespace base
