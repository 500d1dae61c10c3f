#include "probe/core/http_url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <string>

#include "base/testing/status_matchers.h"

namespace probe {
namespace {

using ::base::testing::IsOk;
using ::testing::HasSubstr;

const HttpPorts kPorts;

// Empty when it is followed.
std::string WhyRefused(const HttpUrl& base, const std::string& location,
                       const HttpPorts& ports = {}) {
  return std::string(ResolveLocation(base, location, ports).status().message());
}

const HttpUrl kRedirecting{.host = "www.shop.test",
                           .target = "/.well-known/acme-challenge/token?a=b"};

struct Followed {
  const char* location;
  const char* url;
};
void PrintTo(const Followed& followed, std::ostream* out) { *out << followed.location; }
class FollowedTable : public ::testing::TestWithParam<Followed> {};

TEST_P(FollowedTable, LeadsThere) {
  const auto url = ResolveLocation(kRedirecting, GetParam().location, kPorts);
  ASSERT_THAT(url, IsOk());
  EXPECT_EQ(url->ToString(), GetParam().url);
}

INSTANTIATE_TEST_SUITE_P(
    Absolute, FollowedTable,
    ::testing::Values(Followed{"https://www.shop.test/x", "https://www.shop.test/x"},
                      Followed{"HTTP://Other.Test/x?y=z", "http://other.test/x?y=z"},
                      Followed{"http://other.test", "http://other.test/"},
                      Followed{"http://other.test?q", "http://other.test/?q"},
                      Followed{"http://other.test./x", "http://other.test/x"},
                      Followed{"http://other.test:80/", "http://other.test/"},
                      Followed{"https://other.test:443/", "https://other.test/"},
                      Followed{"http://other.test:443/", "http://other.test:443/"},
                      Followed{"https://other.test:80/", "https://other.test:80/"},
                      Followed{"http://other.test:/x", "http://other.test/x"},
                      Followed{" http://other.test/x ", "http://other.test/x"},
                      Followed{"http://other.test/x#top", "http://other.test/x"},
                      Followed{"http://other.test#top", "http://other.test/"},
                      Followed{"http://my_host.test/", "http://my_host.test/"}));

INSTANTIATE_TEST_SUITE_P(
    Relative, FollowedTable,
    ::testing::Values(Followed{"//cdn.test/x", "http://cdn.test/x"},
                      Followed{"/x", "http://www.shop.test/x"},
                      Followed{"x", "http://www.shop.test/.well-known/acme-challenge/x"},
                      Followed{"?c", "http://www.shop.test/.well-known/acme-challenge/token?c"},
                      Followed{"#top", "http://www.shop.test/.well-known/acme-challenge/token?a=b"},
                      Followed{"../x", "http://www.shop.test/.well-known/x"},
                      Followed{"../../../../x", "http://www.shop.test/x"},
                      Followed{"/a/./b/../c/", "http://www.shop.test/a/c/"},
                      Followed{"/a/b/..", "http://www.shop.test/a/"},
                      Followed{"/a?b=/../c", "http://www.shop.test/a?b=/../c"},
                      Followed{"/a:b", "http://www.shop.test/a:b"}));

INSTANTIATE_TEST_SUITE_P(WhatAUrlMayNotHoldIsEscaped, FollowedTable,
                         ::testing::Values(Followed{"/a b", "http://www.shop.test/a%20b"},
                                           Followed{"/\xc3\xa4", "http://www.shop.test/%C3%A4"},
                                           Followed{"/%41", "http://www.shop.test/%41"},
                                           Followed{"/a\\b", "http://www.shop.test/a%5Cb"},
                                           Followed{"/\"<>", "http://www.shop.test/%22%3C%3E"}));

struct Refused {
  const char* location;
  const char* why;
};
void PrintTo(const Refused& refused, std::ostream* out) { *out << refused.location; }
class RefusedTable : public ::testing::TestWithParam<Refused> {};

TEST_P(RefusedTable, SaysWhy) {
  EXPECT_THAT(WhyRefused(kRedirecting, GetParam().location), HasSubstr(GetParam().why));
}

INSTANTIATE_TEST_SUITE_P(Addresses, RefusedTable,
                         ::testing::Values(Refused{"http://192.0.2.1/", "IP address"},
                                           Refused{"http://127.0.0.1:80/", "IP address"},
                                           Refused{"http://[::1]/", "IP address"},
                                           Refused{"http://[::ffff:10.0.0.1]:80/", "IP address"},
                                           Refused{"http://2130706433/", "IP address"},
                                           Refused{"http://127.1/", "IP address"},
                                           Refused{"http://127.0.0.1./", "IP address"},
                                           Refused{"http://0x7f.0.0.0x1/", "no valid host"},
                                           Refused{"http://017700000001/", "IP address"}));

INSTANTIATE_TEST_SUITE_P(
    Others, RefusedTable,
    ::testing::Values(
        Refused{"", "empty"}, Refused{"ftp://other.test/", "neither"},
        Refused{"file:///etc/passwd", "neither"}, Refused{"gopher://other.test/", "neither"},
        Refused{"javascript:alert(1)", "neither"}, Refused{"http:/x", "no host"},
        Refused{"https:x", "no host"}, Refused{"http:///x", "no valid host"},
        Refused{"//", "no valid host"}, Refused{"http://user@other.test/", "credentials"},
        Refused{"http://a:b@other.test/", "credentials"},
        Refused{"http://good.test\\@other.test/", "credentials"},
        Refused{"http://other.test\\.good.test/", "no valid host"},
        Refused{"http://oth%65r.test/", "no valid host"},
        Refused{"http://\xc3\xa4.test/", "no valid host"},
        Refused{"http://a..test/", "no valid host"},
        Refused{"http://other.test:8080/", "another port"},
        Refused{"http://other.test:80x/", "another port"},
        Refused{"http://other.test:-80/", "another port"},
        Refused{"http://other.test:99999999999/", "another port"},
        Refused{"http://other.test:80:443/", "another port"},
        Refused{"http://other.test/\r\nHost: x", "control"}, Refused{"/\x7f", "control"}));

TEST(ResolveLocationTest, RefusesLongOnes) {
  const std::string path = "/" + std::string(kMaxLocation - 1, 'a');
  EXPECT_THAT(ResolveLocation(kRedirecting, path, kPorts), IsOk());
  EXPECT_THAT(WhyRefused(kRedirecting, path + "a"), HasSubstr("longer than 2000"));
}

// As CAs' test servers have it: https://host/ is reached wherever HTTPS runs there.
TEST(ResolveLocationTest, GoesToThePortsOfAClosedNetwork) {
  const HttpPorts closed{.http = 5002, .https = 5001};
  const HttpUrl base = PlainUrl("www.shop.test", "/x", closed);
  EXPECT_EQ(base.ToString(), "http://www.shop.test/x");
  EXPECT_EQ(base.port, 5002);
  const auto secure = ResolveLocation(base, "https://other.test/y", closed);
  ASSERT_THAT(secure, IsOk());
  EXPECT_EQ(secure->port, 5001);
  EXPECT_EQ(secure->ToString(), "https://other.test/y");
  EXPECT_THAT(WhyRefused(base, "https://other.test:443/y", closed), HasSubstr("5002 and 5001"));
}

TEST(IsHostNameTest, TakesNamesAndNoAddresses) {
  for (const std::string& name : {std::string("a.test"), std::string("xn--bcher-kva.example"),
                                  std::string("1.2.3.test"), std::string(63, 'a') + ".test"}) {
    EXPECT_TRUE(IsHostName(name)) << name;
  }
  for (const std::string& name :
       {std::string(), std::string("a..b"), std::string(".a"), std::string("a."),
        std::string(64, 'a') + ".test", std::string("a b.test"), std::string("1.2.3.4"),
        std::string("*.test"), std::string("a/b"), std::string("::1"),
        std::string("a.test\0b", 8)}) {
    EXPECT_FALSE(IsHostName(name)) << name;
  }
}

}  // namespace
}  // namespace probe
