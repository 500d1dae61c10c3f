#include "base/admin_server.h"

#include <gmock/gmock.h>
#include <httplib.h>

#include <atomic>
#include <string>
#include <utility>

#include "base/testing/status_matchers.h"

namespace base {
namespace {

using ::base::testing::StatusIs;
using ::testing::HasSubstr;

class AdminServerTest : public ::testing::Test {
 protected:
  void Start(std::function<absl::Status()> ready = [] { return absl::OkStatus(); }) {
    auto started =
        AdminServer::Start({.address = "127.0.0.1", .ready = std::move(ready)}, metrics_);
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

TEST_F(AdminServerTest, ReadinessFollowsTheProgramsWord) {
  std::atomic<bool> ready{false};
  Start([&ready] { return ready ? absl::OkStatus() : absl::UnavailableError("no database"); });
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
