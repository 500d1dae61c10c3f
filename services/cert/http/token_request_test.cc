#include "cert/http/token_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cert {
namespace {

using ::testing::Optional;

constexpr char kPath[] = "/.well-known/acme-challenge/to-ken_1";

TEST(ParseTokenRequestTest, ReadsHostAndToken) {
  const TokenRequest expected{.hostname = "shop.test", .token = "to-ken_1"};
  for (const char* host : {"shop.test", "SHOP.test.", "shop.test:80", "shop.test.:7444"}) {
    EXPECT_THAT(ParseTokenRequest(kPath, host), Optional(expected)) << host;
  }
}

TEST(ParseTokenRequestTest, RefusesWhatIsNoHostname) {
  for (const std::string& host :
       {std::string(), std::string("."), std::string("[::1]"), std::string("[::1]:80"),
        std::string("shop.test:port"), std::string("shop.test/x"), std::string("a b"),
        std::string(254, 'a'), std::string("shop.test\0", 10)}) {
    EXPECT_EQ(ParseTokenRequest(kPath, host), std::nullopt) << host;
  }
}

TEST(ParseTokenRequestTest, RefusesEveryOtherPath) {
  for (const std::string& path : {std::string("/"), std::string("/.well-known/acme-challenge/"),
                                  std::string("/.well-known/acme-challenge/a/b"),
                                  std::string("/.well-known/acme-challenge/../x"),
                                  std::string("/.well-known/acme-challenge/a.b"),
                                  std::string("/x/.well-known/acme-challenge/a"),
                                  "/.well-known/acme-challenge/" + std::string(257, 'a')}) {
    EXPECT_EQ(ParseTokenRequest(path, "shop.test"), std::nullopt) << path;
  }
}

}  // namespace
}  // namespace cert
