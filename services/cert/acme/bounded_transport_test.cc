#include "cert/acme/bounded_transport.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <utility>

#include "base/testing/status_matchers.h"

namespace cert {
namespace {

using ::absl::StatusCode;
using ::base::testing::IsOk;
using ::base::testing::StatusIs;
using Method = HttpRequest::Method;
using Reply = absl::StatusOr<HttpReply>;

// Asks `during` before it replies.
class WaitingTransport final : public HttpTransport {
 public:
  Reply Send(const HttpRequest&, base::Deadline) override {
    if (auto once = std::exchange(during, nullptr)) once();
    return reply;
  }

  std::function<void()> during;
  Reply reply = HttpReply{};
};

class BoundedTransportTest : public ::testing::Test {
 protected:
  Reply Send(Method method) {
    return transport_.Send({.method = method, .url = "https://ca.example/"},
                           base::Deadline::After(absl::Seconds(30)));
  }
  // While another one waits for its reply.
  Reply SendBeside(Method method) {
    Reply beside;
    script_->during = [&] { beside = Send(method); };
    EXPECT_THAT(Send(Method::kGet), IsOk());
    return beside;
  }

  WaitingTransport* const script_ = new WaitingTransport;
  BoundedTransport transport_{std::unique_ptr<HttpTransport>(script_),
                              {.places = 2, .slow = absl::ZeroDuration()}};
};

TEST_F(BoundedTransportTest, PassesRepliesOn) {
  script_->reply = HttpReply{.status = 429, .retry_after = "60"};
  const Reply reply = Send(Method::kPost);
  ASSERT_THAT(reply, IsOk());
  EXPECT_EQ(reply->status, 429);
  EXPECT_EQ(reply->retry_after, "60");
  script_->reply = absl::UnknownError("lost");
  EXPECT_EQ(Send(Method::kPost).status(), absl::UnknownError("lost"));
}

TEST_F(BoundedTransportTest, ASilentCaIsAskedByOneAtATime) {
  EXPECT_THAT(SendBeside(Method::kPost), IsOk());
  script_->reply = absl::UnavailableError("no connection in time");
  EXPECT_THAT(Send(Method::kPost), StatusIs(StatusCode::kUnavailable));
  script_->reply = HttpReply{};
  EXPECT_THAT(SendBeside(Method::kPost), StatusIs(StatusCode::kResourceExhausted));
}

TEST_F(BoundedTransportTest, OnlyAReplyToASignedRequestEndsTheSilence) {
  script_->reply = absl::UnknownError("lost");
  EXPECT_THAT(Send(Method::kHead), StatusIs(StatusCode::kUnknown));
  script_->reply = HttpReply{};
  EXPECT_THAT(Send(Method::kGet), IsOk());
  EXPECT_THAT(SendBeside(Method::kGet), StatusIs(StatusCode::kResourceExhausted));
  EXPECT_THAT(Send(Method::kPost), IsOk());
  EXPECT_THAT(SendBeside(Method::kGet), IsOk());
}

}  // namespace
}  // namespace cert
