#include "cert/core/hostname.h"

#include <gtest/gtest.h>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/testing/status_matchers.h"

namespace cert {
namespace {

using ::base::testing::IsOk;
using ::base::testing::StatusIs;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A name of exactly `octets` octets, in labels of at most 63.
std::string NameOf(std::size_t octets) {
  std::string name = "example.org";
  while (name.size() + 65 <= octets) name = std::string(63, 'a') + "." + name;
  const std::size_t left = octets - name.size();
  return left < 2 ? name : std::string(left - 1, 'b') + "." + name;
}

struct BadCase {
  const char* name;
  std::string text;
  const char* message;
};

class BadHostnameTest : public ::testing::TestWithParam<BadCase> {};

TEST_P(BadHostnameTest, IsRefusedWithTheReason) {
  const absl::StatusOr<Hostname> parsed = Hostname::Parse(GetParam().text);
  ASSERT_THAT(parsed, StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(std::string(parsed.status().message()), HasSubstr(GetParam().message));
}

// Messages travel in fields that must be UTF-8, into terminals and logs.
TEST_P(BadHostnameTest, MessageIsShortPrintableAscii) {
  const std::string message(Hostname::Parse(GetParam().text).status().message());
  EXPECT_LE(message.size(), 300U);
  EXPECT_THAT(message, Each(AllOf(::testing::Ge(' '), ::testing::Le('~'))));
}

INSTANTIATE_TEST_SUITE_P(
    All, BadHostnameTest,
    ::testing::Values(
        BadCase{"Empty", "", "must not be empty"}, BadCase{"OnlyADot", ".", "empty label"},
        BadCase{"TwoTrailingDots", "a.example.org..", "empty label"},
        BadCase{"LeadingDot", ".example.org", "empty label"},
        BadCase{"EmptyLabelInside", "a..example.org", "empty label"},
        BadCase{"OneLabel", "localhost", "one label"},
        BadCase{"OneLabelAndDot", "localhost.", "one label"},
        BadCase{"Ipv4", "192.0.2.1", "IP address"}, BadCase{"Ipv4AndDot", "192.0.2.1.", "IP"},
        BadCase{"NumericTop", "example.123", "ends in a number"},
        BadCase{"Ipv6", "2001:db8::1", "not a hostname"},
        BadCase{"Ipv6InBrackets", "[2001:db8::1]", "not a hostname"},
        BadCase{"Underscore", "_acme-challenge.example.org", "letters, digits and hyphens"},
        BadCase{"Space", "exa mple.org", "letters, digits and hyphens"},
        BadCase{"Url", "https://example.org/", "letters, digits and hyphens"},
        BadCase{"Port", "example.org:443", "letters, digits and hyphens"},
        BadCase{"Newline", "example.org\n", "letters, digits and hyphens"},
        BadCase{"ControlCharacter", "exa\x01mple.org", "letters, digits and hyphens"},
        BadCase{"Delete", "exa\x7fmple.org", "letters, digits and hyphens"},
        BadCase{"Nul", std::string("example.org\0.evil.org", 21), "NUL"},
        BadCase{"NulAndHighOctets", std::string("ex\xff\0.org", 8), "NUL"},
        BadCase{"LeadingHyphen", "-a.example.org", "begins or ends with a hyphen"},
        BadCase{"TrailingHyphen", "a-.example.org", "begins or ends with a hyphen"},
        BadCase{"ReservedHyphens", "ab--c.example.org", "third and fourth place"},
        BadCase{"LongLabel", std::string(64, 'a') + ".example.org", "more than 63 octets"},
        BadCase{"LongName", NameOf(254), "longer than 253 octets"},
        BadCase{"VeryLongName", std::string(2000, 'a'), "too long"},
        BadCase{"VeryLongOctets", std::string(2000, '\xfe'), "too long"},
        BadCase{"WildcardInFront", "*.example.org", "wildcard"},
        BadCase{"WildcardInside", "a.*.example.org", "wildcard"},
        BadCase{"PartialWildcard", "a*.example.org", "letters, digits and hyphens"},
        BadCase{"ULabel", "m\xc3\xbcnchen.example", "\"xn--mnchen-3ya.example\""},
        BadCase{"UpperCaseULabel", "M\xc3\x9cNCHEN.example", "\"xn--mnchen-3ya.example\""},
        BadCase{"SharpS",
                "stra\xc3\x9f"
                "e.example",
                "\"xn--strae-oqa.example\""},
        BadCase{"InvalidUtf8", "exa\xffmple.org", "internationalized"},
        BadCase{"CutUtf8", "example.or\xc3", "internationalized"},
        BadCase{"BidiOverride",
                "ex\xe2\x80\xae"
                "a.org",
                "internationalized"},
        BadCase{"EmptyALabel", "xn--.example.org", "hyphen"},
        BadCase{"BadALabel", "xn--a.example.org", "not an A-label"},
        BadCase{"ALabelOfAscii", "xn--abc-.example.org", "hyphen"},
        BadCase{"ALabelOfEmoji", "xn--i-7iq.example.org", "not an A-label"},
        BadCase{"PublicSuffixCom", "com", "one label"},
        BadCase{"PublicSuffixTest", "test", "one label"},
        BadCase{"PublicSuffixCoUk", "co.uk", "public suffix"},
        BadCase{"PublicSuffixUpperCaseAndDot", "CO.UK.", "public suffix"},
        BadCase{"PrivateSuffixGithub", "github.io", "public suffix"}),
    [](const auto& tested) { return std::string(tested.param.name); });

struct GoodCase {
  const char* name;
  std::string text;
  std::string parsed;
};

class GoodHostnameTest : public ::testing::TestWithParam<GoodCase> {};

TEST_P(GoodHostnameTest, IsParsed) {
  const absl::StatusOr<Hostname> parsed = Hostname::Parse(GetParam().text);
  ASSERT_THAT(parsed, IsOk());
  EXPECT_EQ(parsed->text(), GetParam().parsed);
}

INSTANTIATE_TEST_SUITE_P(
    All, GoodHostnameTest,
    ::testing::Values(
        GoodCase{"Plain", "www.shop.test", "www.shop.test"},
        GoodCase{"TrailingDot", "www.shop.test.", "www.shop.test"},
        GoodCase{"UpperCase", "WWW.Shop.TEST", "www.shop.test"},
        GoodCase{"DigitsAndHyphens", "3-a.4.example.org", "3-a.4.example.org"},
        GoodCase{"TwoLabels", "shop.test", "shop.test"},
        GoodCase{"BelowAPublicSuffix", "a.github.io", "a.github.io"},
        GoodCase{"ALabel", "xn--mnchen-3ya.example", "xn--mnchen-3ya.example"},
        GoodCase{"UpperCaseALabel", "XN--MNCHEN-3YA.example", "xn--mnchen-3ya.example"},
        GoodCase{"ALabelWithSharpS", "xn--strae-oqa.example", "xn--strae-oqa.example"},
        GoodCase{"LongestLabel", std::string(63, 'a') + ".example.org",
                 std::string(63, 'a') + ".example.org"},
        GoodCase{"LongestName", NameOf(253), NameOf(253)},
        GoodCase{"LongestNameAndDot", NameOf(253) + ".", NameOf(253)}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST(DerivedNamesTest, FollowTheHost) {
  const auto names = DerivedNames::Of(*Hostname::Parse("www.shop.test"), "id1", "dcv.test");
  ASSERT_THAT(names, IsOk());
  EXPECT_EQ(names->claim, "_padlock.www.shop.test");
  EXPECT_EQ(names->challenge, "_acme-challenge.www.shop.test");
  EXPECT_EQ(names->delegation_target, "www.shop.test.id1.dcv.test");
}

TEST(DerivedNamesTest, MayHave253Octets) {
  const Hostname host = *Hostname::Parse(NameOf(253 - sizeof("_acme-challenge.") + 1));
  const auto names = DerivedNames::Of(host, "i", "z");
  ASSERT_THAT(names, IsOk());
  EXPECT_EQ(names->challenge.size(), 253U);
}

TEST(DerivedNamesTest, RefuseAHostForWhichTheChallengeNameIsTooLong) {
  const Hostname host = *Hostname::Parse(NameOf(253 - sizeof("_acme-challenge.") + 2));
  const auto names = DerivedNames::Of(host, "i", "z");
  ASSERT_THAT(names, StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(std::string(names.status().message()), AllOf(HasSubstr("253"), HasSubstr("254")));
}

TEST(DerivedNamesTest, RefuseAHostForWhichTheDelegationTargetIsTooLong) {
  const Hostname host = *Hostname::Parse(NameOf(220));
  EXPECT_THAT(DerivedNames::Of(host, std::string(16, 'i'), "delegated.dcv.test"),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(CertificateNamesTest, HoldTheWildcardOnlyWhenAskedFor) {
  const Hostname host = *Hostname::Parse("shop.test");
  EXPECT_THAT(CertificateNames(host, false), ElementsAre("shop.test"));
  EXPECT_THAT(CertificateNames(host, true), ElementsAre("*.shop.test", "shop.test"));
}

}  // namespace
}  // namespace cert
