#include "probe/core/caa.h"

#include <gtest/gtest.h>

#include <ostream>

namespace probe {
namespace {

const std::string kAccount = "https://ca.example.net/account/1234";

struct Case {
  const char* name;
  std::vector<CaaData> records;
  bool may_issue;
  bool may_issue_wildcard;
};

void PrintTo(const Case& the_case, std::ostream* out) { *out << the_case.name; }

CaaData Issue(const std::string& value) { return {.flags = 0, .tag = "issue", .value = value}; }
CaaData Wild(const std::string& value) { return {.flags = 0, .tag = "issuewild", .value = value}; }

CaaExpectation Expect(bool wildcard) {
  return {.issuer_domains = {"ca1.example.net", "ca.example.net"},
          .account_uri = kAccount,
          .validation_method = "dns-01",
          .wildcard = wildcard};
}

class EvaluateCaaTest : public ::testing::TestWithParam<Case> {};

TEST_P(EvaluateCaaTest, DecidesAsTheStandardSays) {
  const CaaDecision plain = EvaluateCaa(GetParam().records, Expect(false));
  EXPECT_EQ(plain.may_issue, GetParam().may_issue) << plain.reason;
  EXPECT_EQ(plain.reason.empty(), plain.may_issue);
  const CaaDecision wildcard = EvaluateCaa(GetParam().records, Expect(true));
  EXPECT_EQ(wildcard.may_issue, GetParam().may_issue_wildcard) << wildcard.reason;
}

// The examples of RFC 8659, 4.2 to 4.5, asked for ca1.example.net.
INSTANTIATE_TEST_SUITE_P(
    Rfc8659, EvaluateCaaTest,
    ::testing::Values(
        Case{"NoRecords", {}, true, true}, Case{"OneCa", {Issue("ca1.example.net")}, true, true},
        Case{"OneOfTwoCas", {Issue("ca2.example.org"), Issue("ca1.example.net")}, true, true},
        Case{"AnotherCa", {Issue("ca2.example.org")}, false, false},
        Case{"Nobody", {Issue(";")}, false, false},
        Case{"NobodyAsAnEmptyValue", {Issue("")}, false, false},
        Case{"NobodyWithMalformedValue", {Issue("%%%%%")}, false, false},
        Case{"NobodyBesideTheCa", {Issue(";"), Issue("ca1.example.net")}, true, true},
        Case{"WithAParameter", {Issue("ca1.example.net; account=230123")}, true, true},
        Case{"WithSpace", {Issue(" \tca1.example.net ;  policy = ev ; account=1 ")}, true, true},
        Case{"WithASemicolonOnly", {Issue("ca1.example.net;")}, true, true},
        Case{"UpperCase", {Issue("CA1.Example.NET")}, true, true},
        Case{"OnlyWildcardsForAnother",
             {Issue("ca1.example.net"), Wild("ca2.example.org")},
             true,
             false},
        Case{"OnlyWildcards", {Issue("ca2.example.org"), Wild("ca1.example.net")}, false, true},
        Case{"NoWildcards", {Issue("ca1.example.net"), Wild(";")}, true, false},
        Case{"WildcardRuleOnly", {Wild(";")}, true, false},
        Case{"ReportsOnly", {{.tag = "iodef", .value = "mailto:security@example.com"}}, true, true},
        Case{"CriticalAndKnown",
             {{.flags = 128, .tag = "issue", .value = "ca1.example.net"}},
             true,
             true},
        Case{"CriticalAndUnknown",
             {Issue("ca1.example.net"), {.flags = 128, .tag = "tbs", .value = "Unknown"}},
             false,
             false},
        Case{"CriticalByTheWrongEnd",
             {{.flags = 1, .tag = "tbs", .value = "Unknown"}},
             false,
             false},
        Case{"UnknownAndNotCritical", {{.flags = 0, .tag = "tbs", .value = "Unknown"}}, true, true},
        Case{"ReservedFlag", {{.flags = 64, .tag = "tbs", .value = "Unknown"}}, true, true}),
    [](const auto& test) { return std::string(test.param.name); });

// What breaks the grammar of RFC 8659, 4.2 names nobody.
INSTANTIATE_TEST_SUITE_P(
    Malformed, EvaluateCaaTest,
    ::testing::Values(
        Case{"EmptyLabel", {Issue("ca1..example.net")}, false, false},
        Case{"TrailingDot", {Issue("ca1.example.net.")}, false, false},
        Case{"HyphenAtTheEnd", {Issue("ca1.example.net-")}, false, false},
        Case{"Underscore", {Issue("ca1_.example.net")}, false, false},
        Case{"ParameterWithoutValue", {Issue("ca1.example.net; account")}, false, false},
        Case{"ParameterWithoutTag", {Issue("ca1.example.net; =1")}, false, false},
        Case{"ParameterWithSpaceInside", {Issue("ca1.example.net; a=b c")}, false, false},
        Case{"NothingBehindTheLastSemicolon", {Issue("ca1.example.net; a=b;")}, false, false},
        Case{"ControlCharacter", {Issue("ca1.example.net; a=\x01")}, false, false},
        Case{"Comma", {Issue("ca1.example.net, ca2.example.org")}, false, false}),
    [](const auto& test) { return std::string(test.param.name); });

// The examples of RFC 8657, 5 (appendix), and what sections 3 and 4 say of odd values.
INSTANTIATE_TEST_SUITE_P(
    Rfc8657, EvaluateCaaTest,
    ::testing::Values(
        Case{"OurAccount", {Issue("ca.example.net; accounturi=" + kAccount)}, true, true},
        Case{"AnotherAccount",
             {Issue("ca.example.net; accounturi=https://ca.example.net/account/2345")},
             false,
             false},
        Case{"OneOfTwoAccounts",
             {Issue("ca.example.net; accounturi=https://ca.example.net/account/2345"),
              Issue("ca.example.net; accounturi=" + kAccount)},
             true,
             true},
        Case{"AccountTwice",
             {Issue("ca.example.net; accounturi=" + kAccount + "; accounturi=" + kAccount)},
             false,
             false},
        Case{"AccountsAreComparedExactly",
             {Issue("ca.example.net; accounturi=https://CA.example.net/account/1234")},
             false,
             false},
        Case{"OurMethod", {Issue("ca.example.net; validationmethods=dns-01")}, true, true},
        Case{"AnotherMethod", {Issue("ca.example.net; validationmethods=http-01")}, false, false},
        Case{"OneOfTwoMethods",
             {Issue("ca.example.net; validationmethods=dns-01,ca-foo")},
             true,
             true},
        Case{"NoMethod", {Issue("ca.example.net; validationmethods=")}, false, false},
        Case{"EmptyMethodInTheList",
             {Issue("ca.example.net; validationmethods=dns-01,")},
             false,
             false},
        Case{"MethodsTwice",
             {Issue("ca.example.net; validationmethods=dns-01; validationmethods=dns-01")},
             false,
             false},
        Case{"AccountAndMethod",
             {Issue("ca.example.net; accounturi=" + kAccount + "; validationmethods=dns-01")},
             true,
             true},
        Case{"AccountAndAnotherMethod",
             {Issue("ca.example.net; accounturi=" + kAccount + "; validationmethods=http-01")},
             false,
             false},
        Case{"TagsInUpperCase", {Issue("ca.example.net; AccountURI=x")}, false, false},
        Case{"WildcardForAnotherAccount",
             {Issue("ca.example.net"), Wild("ca.example.net; accounturi=x")},
             true,
             false}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(EvaluateCaaTest, AnAccountThatIsNotKnownYetHasNoRecordForIt) {
  CaaExpectation expectation = Expect(false);
  expectation.account_uri = "";
  EXPECT_FALSE(EvaluateCaa({Issue("ca.example.net; accounturi=")}, expectation).may_issue);
  EXPECT_TRUE(EvaluateCaa({Issue("ca.example.net")}, expectation).may_issue);
}

TEST(EvaluateCaaTest, SaysWhichPropertyStandsInTheWay) {
  EXPECT_EQ(EvaluateCaa({Issue("ca2.example.org")}, Expect(false)).reason,
            "issue \"ca2.example.org\" names another CA");
  EXPECT_EQ(EvaluateCaa({{.flags = 128, .tag = "tbs"}}, Expect(false)).reason,
            "the property \"tbs\" is critical, and CAs do not know it");
}

}  // namespace
}  // namespace probe
