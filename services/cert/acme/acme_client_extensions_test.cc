// What HttpAcmeClient sends of the extensions: profiles, predecessors, renewal windows, alternate
// chains, key roll-over; against a scripted transport.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <nlohmann/json.hpp>

#include "base/strings.h"
#include "base/testing/fake_clock.h"
#include "base/testing/status_matchers.h"
#include "cert/acme/acme_client.h"
#include "cert/keys/keys.h"

namespace cert {
namespace {

using ::base::testing::IsOk;
using ::base::testing::StatusIs;
using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::SizeIs;

// Answers nonces by itself; GETs and POSTs as scripted, each in turn.
class ExtensionTransport final : public HttpTransport {
 public:
  absl::StatusOr<HttpReply> Send(const HttpRequest& request, base::Deadline) override {
    if (request.method == HttpRequest::Method::kHead) {
      return HttpReply{.status = 200, .replay_nonce = "nonce"};
    }
    const bool post = request.method == HttpRequest::Method::kPost;
    (post ? posts : gets).push_back(request);
    std::deque<absl::StatusOr<HttpReply>>& scripted = post ? post_replies : get_replies;
    if (scripted.empty()) return absl::UnavailableError("nothing scripted");
    absl::StatusOr<HttpReply> reply = scripted.front();
    scripted.pop_front();
    return reply;
  }

  json Payload(std::size_t index) const {
    const json jws = json::parse(posts.at(index).body);
    return json::parse(*base::Base64UrlDecode(jws["payload"].get<std::string>()));
  }

  std::deque<absl::StatusOr<HttpReply>> get_replies;
  std::deque<absl::StatusOr<HttpReply>> post_replies;
  std::vector<HttpRequest> gets;
  std::vector<HttpRequest> posts;
};

HttpReply DirectoryWith(const std::string& profile) {
  const json body = {
      {"newNonce", "https://ca.test/n"},        {"newAccount", "https://ca.test/a"},
      {"newOrder", "https://ca.test/o"},        {"revokeCert", "https://ca.test/r"},
      {"keyChange", "https://ca.test/k"},       {"renewalInfo", "https://ca.test/i/"},
      {"meta", {{"profiles", {{profile, ""}}}}}};
  return {.status = 200, .body = body.dump()};
}

class AcmeExtensionsTest : public testing::Test {
 protected:
  const base::Deadline deadline_ = base::Deadline::After(absl::Minutes(1));
  const AcmeAccount account_{.key_pem = *CreateKey(KeyType::kEcdsaP256),
                             .url = "https://ca.test/account/1"};
  base::testing::FakeClock clock_;
  ExtensionTransport transport_;
  HttpAcmeClient client_{{.directory_url = "https://ca.test/dir"}, transport_, clock_};
};

TEST_F(AcmeExtensionsTest, SendsProfileAndPredecessorOnlyWhereThereAreAny) {
  transport_.get_replies = {DirectoryWith("short")};
  EXPECT_THAT(client_.NewOrder(account_, {.names = {"a.test"}}, deadline_),
              StatusIs(absl::StatusCode::kUnavailable));
  transport_.get_replies = {DirectoryWith("short")};
  EXPECT_THAT(
      client_.NewOrder(account_, {.names = {"a.test"}, .profile = "short", .replaces = "AA.BB"},
                       deadline_),
      StatusIs(absl::StatusCode::kUnavailable));
  const json identifiers = {{{"type", "dns"}, {"value", "a.test"}}};
  EXPECT_EQ(transport_.Payload(0), json({{"identifiers", identifiers}}));
  EXPECT_EQ(transport_.Payload(1),
            json({{"identifiers", identifiers}, {"profile", "short"}, {"replaces", "AA.BB"}}));
}

TEST_F(AcmeExtensionsTest, AsksForTheWindowWithoutASignature) {
  const json window = {
      {"suggestedWindow", {{"start", "2027-01-03T00:00:00Z"}, {"end", "2027-01-04T00:00:00Z"}}}};
  transport_.get_replies = {
      DirectoryWith("short"),
      HttpReply{.status = 200, .body = window.dump(), .retry_after = "21600"}};
  const auto reply = client_.GetRenewalInfo("AA.BB", deadline_);
  ASSERT_THAT(reply, IsOk());
  const auto& info = std::get<std::optional<AcmeRenewalInfo>>(*reply);
  ASSERT_TRUE(info.has_value());
  EXPECT_EQ(info->window.end - info->window.start, absl::Hours(24));
  EXPECT_EQ(info->retry_after, absl::Hours(6));
  EXPECT_EQ(transport_.gets.at(1).url, "https://ca.test/i/AA.BB");
  EXPECT_THAT(transport_.posts, SizeIs(0));
}

TEST_F(AcmeExtensionsTest, KnowsNoWindowsOfACaThatOffersNone) {
  HttpReply directory = DirectoryWith("short");
  json body = json::parse(directory.body);
  body.erase("renewalInfo");
  directory.body = body.dump();
  transport_.get_replies = {directory};
  const auto reply = client_.GetRenewalInfo("AA.BB", deadline_);
  ASSERT_THAT(reply, IsOk());
  EXPECT_FALSE(std::get<std::optional<AcmeRenewalInfo>>(*reply).has_value());
}

TEST_F(AcmeExtensionsTest, ReadsWhatTheCaOffersAgainAfterAnHour) {
  transport_.get_replies = {DirectoryWith("old"), DirectoryWith("new"),
                            absl::UnavailableError("down")};
  const auto profile = [&] {
    const auto reply = client_.GetMetadata(deadline_);
    EXPECT_THAT(reply, IsOk());
    return std::get<AcmeMetadata>(*reply).profiles.begin()->first;
  };
  EXPECT_EQ(profile(), "old");
  clock_.Advance(absl::Minutes(59));
  EXPECT_EQ(profile(), "old");
  clock_.Advance(absl::Minutes(2));
  EXPECT_EQ(profile(), "new");
  clock_.Advance(absl::Minutes(61));
  EXPECT_EQ(profile(), "new");  // the CA is down
  EXPECT_THAT(transport_.gets, SizeIs(3));
}

TEST_F(AcmeExtensionsTest, GivesTheUrlsOfAlternateChains) {
  transport_.get_replies = {DirectoryWith("short")};
  transport_.post_replies = {HttpReply{
      .status = 200,
      .body = "PEM",
      .content_type = "application/pem-certificate-chain",
      .links = {"<https://ca.test/c/1>;rel=\"alternate\"", "<https://ca.test/dir>;rel=\"index\"",
                "<https://ca.test/c/2>;rel=\"alternate\""}}};
  const auto reply = client_.DownloadCertificate(account_, "https://ca.test/c", deadline_);
  ASSERT_THAT(reply, IsOk());
  EXPECT_THAT(std::get<AcmeChain>(*reply).alternate_urls,
              ElementsAre("https://ca.test/c/1", "https://ca.test/c/2"));
}

// The second one would be signed by a key that is the account's no longer.
TEST_F(AcmeExtensionsTest, DoesNotRepeatARollOverWhoseReplyIsLost) {
  transport_.get_replies = {DirectoryWith("short")};
  transport_.post_replies = {absl::UnknownError("lost")};
  EXPECT_THAT(client_.RollOverKey(account_, *CreateKey(KeyType::kEcdsaP256), deadline_),
              StatusIs(absl::StatusCode::kUnknown));
  ASSERT_THAT(transport_.posts, SizeIs(1));
  EXPECT_TRUE(transport_.posts[0].fresh_connection);
  EXPECT_EQ(transport_.posts[0].url, "https://ca.test/k");
}

TEST_F(AcmeExtensionsTest, FindsAnAccountByItsKeyAlone) {
  transport_.get_replies = {DirectoryWith("short")};
  transport_.post_replies = {HttpReply{.status = 200, .location = "https://ca.test/account/7"}};
  const auto reply = client_.FindAccount(account_.key_pem, deadline_);
  ASSERT_THAT(reply, IsOk());
  EXPECT_EQ(std::get<std::string>(*reply), "https://ca.test/account/7");
  EXPECT_EQ(transport_.Payload(0), json({{"onlyReturnExisting", true}}));
}

}  // namespace
}  // namespace cert
