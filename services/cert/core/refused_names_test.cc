#include "cert/core/refused_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cert/core/model.h"

namespace cert {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kPrefix[] = "urn:ietf:params:acme:error:";
const std::vector<std::string> kOrdered{"*.shop.test", "blocked.test", "shop.test",
                                        "www.blocked.test"};

AcmeProblem Rejecting(const std::string& type, const std::string& detail) {
  return {.type = kPrefix + type, .detail = detail, .http_status = 400};
}

Order OrderAtPebble(const std::vector<std::string>& names) {
  return {.ca = "Pebble", .names = names};
}

std::vector<std::string> NamesIn(const AcmeProblem& problem,
                                 const std::vector<std::string>& ordered = kOrdered) {
  std::vector<std::string> names;
  for (const RefusedName& refused : RefusedNames(problem, OrderAtPebble(ordered))) {
    names.push_back(refused.name);
  }
  return names;
}

TEST(RefusedNamesTest, AreThoseThatSubproblemsNameWithTheirOwnReasons) {
  AcmeProblem problem = Rejecting("rejectedIdentifier", "some are not allowed");
  problem.subproblems = {
      {.type = std::string(kPrefix) + "rejectedIdentifier",
       .detail = "policy forbids it",
       .identifier = "Blocked.test"},
      {.type = std::string(kPrefix) + "caa", .detail = "CAA forbids it", .identifier = "shop.test"},
      {.type = "", .detail = "", .identifier = "other.test"}};
  const std::vector<RefusedName> refused = RefusedNames(problem, OrderAtPebble(kOrdered));
  ASSERT_EQ(refused.size(), 2U);
  EXPECT_EQ(refused[0].name, "blocked.test");
  EXPECT_EQ(refused[0].why.code, FindingCode::kNameBlocked);
  EXPECT_THAT(refused[0].why.sentence, HasSubstr("for blocked.test, by its own policy: \"policy"));
  EXPECT_EQ(refused[1].name, "shop.test");
  EXPECT_THAT(refused[1].why.sentence, HasSubstr("\"CAA forbids it\""));
}

TEST(RefusedNamesTest, MayBeNamedWithoutTheWildcard) {
  AcmeProblem problem = Rejecting("compound", "errors");
  problem.subproblems = {
      {.type = std::string(kPrefix) + "dns", .detail = "no TXT", .identifier = "wild.test"}};
  EXPECT_THAT(NamesIn(problem, {"*.wild.test", "shop.test"}), ElementsAre("*.wild.test"));
}

TEST(RefusedNamesTest, AreFoundInTheDetailAsWholeNamesOnly) {
  EXPECT_THAT(NamesIn(Rejecting("rejectedIdentifier", "forbidden by policy: \"blocked.test\"")),
              ElementsAre("blocked.test"));
  EXPECT_THAT(NamesIn(Rejecting("rejectedIdentifier", "Cannot issue for www.blocked.test.")),
              ElementsAre("www.blocked.test"));
  EXPECT_THAT(NamesIn(Rejecting("rejectedIdentifier", "not for *.shop.test, says the policy")),
              ElementsAre("*.shop.test"));
  EXPECT_THAT(NamesIn(Rejecting("rejectedIdentifier", "blocked.test.example, myshop.test")),
              IsEmpty());
}

TEST(RefusedNamesTest, AreTheOnlyOneOfItsOrder) {
  EXPECT_THAT(NamesIn(Rejecting("rejectedIdentifier", "no"), {"shop.test"}),
              ElementsAre("shop.test"));
  EXPECT_THAT(NamesIn(Rejecting("rejectedIdentifier", "no")), IsEmpty());
}

TEST(RefusedNamesTest, AreNoneWhereTheCaRefusesSomethingElseOrHasTroubleOfItsOwn) {
  EXPECT_THAT(NamesIn(Rejecting("badCSR", "the CSR for shop.test is bad"), {"shop.test"}),
              IsEmpty());
  EXPECT_THAT(NamesIn(Rejecting("unauthorized", "account deactivated"), {"shop.test"}), IsEmpty());
  for (const std::string type : {"rateLimited", "serverInternal"}) {
    AcmeProblem problem = Rejecting(type, "later");
    problem.subproblems = {
        {.type = kPrefix + type, .detail = "later", .identifier = "blocked.test"}};
    EXPECT_THAT(NamesIn(problem), IsEmpty()) << type;
  }
}

TEST(RefusedByAuthorizationTest, IsEveryErrorButTheCasOwnTrouble) {
  const auto refused = RefusedByAuthorization(Rejecting("unauthorized", "no TXT record"),
                                              "shop.test", OrderAtPebble({"shop.test"}));
  ASSERT_TRUE(refused.has_value());
  EXPECT_EQ(refused->why.code, FindingCode::kCaValidationFailed);
  EXPECT_THAT(refused->why.sentence, HasSubstr("for shop.test"));
  EXPECT_FALSE(RefusedByAuthorization(Rejecting("serverInternal", "oops"), "shop.test",
                                      OrderAtPebble({"shop.test"})));
}

// Names of one order may be validated in different ways.
TEST(RefusedByAuthorizationTest, SaysWhatTheCaLookedAtForThisName) {
  Order order = OrderAtPebble({"*.shop.test", "web.test"});
  order.authorizations = {{.identifier = "shop.test", .wildcard = true},
                          {.identifier = "web.test", .method = ValidationMethod::kHttp}};
  const AcmeProblem problem = Rejecting("connection", "refused");
  const auto by_dns = RefusedByAuthorization(problem, "*.shop.test", order);
  const auto by_http = RefusedByAuthorization(problem, "web.test", order);
  ASSERT_TRUE(by_dns && by_http);
  EXPECT_THAT(by_dns->why.sentence, HasSubstr("the DNS records for *.shop.test"));
  EXPECT_THAT(by_http->why.sentence, HasSubstr("the token over HTTP for web.test"));
}

}  // namespace
}  // namespace cert
