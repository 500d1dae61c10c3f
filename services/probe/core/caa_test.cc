#include "probe/core/caa.h"

#include <gtest/gtest.h>

#include <ostream>

namespace probe {
namespace {

const std::string kAccount = "https://ca.example.net/account/1234";

struct CaaCase {
  const char* name;
  std::vector<CaaData> records;
  bool may_issue;
  bool may_issue_wildcard;
};

void PrintTo(const CaaCase& the_case, std::ostream* out) { *out << the_case.name; }

CaaData Issue(const std::string& value) { return {.flags = 0, .tag = "issue", .value = value}; }
CaaData Wild(const std::string& value) { return {.flags = 0, .tag = "issuewild", .value = value}; }

CaaExpectation Expect(bool wildcard) {
  return {.issuer_domains = {"ca1.example.net", "ca.example.net"},
          .account_uri = kAccount,
          .validation_method = "dns-01",
          .wildcard = wildcard};
}

class EvaluateCaaTest : public ::testing::TestWithParam<CaaCase> {};

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
        CaaCase{"NoRecords", {}, true, true},
        CaaCase{"OneCa", {Issue("ca1.example.net")}, true, true},
        CaaCase{"OneOfTwoCas", {Issue("ca2.example.org"), Issue("ca1.example.net")}, true, true},
        CaaCase{"AnotherCa", {Issue("ca2.example.org")}, false, false},
        CaaCase{"Nobody", {Issue(";")}, false, false},
        CaaCase{"NobodyAsAnEmptyValue", {Issue("")}, false, false},
        CaaCase{"NobodyWithMalformedValue", {Issue("%%%%%")}, false, false},
        CaaCase{"NobodyBesideTheCa", {Issue(";"), Issue("ca1.example.net")}, true, true},
        CaaCase{"WithAParameter", {Issue("ca1.example.net; account=230123")}, true, true},
        CaaCase{"WithSpace", {Issue(" \tca1.example.net ;  policy = ev ; account=1 ")}, true, true},
        CaaCase{"WithASemicolonOnly", {Issue("ca1.example.net;")}, true, true},
        CaaCase{"UpperCase", {Issue("CA1.Example.NET")}, true, true},
        CaaCase{"OnlyWildcardsForAnother",
                {Issue("ca1.example.net"), Wild("ca2.example.org")},
                true,
                false},
        CaaCase{"OnlyWildcards", {Issue("ca2.example.org"), Wild("ca1.example.net")}, false, true},
        CaaCase{"NoWildcards", {Issue("ca1.example.net"), Wild(";")}, true, false},
        CaaCase{"WildcardRuleOnly", {Wild(";")}, true, false},
        CaaCase{
            "ReportsOnly", {{.tag = "iodef", .value = "mailto:security@example.com"}}, true, true},
        CaaCase{"CriticalAndKnown",
                {{.flags = 128, .tag = "issue", .value = "ca1.example.net"}},
                true,
                true},
        CaaCase{"CriticalAndUnknown",
                {Issue("ca1.example.net"), {.flags = 128, .tag = "tbs", .value = "Unknown"}},
                false,
                false},
        CaaCase{"CriticalByTheWrongEnd",
                {{.flags = 1, .tag = "tbs", .value = "Unknown"}},
                false,
                false},
        CaaCase{
            "UnknownAndNotCritical", {{.flags = 0, .tag = "tbs", .value = "Unknown"}}, true, true},
        CaaCase{"ReservedFlag", {{.flags = 64, .tag = "tbs", .value = "Unknown"}}, true, true}),
    [](const auto& test) { return std::string(test.param.name); });

// What breaks the grammar of RFC 8659, 4.2 names nobody.
INSTANTIATE_TEST_SUITE_P(
    Malformed, EvaluateCaaTest,
    ::testing::Values(
        CaaCase{"EmptyLabel", {Issue("ca1..example.net")}, false, false},
        CaaCase{"TrailingDot", {Issue("ca1.example.net.")}, false, false},
        CaaCase{"HyphenAtTheEnd", {Issue("ca1.example.net-")}, false, false},
        CaaCase{"Underscore", {Issue("ca1_.example.net")}, false, false},
        CaaCase{"ParameterWithoutValue", {Issue("ca1.example.net; account")}, false, false},
        CaaCase{"ParameterWithoutTag", {Issue("ca1.example.net; =1")}, false, false},
        CaaCase{"ParameterWithSpaceInside", {Issue("ca1.example.net; a=b c")}, false, false},
        CaaCase{"NothingBehindTheLastSemicolon", {Issue("ca1.example.net; a=b;")}, false, false},
        CaaCase{"ControlCharacter", {Issue("ca1.example.net; a=\x01")}, false, false},
        CaaCase{"Comma", {Issue("ca1.example.net, ca2.example.org")}, false, false}),
    [](const auto& test) { return std::string(test.param.name); });

// The examples of RFC 8657, 5 (appendix), and what sections 3 and 4 say of odd values.
INSTANTIATE_TEST_SUITE_P(
    Rfc8657, EvaluateCaaTest,
    ::testing::Values(
        CaaCase{"OurAccount", {Issue("ca.example.net; accounturi=" + kAccount)}, true, true},
        CaaCase{"AnotherAccount",
                {Issue("ca.example.net; accounturi=https://ca.example.net/account/2345")},
                false,
                false},
        CaaCase{"OneOfTwoAccounts",
                {Issue("ca.example.net; accounturi=https://ca.example.net/account/2345"),
                 Issue("ca.example.net; accounturi=" + kAccount)},
                true,
                true},
        CaaCase{"AccountTwice",
                {Issue("ca.example.net; accounturi=" + kAccount + "; accounturi=" + kAccount)},
                false,
                false},
        CaaCase{"AccountsAreComparedExactly",
                {Issue("ca.example.net; accounturi=https://CA.example.net/account/1234")},
                false,
                false},
        CaaCase{"OurMethod", {Issue("ca.example.net; validationmethods=dns-01")}, true, true},
        CaaCase{
            "AnotherMethod", {Issue("ca.example.net; validationmethods=http-01")}, false, false},
        CaaCase{"OneOfTwoMethods",
                {Issue("ca.example.net; validationmethods=dns-01,ca-foo")},
                true,
                true},
        CaaCase{"NoMethod", {Issue("ca.example.net; validationmethods=")}, false, false},
        CaaCase{"EmptyMethodInTheList",
                {Issue("ca.example.net; validationmethods=dns-01,")},
                false,
                false},
        CaaCase{"MethodsTwice",
                {Issue("ca.example.net; validationmethods=dns-01; validationmethods=dns-01")},
                false,
                false},
        CaaCase{"AccountAndMethod",
                {Issue("ca.example.net; accounturi=" + kAccount + "; validationmethods=dns-01")},
                true,
                true},
        CaaCase{"AccountAndAnotherMethod",
                {Issue("ca.example.net; accounturi=" + kAccount + "; validationmethods=http-01")},
                false,
                false},
        CaaCase{"TagsInUpperCase", {Issue("ca.example.net; AccountURI=x")}, false, false},
        CaaCase{"WildcardForAnotherAccount",
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
