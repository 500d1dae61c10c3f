#include "cert/http/token_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include <atomic>

#include "base/testing/status_matchers.h"

namespace cert {
namespace {

using ::base::testing::IsOk;
using ::base::testing::StatusIs;

constexpr char kTokenPath[] = "/.well-known/acme-challenge/token";

class OneToken final : public HttpTokenStore {
 public:
  absl::StatusOr<std::optional<std::string>> FindKeyAuthorization(
      const std::string& token, const std::string& hostname) override {
    if (is_down) return absl::UnavailableError("down");
    if (token != "token" || hostname != "shop.test") return std::nullopt;
    return "token.thumbprint";
  }

  std::atomic<bool> is_down{false};
};

class TokenServerTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_THAT(server_, IsOk()); }

  httplib::Result Get(const std::string& path, const std::string& host) {
    httplib::Client client("127.0.0.1", (*server_)->port());
    return client.Get(path, {{"Host", host}});
  }

  OneToken tokens_;
  base::Metrics metrics_;
  absl::StatusOr<std::unique_ptr<TokenServer>> server_ =
      TokenServer::Start({.address = "127.0.0.1"}, tokens_, metrics_);
};

TEST_F(TokenServerTest, AnswersWithTheKeyAuthorizationOfThatHost) {
  const httplib::Result result = Get(kTokenPath, "shop.test:80");
  ASSERT_TRUE(result);
  EXPECT_EQ(result->status, 200);
  EXPECT_EQ(result->body, "token.thumbprint");
  EXPECT_EQ(result->get_header_value("Content-Type"), "application/octet-stream");
}

TEST_F(TokenServerTest, KnowsNoTokenUnderAnotherHost) {
  for (const char* host : {"other.test", "www.shop.test", "127.0.0.1"}) {
    const httplib::Result result = Get(kTokenPath, host);
    ASSERT_TRUE(result);
    EXPECT_EQ(result->status, 404) << host;
  }
}

TEST_F(TokenServerTest, AnswersNothingElse) {
  for (const char* path : {"/", "/metrics", "/livez", "/.well-known/acme-challenge/other"}) {
    const httplib::Result result = Get(path, "shop.test");
    ASSERT_TRUE(result);
    EXPECT_EQ(result->status, 404) << path;
  }
  httplib::Client client("127.0.0.1", (*server_)->port());
  const httplib::Result posted =
      client.Post(kTokenPath, {{"Host", "shop.test"}}, "x", "text/plain");
  ASSERT_TRUE(posted);
  EXPECT_EQ(posted->status, 404);
}

// A CA that is told 'not found' would give the order up.
TEST_F(TokenServerTest, SaysThatItCannotTellWhileTheDatabaseIsAway) {
  tokens_.is_down = true;
  const httplib::Result result = Get(kTokenPath, "shop.test");
  ASSERT_TRUE(result);
  EXPECT_EQ(result->status, 503);
}

TEST_F(TokenServerTest, CannotStartOnAPortThatIsTaken) {
  base::Metrics metrics;
  EXPECT_THAT(
      TokenServer::Start({.address = "127.0.0.1", .port = (*server_)->port()}, tokens_, metrics),
      StatusIs(absl::StatusCode::kUnavailable));
}

}  // namespace
}  // namespace cert
