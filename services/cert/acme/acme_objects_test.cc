#include "cert/acme/acme_objects.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/testing/status_matchers.h"

namespace cert {
namespace {

using ::base::testing::IsOk;
using ::base::testing::IsOkAndHolds;
using ::base::testing::StatusIs;
using nlohmann::json;
using ::testing::ElementsAre;

const json kOrder = {
    {"status", "valid"},
    {"expires", "2027-01-15T08:00:00Z"},
    {"identifiers",
     {{{"type", "dns"}, {"value", "a.test"}}, {{"type", "dns"}, {"value", "*.a.test"}}}},
    {"authorizations", {"https://ca.test/z/1", "https://ca.test/z/2"}},
    {"finalize", "https://ca.test/o/1/finalize"},
    {"certificate", "https://ca.test/c/1"}};

const json kAuthorization = {
    {"status", "pending"},
    {"identifier", {{"type", "dns"}, {"value", "a.test"}}},
    {"wildcard", true},
    {"challenges",
     {{{"type", "http-01"}, {"url", "https://ca.test/h"}, {"status", "pending"}, {"token", "t"}},
      {{"type", "dns-01"},
       {"url", "https://ca.test/d"},
       {"status", "pending"},
       {"token", "tok-_"}}}}};

// `object` with the member at `pointer` replaced.
std::string With(json object, const std::string& pointer, const json& value) {
  object[json::json_pointer(pointer)] = value;
  return object.dump();
}

std::string Without(json object, const std::string& key) {
  object.erase(key);
  return object.dump();
}

TEST(ParseOrderTest, ReadsEveryMember) {
  const auto order = ParseOrder(kOrder.dump());
  ASSERT_THAT(order, IsOk());
  EXPECT_EQ(order->status, AcmeOrderStatus::kValid);
  EXPECT_THAT(order->names, ElementsAre("a.test", "*.a.test"));
  EXPECT_THAT(order->authorization_urls, ElementsAre("https://ca.test/z/1", "https://ca.test/z/2"));
  EXPECT_EQ(order->finalize_url, "https://ca.test/o/1/finalize");
  EXPECT_EQ(order->certificate_url, "https://ca.test/c/1");
  EXPECT_EQ(order->expire_time, absl::FromUnixSeconds(1'800'000'000));
  EXPECT_EQ(order->error, std::nullopt);
}

TEST(ParseOrderTest, ReadsTheErrorOfAnInvalidOrder) {
  json object = kOrder;
  object["status"] = "invalid";
  object["error"] = {{"type", "urn:x"}, {"detail", "why"}, {"status", 403}};
  const auto order = ParseOrder(object.dump());
  ASSERT_THAT(order, IsOk());
  ASSERT_TRUE(order->error.has_value());
  EXPECT_EQ(order->error->detail, "why");
  EXPECT_EQ(order->error->http_status, 403);
}

TEST(ParseOrderTest, NeedsACertificateUrlOnlyWhenValid) {
  json object = kOrder;
  object.erase("certificate");
  EXPECT_THAT(ParseOrder(object.dump()), StatusIs(absl::StatusCode::kInternal));
  object["status"] = "processing";
  EXPECT_THAT(ParseOrder(object.dump()), IsOk());
}

TEST(ParseOrderTest, RefusesWhatTheRfcDoesNotAllow) {
  const std::vector<std::string> urls(1001, "https://ca.test/z");
  for (const std::string& body : {std::string(),
                                  std::string("[]"),
                                  std::string("{}"),
                                  std::string("{\"status\":"),
                                  std::string(200'000, '['),
                                  With(kOrder, "/status", "done"),
                                  With(kOrder, "/status", 1),
                                  With(kOrder, "/identifiers", json::array()),
                                  With(kOrder, "/identifiers/0/type", "ip"),
                                  With(kOrder, "/identifiers/0/value", "a b"),
                                  With(kOrder, "/identifiers/0", "a.test"),
                                  With(kOrder, "/identifiers/0/value", std::string(256, 'a')),
                                  With(kOrder, "/authorizations/0", "http://ca.test/z"),
                                  With(kOrder, "/authorizations", urls),
                                  With(kOrder, "/finalize", "/relative"),
                                  With(kOrder, "/expires", "tomorrow"),
                                  Without(kOrder, "identifiers"),
                                  Without(kOrder, "authorizations"),
                                  Without(kOrder, "finalize"),
                                  Without(kOrder, "status")}) {
    EXPECT_THAT(ParseOrder(body), StatusIs(absl::StatusCode::kInternal)) << body.substr(0, 300);
  }
}

TEST(ParseAuthorizationTest, ReadsItsDnsChallenge) {
  const auto authorization = ParseAuthorization(kAuthorization.dump(), "thumbprint");
  ASSERT_THAT(authorization, IsOk());
  EXPECT_EQ(authorization->status, AcmeAuthorizationStatus::kPending);
  EXPECT_EQ(authorization->identifier, "a.test");
  EXPECT_TRUE(authorization->wildcard);
  EXPECT_EQ(authorization->challenge_url, "https://ca.test/d");
  EXPECT_EQ(authorization->challenge_status, AcmeChallengeStatus::kPending);
  EXPECT_THAT(authorization->txt_value, testing::SizeIs(43));
}

TEST(ParseAuthorizationTest, ReadsTheChallengesError) {
  json object = kAuthorization;
  object["status"] = "invalid";
  object["challenges"][1]["status"] = "invalid";
  object["challenges"][1]["error"] = {{"type", "urn:dns"}, {"detail", "NXDOMAIN"}};
  const auto authorization = ParseAuthorization(object.dump(), "thumbprint");
  ASSERT_THAT(authorization, IsOk());
  ASSERT_TRUE(authorization->error.has_value());
  EXPECT_EQ(authorization->error->detail, "NXDOMAIN");
}

TEST(ParseAuthorizationTest, ReadsItsHttpChallenge) {
  json object = kAuthorization;
  object["challenges"][0]["status"] = "processing";
  object["challenges"][0]["error"] = {{"type", "urn:http"}, {"detail", "404"}};
  const auto authorization = ParseAuthorization(object.dump(), "thumbprint");
  ASSERT_THAT(authorization, IsOk());
  ASSERT_TRUE(authorization->http.has_value());
  EXPECT_EQ(authorization->http->url, "https://ca.test/h");
  EXPECT_EQ(authorization->http->status, AcmeChallengeStatus::kProcessing);
  EXPECT_EQ(authorization->http->key_authorization, "t.thumbprint");
  ASSERT_TRUE(authorization->http->error.has_value());
  EXPECT_EQ(authorization->http->error->detail, "404");
}

TEST(ParseAuthorizationTest, AllowsThatNoChallengeIsOffered) {
  const auto authorization =
      ParseAuthorization(With(kAuthorization, "/challenges", json::array()), "thumbprint");
  ASSERT_THAT(authorization, IsOk());
  EXPECT_EQ(authorization->challenge_url, "");
  EXPECT_EQ(authorization->txt_value, "");
  EXPECT_FALSE(authorization->http.has_value());
}

TEST(ParseAuthorizationTest, RefusesWhatTheRfcDoesNotAllow) {
  for (const std::string& body :
       {With(kAuthorization, "/status", "maybe"), Without(kAuthorization, "identifier"),
        Without(kAuthorization, "challenges"), With(kAuthorization, "/challenges", "none"),
        With(kAuthorization, "/challenges/1/token", "not base64url"),
        With(kAuthorization, "/challenges/1/token", ""),
        With(kAuthorization, "/challenges/1/token", std::string(257, 'a')),
        With(kAuthorization, "/challenges/1/url", "ftp://ca.test"),
        With(kAuthorization, "/challenges/1/status", "ready"),
        With(kAuthorization, "/challenges/0/token", "not base64url"),
        With(kAuthorization, "/challenges/0/url", "ftp://ca.test"),
        With(kAuthorization, "/challenges/0/status", "ready")}) {
    EXPECT_THAT(ParseAuthorization(body, "t"), StatusIs(absl::StatusCode::kInternal)) << body;
  }
}

TEST(ParseDirectoryTest, NeedsTheFourUrls) {
  const json directory = {{"newNonce", "https://ca.test/n"},
                          {"newAccount", "https://ca.test/a"},
                          {"newOrder", "https://ca.test/o"},
                          {"revokeCert", "https://ca.test/r"},
                          {"meta", {{"website", "x"}}}};
  EXPECT_THAT(ParseDirectory(directory.dump()),
              IsOkAndHolds(AcmeDirectory{.new_nonce = "https://ca.test/n",
                                         .new_account = "https://ca.test/a",
                                         .new_order = "https://ca.test/o",
                                         .revoke_cert = "https://ca.test/r"}));
  for (const char* key : {"newNonce", "newAccount", "newOrder", "revokeCert"}) {
    EXPECT_THAT(ParseDirectory(Without(directory, key)), StatusIs(absl::StatusCode::kInternal));
  }
}

TEST(ParseDirectoryTest, ReadsWhatTheCaSaysOfItself) {
  const json directory = {{"newNonce", "https://ca.test/n"},
                          {"newAccount", "https://ca.test/a"},
                          {"newOrder", "https://ca.test/o"},
                          {"revokeCert", "https://ca.test/r"},
                          {"keyChange", "https://ca.test/k"},
                          {"renewalInfo", "https://ca.test/i"},
                          {"meta",
                           {{"termsOfService", "https://ca.test/terms.pdf"},
                            {"website", "https://ca.test/"},
                            {"caaIdentities", {"ca.test", "ca.example"}},
                            {"externalAccountRequired", true},
                            {"profiles", {{"classic", "90 days"}, {"short-lived", "6 days"}}}}}};
  const auto parsed = ParseDirectory(directory.dump());
  ASSERT_THAT(parsed, IsOk());
  EXPECT_EQ(parsed->key_change, "https://ca.test/k");
  EXPECT_EQ(parsed->renewal_info, "https://ca.test/i");
  EXPECT_EQ(parsed->metadata,
            (AcmeMetadata{.caa_identities = {"ca.test", "ca.example"},
                          .profiles = {{"classic", "90 days"}, {"short-lived", "6 days"}}}));
}

TEST(ParseDirectoryTest, PassesOverWhatIsOnlyInformationAndWrong) {
  const json directory = {{"newNonce", "https://ca.test/n"},
                          {"newAccount", "https://ca.test/a"},
                          {"newOrder", "https://ca.test/o"},
                          {"revokeCert", "https://ca.test/r"},
                          {"renewalInfo", "ftp://ca.test"},
                          {"meta",
                           {{"termsOfService", "data:text/plain,terms"},
                            {"caaIdentities", {"ca.test", 5}},
                            {"externalAccountRequired", "yes"},
                            {"profiles", {{"", "x"}, {"a b", "x"}, {"good", 5}}}}}};
  const auto parsed = ParseDirectory(directory.dump());
  ASSERT_THAT(parsed, IsOk());
  EXPECT_EQ(parsed->renewal_info, "");
  EXPECT_EQ(parsed->metadata, (AcmeMetadata{.caa_identities = {}, .profiles = {{"good", ""}}}));
}

json RenewalInfo(const std::string& start, const std::string& end) {
  return {{"suggestedWindow", {{"start", start}, {"end", end}}},
          {"explanationURL", "https://ca.test/why"}};
}

TEST(ParseRenewalInfoTest, ReadsTheWindowAndItsExplanation) {
  const auto info =
      ParseRenewalInfo(RenewalInfo("2027-01-03T00:00:00Z", "2027-01-07T01:30:00+01:00").dump());
  ASSERT_THAT(info, IsOk());
  EXPECT_EQ(info->window.start, absl::FromCivil(absl::CivilDay(2027, 1, 3), absl::UTCTimeZone()));
  EXPECT_EQ(info->window.end - info->window.start, absl::Hours(96) + absl::Minutes(30));
  EXPECT_EQ(info->explanation_url, "https://ca.test/why");
}

TEST(ParseRenewalInfoTest, RefusesAWindowThatIsNone) {
  const std::string early = "2027-01-03T00:00:00Z";
  const std::string late = "2027-01-07T00:00:00Z";
  for (const json& body : {RenewalInfo(late, early), RenewalInfo(early, early),
                           RenewalInfo("soon", late), RenewalInfo(early, "infinite-future"),
                           RenewalInfo("1969-12-31T00:00:00Z", late), json::object()}) {
    EXPECT_THAT(ParseRenewalInfo(body.dump()), StatusIs(absl::StatusCode::kInternal)) << body;
  }
}

TEST(ParseRenewalInfoTest, ShowsNoExplanationThatIsNoHttpsUrl) {
  json body = RenewalInfo("2027-01-03T00:00:00Z", "2027-01-07T00:00:00Z");
  body["explanationURL"] = "javascript:alert(1)";
  EXPECT_EQ(ParseRenewalInfo(body.dump())->explanation_url, "");
}

TEST(ParseAccountOrdersTest, IsAbsentWhereTheCaKeepsNoList) {
  EXPECT_THAT(ParseAccountOrders(R"({"status":"valid"})"), IsOkAndHolds(std::nullopt));
  EXPECT_THAT(ParseAccountOrders(R"({"orders":"https://ca.test/l"})"),
              IsOkAndHolds(testing::Optional(std::string("https://ca.test/l"))));
  EXPECT_THAT(ParseAccountOrders(R"({"orders":"here"})"), StatusIs(absl::StatusCode::kInternal));
}

TEST(ParseOrderListTest, ReadsOnePage) {
  EXPECT_THAT(ParseOrderList(R"({"orders":["https://ca.test/o/1","https://ca.test/o/2"]})"),
              IsOkAndHolds(ElementsAre("https://ca.test/o/1", "https://ca.test/o/2")));
  EXPECT_THAT(ParseOrderList(R"({"orders":[]})"), IsOkAndHolds(testing::IsEmpty()));
  EXPECT_THAT(ParseOrderList(R"({"orders":[1]})"), StatusIs(absl::StatusCode::kInternal));
  EXPECT_THAT(ParseOrderList("{}"), StatusIs(absl::StatusCode::kInternal));
}

}  // namespace
}  // namespace cert
