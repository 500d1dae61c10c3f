// HttpAcmeClient against a scripted transport: what it sends, how often, and what it makes of the
// replies that a well-behaved CA never gives.

#include "cert/acme/acme_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <nlohmann/json.hpp>

#include "base/strings.h"
#include "base/testing/fake_clock.h"
#include "base/testing/status_matchers.h"
#include "cert/acme/problem.h"
#include "cert/keys/keys.h"

namespace cert {
namespace {

using ::base::testing::IsOk;
using ::base::testing::StatusIs;
using nlohmann::json;
using ::testing::ElementsAre;

constexpr char kDirectory[] = R"({"newNonce":"https://ca.test/nonce",
  "newAccount":"https://ca.test/account","newOrder":"https://ca.test/order",
  "revokeCert":"https://ca.test/revoke"})";
constexpr char kOrderBody[] = R"({"status":"pending",
  "identifiers":[{"type":"dns","value":"a.test"}],"authorizations":["https://ca.test/z/1"],
  "finalize":"https://ca.test/o/1/finalize"})";

// Answers directory and nonces by itself, and signed requests as scripted, in turn.
class ScriptedTransport final : public HttpTransport {
 public:
  absl::StatusOr<HttpReply> Send(const HttpRequest& request, base::Deadline) override {
    if (request.method == HttpRequest::Method::kGet) return Directory();
    if (request.method == HttpRequest::Method::kHead) {
      ++nonces_asked;
      return HttpReply{.status = 200, .replay_nonce = "asked" + std::to_string(nonces_asked)};
    }
    posts.push_back(request);
    if (replies.empty()) return absl::UnavailableError("nothing scripted");
    absl::StatusOr<HttpReply> reply = replies.front();
    if (replies.size() > 1 || !repeat_last) replies.pop_front();
    return reply;
  }

  json Header(std::size_t index) const {
    const json jws = json::parse(posts.at(index).body);
    return json::parse(*base::Base64UrlDecode(jws["protected"].get<std::string>()));
  }

  std::deque<absl::StatusOr<HttpReply>> replies;
  bool repeat_last = false;
  HttpReply directory{.status = 200, .body = kDirectory};
  std::vector<HttpRequest> posts;
  int nonces_asked = 0;
  int directories_read = 0;

 private:
  HttpReply Directory() {
    ++directories_read;
    return directory;
  }
};

class AcmeClientTest : public testing::Test {
 protected:
  static HttpReply OrderReply() {
    return {.status = 201,
            .body = kOrderBody,
            .location = "https://ca.test/o/1",
            .replay_nonce = "fresh",
            .retry_after = "9"};
  }
  static HttpReply Refusal(const std::string& name, const std::string& nonce) {
    const json body = {{"type", AcmeErrorType(name)}, {"detail", "no"}};
    return {.status = 400, .body = body.dump(), .replay_nonce = nonce};
  }
  auto NewOrder() { return client_.NewOrder(account_, {.names = {"a.test"}}, deadline_); }

  const base::Deadline deadline_ = base::Deadline::After(absl::Minutes(1));
  const AcmeAccount account_{.key_pem = *CreateKey(KeyType::kEcdsaP256),
                             .url = "https://ca.test/account/1"};
  base::testing::FakeClock clock_;
  ScriptedTransport transport_;
  HttpAcmeClient client_{{.directory_url = "https://ca.test/dir"}, transport_, clock_};
};

TEST_F(AcmeClientTest, SendsNewOrderOnceOverAFreshConnection) {
  transport_.replies = {OrderReply()};
  const auto reply = NewOrder();
  ASSERT_THAT(reply, IsOk());
  const auto& order = std::get<AcmeOrder>(*reply);
  EXPECT_EQ(order.url, "https://ca.test/o/1");
  EXPECT_EQ(order.retry_after, absl::Seconds(9));
  ASSERT_EQ(transport_.posts.size(), 1U);
  EXPECT_TRUE(transport_.posts[0].fresh_connection);
}

TEST_F(AcmeClientTest, UsesTheNonceOfTheLastReply) {
  transport_.replies = {OrderReply(), OrderReply()};
  ASSERT_THAT(NewOrder(), IsOk());
  ASSERT_THAT(NewOrder(), IsOk());
  EXPECT_EQ(transport_.Header(0)["nonce"], "asked1");
  EXPECT_EQ(transport_.Header(1)["nonce"], "fresh");
  EXPECT_EQ(transport_.nonces_asked, 1);
  EXPECT_EQ(transport_.directories_read, 1);
}

TEST_F(AcmeClientTest, RetriesABadNonceWithTheNewOne) {
  transport_.replies = {Refusal("badNonce", "better"), OrderReply()};
  ASSERT_THAT(NewOrder(), IsOk());
  ASSERT_EQ(transport_.posts.size(), 2U);
  EXPECT_EQ(transport_.Header(1)["nonce"], "better");
  EXPECT_TRUE(transport_.posts[1].fresh_connection);
}

TEST_F(AcmeClientTest, GivesUpOnACaThatTakesNoNonce) {
  transport_.replies = {Refusal("badNonce", "")};
  transport_.repeat_last = true;
  EXPECT_THAT(NewOrder(), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_EQ(transport_.posts.size(), 20U);
}

TEST_F(AcmeClientTest, TakesARefusedOrderThatMayHaveLeftTwiceForLost) {
  HttpReply refused = Refusal("badNonce", "n");
  refused.resent = true;
  transport_.replies = {refused};
  EXPECT_THAT(NewOrder(), StatusIs(absl::StatusCode::kUnknown));
  EXPECT_EQ(transport_.posts.size(), 1U);
}

TEST_F(AcmeClientTest, TakesAGatewaysErrorAfterNewOrderForALostReply) {
  transport_.replies = {HttpReply{.status = 504, .body = "<html>"}};
  EXPECT_THAT(NewOrder(), StatusIs(absl::StatusCode::kUnknown));
}

TEST_F(AcmeClientTest, DoesNotRepeatNewOrderAfterALostReply) {
  transport_.replies = {absl::UnknownError("lost")};
  EXPECT_THAT(NewOrder(), StatusIs(absl::StatusCode::kUnknown));
  EXPECT_EQ(transport_.posts.size(), 1U);
}

TEST_F(AcmeClientTest, GivesARefusalWithItsRetryAfter) {
  HttpReply limited = Refusal("rateLimited", "n");
  limited.status = 429;
  limited.retry_after = "3600";
  transport_.replies = {limited};
  const auto reply = NewOrder();
  ASSERT_THAT(reply, IsOk());
  const auto& problem = std::get<AcmeProblem>(*reply);
  EXPECT_EQ(problem.type, AcmeErrorType("rateLimited"));
  EXPECT_EQ(problem.http_status, 429);
  EXPECT_EQ(problem.retry_after, absl::Hours(1));
}

TEST_F(AcmeClientTest, ReadsTheDirectoryAgainAfterAFailure) {
  transport_.replies = {absl::UnavailableError("no connection"), OrderReply()};
  EXPECT_THAT(NewOrder(), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(NewOrder(), IsOk());
  EXPECT_EQ(transport_.directories_read, 2);
}

TEST_F(AcmeClientTest, GivesADirectoryThatIsDownAsAProblem) {
  transport_.directory = {.status = 503, .body = "down", .retry_after = "60"};
  const auto reply = NewOrder();
  ASSERT_THAT(reply, IsOk());
  EXPECT_EQ(std::get<AcmeProblem>(*reply).retry_after, absl::Minutes(1));
  EXPECT_TRUE(transport_.posts.empty());
}

TEST_F(AcmeClientTest, SaysWhatIsWrongWithARepliesForm) {
  HttpReply no_location = OrderReply();
  no_location.location.clear();
  HttpReply no_json = OrderReply();
  no_json.body = "{";
  transport_.replies = {no_location, no_json};
  EXPECT_THAT(NewOrder(), StatusIs(absl::StatusCode::kInternal));
  EXPECT_THAT(NewOrder(), StatusIs(absl::StatusCode::kInternal));
}

TEST_F(AcmeClientTest, RefusesToSignForAnAccountThatWasNotMade) {
  const AcmeAccount unmade{.key_pem = account_.key_pem, .url = ""};
  EXPECT_THAT(client_.NewOrder(unmade, {.names = {"a.test"}}, deadline_),
              StatusIs(absl::StatusCode::kInternal));
  EXPECT_TRUE(transport_.posts.empty());
}

TEST_F(AcmeClientTest, FollowsTheListOfOrdersToItsEnd) {
  transport_.replies = {
      HttpReply{.status = 200, .body = R"({"orders":"https://ca.test/l"})"},
      HttpReply{.status = 200,
                .body = R"({"orders":["https://ca.test/o/1"]})",
                .links = {"<https://ca.test/dir>;rel=index", "<https://ca.test/l?2>;rel=next"}},
      HttpReply{.status = 200, .body = R"({"orders":["https://ca.test/o/2"]})"}};
  const auto reply = client_.ListOrders(account_, deadline_);
  ASSERT_THAT(reply, IsOk());
  EXPECT_THAT(std::get<std::vector<std::string>>(*reply),
              ElementsAre("https://ca.test/o/1", "https://ca.test/o/2"));
  EXPECT_EQ(transport_.posts.at(2).url, "https://ca.test/l?2");
}

TEST_F(AcmeClientTest, EndsAListOfOrdersThatNeverEnds) {
  transport_.replies = {
      HttpReply{.status = 200, .body = R"({"orders":"https://ca.test/l"})"},
      HttpReply{
          .status = 200, .body = R"({"orders":[]})", .links = {"<https://ca.test/l>;rel=next"}}};
  transport_.repeat_last = true;
  EXPECT_THAT(client_.ListOrders(account_, deadline_), IsOk());
  EXPECT_EQ(transport_.posts.size(), 1001U);
}

TEST_F(AcmeClientTest, ListsNoOrdersWhereTheCaKeepsNone) {
  transport_.replies = {HttpReply{.status = 200, .body = R"({"status":"valid"})"}};
  const auto reply = client_.ListOrders(account_, deadline_);
  ASSERT_THAT(reply, IsOk());
  EXPECT_THAT(std::get<std::vector<std::string>>(*reply), testing::IsEmpty());
}

TEST_F(AcmeClientTest, BoundsTheCertificateChain) {
  const std::string pem = "application/pem-certificate-chain";
  transport_.replies = {
      HttpReply{.status = 200, .body = std::string(262'145, 'a'), .content_type = pem},
      HttpReply{.status = 200, .body = "<html>", .content_type = "text/html"},
      HttpReply{.status = 200, .body = "PEM", .content_type = pem + "; charset=utf-8"}};
  const std::string url = "https://ca.test/c/1";
  EXPECT_THAT(client_.DownloadCertificate(account_, url, deadline_),
              StatusIs(absl::StatusCode::kInternal));
  EXPECT_THAT(client_.DownloadCertificate(account_, url, deadline_),
              StatusIs(absl::StatusCode::kInternal));
  EXPECT_THAT(client_.DownloadCertificate(account_, url, deadline_), IsOk());
}

TEST_F(AcmeClientTest, TakesAlreadyRevokedForDone) {
  transport_.replies = {Refusal("alreadyRevoked", "n")};
  const auto reply = client_.RevokeCertificate(account_, "der", 0, deadline_);
  ASSERT_THAT(reply, IsOk());
  EXPECT_TRUE(std::holds_alternative<Done>(*reply));
}

}  // namespace
}  // namespace cert
