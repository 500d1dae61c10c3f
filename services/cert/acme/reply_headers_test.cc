#include "cert/acme/reply_headers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cert {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);  // Fri, 15 Jan 2027 08:00:00 GMT

TEST(ParseRetryAfterTest, ReadsSecondsAndDates) {
  EXPECT_THAT(ParseRetryAfter("0", kNow), Optional(absl::ZeroDuration()));
  EXPECT_THAT(ParseRetryAfter("120", kNow), Optional(absl::Seconds(120)));
  EXPECT_THAT(ParseRetryAfter("Fri, 15 Jan 2027 08:01:30 GMT", kNow), Optional(absl::Seconds(90)));
}

TEST(ParseRetryAfterTest, StaysBetweenNowAndAMonth) {
  EXPECT_THAT(ParseRetryAfter("-5", kNow), Optional(absl::ZeroDuration()));
  EXPECT_THAT(ParseRetryAfter("Fri, 15 Jan 1999 08:01:30 GMT", kNow),
              Optional(absl::ZeroDuration()));
  EXPECT_THAT(ParseRetryAfter("9000000000000", kNow), Optional(absl::Hours(31 * 24)));
}

TEST(ParseRetryAfterTest, IgnoresWhatItCannotRead) {
  for (const char* text : {"", "soon", "1.5", "99999999999999999999", "Fri, 15 Jan 2027"}) {
    EXPECT_EQ(ParseRetryAfter(text, kNow), std::nullopt) << text;
  }
}

TEST(LinksOfTest, FindsTheNextPageAmongOtherLinks) {
  const std::string next = "https://ca.test/orders?cursor=2";
  for (const std::vector<std::string>& links : std::vector<std::vector<std::string>>{
           {"<https://ca.test/dir>;rel=\"index\"", "<" + next + ">;rel=\"next\""},
           {"<https://ca.test/dir>; rel=index, <" + next + ">; title=x; REL=next"},
           {"<" + next + ">; rel=\"up next\""}}) {
    EXPECT_THAT(LinksOf("next", links), ElementsAre(next));
  }
}

TEST(LinksOfTest, FindsEveryAlternateInTheirOrder) {
  EXPECT_THAT(LinksOf("alternate", {"<https://ca.test/c/1>;rel=\"alternate\"",
                                    "<https://ca.test/dir>;rel=\"index\"",
                                    "<https://ca.test/c/2>;rel=alternate, "
                                    "<https://ca.test/c/3>;rel=\"alternate\""}),
              ElementsAre("https://ca.test/c/1", "https://ca.test/c/2", "https://ca.test/c/3"));
}

TEST(LinksOfTest, FindsNothingInOtherOrBrokenLinks) {
  for (const char* header : {"", "<", "<>", "<>;rel=next", "https://ca.test/2;rel=next",
                             "<https://ca.test/2>", "<https://ca.test/2>;rel=prev",
                             "<http://ca.test/2>;rel=next", "<https://ca.test/2;rel=next"}) {
    EXPECT_THAT(LinksOf("next", {header}), IsEmpty()) << header;
  }
}

TEST(IsHttpsUrlTest, AcceptsPlainHttpsUrlsOnly) {
  EXPECT_TRUE(IsHttpsUrl("https://ca.test:14000/a/b?c=%20&d"));
  EXPECT_TRUE(IsHttpsUrl("https://" + std::string(2040, 'a')));
  EXPECT_FALSE(IsHttpsUrl("https://" + std::string(2041, 'a')));
  for (const char* text :
       {"", "https://", "http://ca.test/", "ftp://x", "https://ca.test/a b", "https://ca.test/\"",
        "https://ca.test/\n", "https://ca.test/\xc3\xa9"}) {
    EXPECT_FALSE(IsHttpsUrl(text)) << text;
  }
}

}  // namespace
}  // namespace cert
