#include "cert/core/diagnosis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cert/core/testing/evidence_builder.h"

namespace cert {
namespace {

using namespace ::cert::testing;  // NOLINT(google-build-using-namespace): the tests' vocabulary
using ::observation::Observation;
using ::observation::Outcome;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const std::string kClaimFix = kClaimName + ". 3600 IN TXT \"" + kClaimValue + "\"";
const std::string kCnameFix = kChallengeName + ". 3600 IN CNAME " + kTarget + ".";

Answer From(const Question& question, std::vector<Observation> observations) {
  return {.question = question, .views = {Seen("p0", std::move(observations))}};
}

// The finding of one perspective; fails the test when there is none.
Finding Find(const Evidence& evidence, const AgreementPolicy& policy = PolicyOf(1)) {
  const std::optional<Finding> finding = Diagnose(evidence, policy, Context());
  EXPECT_TRUE(finding.has_value());
  return finding.value_or(Finding{});
}

std::string At(const std::string& server) { return server + " (192.0.2.1/" + server + ") from p0"; }

TEST(DiagnoseTest, FindsNothingWhereAllAgree) {
  const Answer agreed =
      From(ClaimQuestion(), {Nameserver("ns1", Outcome::kMatch), Resolver("r1", Outcome::kMatch)});
  EXPECT_EQ(Diagnose({agreed}, PolicyOf(1), Context()), std::nullopt);
}

TEST(DiagnoseTest, MissingClaim) {
  EXPECT_EQ(Find({From(ClaimQuestion(), {Nameserver("ns1", Outcome::kNoSuchName),
                                         Nameserver("ns2", Outcome::kNoData)})}),
            (Finding{.code = FindingCode::kRecordMissing,
                     .sentence = "There is no TXT record at _padlock.www.shop.test: ns1 and ns2 "
                                 "say so; create it with the value \"padlock-verify=abc\".",
                     .record_type = "TXT",
                     .record_name = kClaimName,
                     .expected = kClaimValue,
                     .where = {At("ns1"), At("ns2")},
                     .fix = kClaimFix,
                     .fix_relative_name = "_padlock.www"}));
}

TEST(DiagnoseTest, MissingCname) {
  const Finding finding = Find({From(CnameQuestion(), {Nameserver("ns1", Outcome::kNoData)})});
  EXPECT_EQ(finding.code, FindingCode::kRecordMissing);
  EXPECT_EQ(finding.sentence,
            "There is no CNAME record at _acme-challenge.www.shop.test: ns1 says so; create it "
            "with the value \"www.shop.test.id1.dcv.test\".");
  EXPECT_EQ(finding.record_type, "CNAME");
  EXPECT_EQ(finding.fix, kCnameFix);
}

// An order asks for its tokens only; what is missing is the customer's CNAME to them.
TEST(DiagnoseTest, CnameThatVanishedDuringAnOrder) {
  const Finding finding = Find({From(TokensQuestion(), {Nameserver("ns1", Outcome::kNoSuchName)})});
  EXPECT_EQ(finding.code, FindingCode::kRecordMissing);
  EXPECT_EQ(finding.record_type, "CNAME");
  EXPECT_EQ(finding.expected, kTarget);
  EXPECT_EQ(finding.fix, kCnameFix);
}

TEST(DiagnoseTest, CnameThatVanishedFromOneServerDuringAnOrder) {
  const Finding finding = Find({From(TokensQuestion(), {Nameserver("ns2", Outcome::kNoSuchName),
                                                        OurNameserver(Outcome::kMatch)})});
  EXPECT_EQ(finding.code, FindingCode::kRecordOnSomeServers);
  EXPECT_THAT(finding.sentence, HasSubstr("on other nameservers of the zone but not on ns2:"));
  EXPECT_THAT(finding.where, ElementsAre(At("ns2")));
  EXPECT_EQ(finding.fix, kCnameFix);
}

TEST(DiagnoseTest, WrongClaim) {
  const Finding finding =
      Find({From(ClaimQuestion(), {Nameserver("ns1", Outcome::kMismatch, {"v=spf1 -all", "else"}),
                                   Nameserver("ns2", Outcome::kMismatch, {"v=spf1 -all"})})});
  EXPECT_EQ(finding.code, FindingCode::kRecordWrong);
  EXPECT_EQ(finding.sentence,
            "The TXT record at _padlock.www.shop.test has another value on ns1 and ns2 (\"v=spf1 "
            "-all\"): add a TXT record with \"padlock-verify=abc\" there, others may stay beside "
            "it.");
  EXPECT_THAT(finding.seen, ElementsAre("v=spf1 -all", "else"));
  EXPECT_THAT(finding.where, ElementsAre(At("ns1"), At("ns2")));
  EXPECT_EQ(finding.expected, kClaimValue);
  EXPECT_EQ(finding.fix, kClaimFix);
}

TEST(DiagnoseTest, ServersWithoutTheRecordAreNotBlamedForAWrongOne) {
  const Finding finding =
      Find({From(ClaimQuestion(), {Nameserver("ns1", Outcome::kNoData),
                                   Nameserver("ns2", Outcome::kMismatch, {"else"})})});
  EXPECT_EQ(finding.code, FindingCode::kRecordWrong);
  EXPECT_THAT(finding.where, ElementsAre(At("ns2")));
}

TEST(DiagnoseTest, ClaimOnOneOfTwoServers) {
  const Finding finding = Find({From(
      ClaimQuestion(), {Nameserver("ns1", Outcome::kMatch), Nameserver("ns2", Outcome::kNoData)})});
  EXPECT_EQ(finding.code, FindingCode::kRecordOnSomeServers);
  EXPECT_EQ(finding.sentence,
            "The TXT record at _padlock.www.shop.test is on ns1 but not on ns2: publish it on "
            "every nameserver of the zone, or wait until your DNS host has copied it there.");
  EXPECT_THAT(finding.where, ElementsAre(At("ns2")));
  EXPECT_EQ(finding.expected, kClaimValue);
  EXPECT_EQ(finding.fix, kClaimFix);
}

TEST(DiagnoseTest, TxtWhereTheCnameBelongs) {
  const Finding finding =
      Find({From(CnameQuestion(), {Nameserver("ns1", Outcome::kNoData)}),
            From(CanaryQuestion(), {Nameserver("ns1", Outcome::kMismatch, {"pasted token"})})});
  EXPECT_EQ(finding.code, FindingCode::kTxtWhereCnameBelongs);
  EXPECT_EQ(finding.sentence,
            "There is a TXT record at _acme-challenge.www.shop.test on ns1 where a CNAME record "
            "belongs: remove it and create the CNAME record with \"www.shop.test.id1.dcv.test\".");
  EXPECT_THAT(finding.seen, ElementsAre("pasted token"));
  EXPECT_EQ(finding.record_type, "CNAME");
  EXPECT_EQ(finding.expected, kTarget);
  EXPECT_EQ(finding.fix, kCnameFix);
}

TEST(DiagnoseTest, TxtWhereTheCnameBelongsDuringAnOrder) {
  EXPECT_EQ(Find({From(TokensQuestion(), {Nameserver("ns1", Outcome::kMismatch, {"x"})})}).code,
            FindingCode::kTxtWhereCnameBelongs);
}

TEST(DiagnoseTest, OurOwnZoneIsBehind) {
  const Finding finding =
      Find({From(TokensQuestion(), {OurNameserver(Outcome::kMismatch, {"token1"})})});
  EXPECT_EQ(finding.code, FindingCode::kDelegationBehind);
  EXPECT_EQ(finding.sentence,
            "Padlock's own nameserver ns1.dcv.test does not show its TXT record for "
            "_acme-challenge.www.shop.test at www.shop.test.id1.dcv.test yet; nothing is to be "
            "done, we look again by ourselves.");
  EXPECT_EQ(finding.record_name, kTarget);
  EXPECT_EQ(finding.expected, "token2");
  EXPECT_THAT(finding.seen, ElementsAre("token1"));
  EXPECT_THAT(finding.fix, IsEmpty());
}

TEST(DiagnoseTest, WhatTheCustomerCanMendComesBeforeOurOwnZone) {
  EXPECT_EQ(Find({From(TokensQuestion(),
                       {OurNameserver(Outcome::kNoData), Nameserver("ns2", Outcome::kNoSuchName)})})
                .code,
            FindingCode::kRecordOnSomeServers);
}

TEST(DiagnoseTest, OurOwnSilentServerIsNotTheCustomersFault) {
  EXPECT_EQ(Find({From(CanaryQuestion(), {OurNameserver(Outcome::kTimeout)})}).code,
            FindingCode::kDelegationUnreachable);
  EXPECT_EQ(Find({From(CanaryQuestion(), {OurNameserver(Outcome::kServfail)})}).code,
            FindingCode::kDelegationBehind);
}

TEST(DiagnoseTest, ResolversBehind) {
  const Finding finding = Find({From(
      ClaimQuestion(), {Nameserver("ns1", Outcome::kMatch), Resolver("quad9", Outcome::kNoData)})});
  EXPECT_EQ(finding.code, FindingCode::kResolversBehind);
  EXPECT_EQ(finding.sentence,
            "The nameservers have the TXT record at _padlock.www.shop.test, but quad9 still has "
            "an older answer; nothing is to be done, it expires from the cache by itself.");
  EXPECT_THAT(finding.where, ElementsAre("quad9 (198.51.100.1/quad9) from p0"));
  EXPECT_EQ(finding.expected, kClaimValue);
  EXPECT_THAT(finding.fix, IsEmpty());
}

TEST(DiagnoseTest, ResolversBehindUntilTheirCachesExpire) {
  Observation early = Resolver("r1", Outcome::kNoData);
  early.cache_expire_time = kSeenTime + absl::Seconds(60);
  Observation late = Resolver("r2", Outcome::kNoData);
  late.cache_expire_time = kSeenTime + absl::Minutes(5);
  const Finding finding =
      Find({From(ClaimQuestion(), {Nameserver("ns1", Outcome::kMatch), early, late})});
  EXPECT_THAT(finding.sentence, HasSubstr("by itself, at 2027-01-15 08:05:00 UTC at the latest."));
}

TEST(DiagnoseTest, SeveralResolversBehind) {
  const Finding finding = Find(
      {From(TokensQuestion(), {OurNameserver(Outcome::kMatch), Resolver("a", Outcome::kNoData),
                               Resolver("b", Outcome::kNoData), Resolver("c", Outcome::kNoData),
                               Resolver("d", Outcome::kNoData), Resolver("e", Outcome::kNoData)})});
  EXPECT_THAT(finding.sentence, HasSubstr("a, b, c and 2 more still have an older answer"));
  EXPECT_EQ(finding.record_type, "TXT");
}

TEST(DiagnoseTest, ResolversOfAnAgreeingPerspectiveAreNotBlamed) {
  const Answer answer{
      .question = ClaimQuestion(),
      .views = {Seen("p0", {Nameserver("ns1", Outcome::kMatch), Resolver("a", Outcome::kMatch),
                            Resolver("b", Outcome::kMatch), Resolver("late", Outcome::kNoData)}),
                Seen("p1", {Nameserver("ns1", Outcome::kServfail)})}};
  const Finding finding = Find({answer}, PolicyOf(2));
  EXPECT_EQ(finding.code, FindingCode::kNameserversUnreachable);
  EXPECT_THAT(finding.sentence, Not(HasSubstr("late")));
}

TEST(DiagnoseTest, UnreachableNameservers) {
  const Finding finding = Find({From(
      ClaimQuestion(), {Nameserver("ns1", Outcome::kTimeout), Nameserver("ns2", Outcome::kTimeout),
                        Nameserver("ns3", Outcome::kTimeout)})});
  EXPECT_EQ(finding.code, FindingCode::kNameserversUnreachable);
  EXPECT_EQ(finding.sentence,
            "The nameservers ns1, ns2 and ns3 give no usable answer for _padlock.www.shop.test "
            "(timeout): see that they run and can be reached from the Internet.");
  EXPECT_THAT(finding.where, ElementsAre(At("ns1"), At("ns2"), At("ns3")));
  EXPECT_THAT(finding.fix, IsEmpty());
}

TEST(DiagnoseTest, AnExcusedNameserverIsNotBlamedForAFailingOne) {
  const Finding finding = Find({From(
      ClaimQuestion(), {Nameserver("ns1", Outcome::kMatch), Nameserver("ns2", Outcome::kTimeout),
                        Nameserver("ns3", Outcome::kServfail)})});
  EXPECT_THAT(finding.sentence, HasSubstr("The nameserver ns3 gives no usable answer"));
  EXPECT_THAT(finding.sentence, HasSubstr("(servfail): see that it runs"));
  EXPECT_THAT(finding.where, ElementsAre(At("ns3")));
}

TEST(DiagnoseTest, NameserverThatWasNotAsked) {
  Observation spared = Nameserver("ns2", Outcome::kNotAsked);
  spared.note = "the address is not a public one";
  const Finding finding =
      Find({From(ClaimQuestion(), {Nameserver("ns1", Outcome::kMatch), spared})});
  EXPECT_EQ(finding.code, FindingCode::kNameserversUnreachable);
  EXPECT_THAT(finding.sentence, HasSubstr("The nameserver ns2 was not asked for "
                                          "_padlock.www.shop.test (the address is not a public "
                                          "one): see that"));
}

TEST(DiagnoseTest, LameNameserver) {
  const Finding finding = Find(
      {From(ClaimQuestion(), {Nameserver("ns1", Outcome::kMatch), Nameserver("ns2", Outcome::kLame),
                              Nameserver("ns3", Outcome::kTimeout)})});
  EXPECT_EQ(finding.code, FindingCode::kNameserverLame);
  EXPECT_EQ(finding.sentence,
            "The nameserver ns2 does not serve the zone of _padlock.www.shop.test (lame): correct "
            "the zone's NS records, or load the zone there.");
  EXPECT_THAT(finding.where, ElementsAre(At("ns2")));
}

TEST(DiagnoseTest, SeveralLameNameservers) {
  EXPECT_THAT(Find({From(ClaimQuestion(), {Nameserver("ns1", Outcome::kRefused),
                                           Nameserver("ns2", Outcome::kLame)})})
                  .sentence,
              HasSubstr("The nameservers ns1 and ns2 do not serve the zone"));
}

TEST(DiagnoseTest, BogusComesFirst) {
  const Finding finding = Find({From(
      ClaimQuestion(), {Nameserver("ns1", Outcome::kNoData), Resolver("quad9", Outcome::kBogus)})});
  EXPECT_EQ(finding.code, FindingCode::kDnssecBogus);
  EXPECT_EQ(finding.sentence,
            "DNSSEC validation of _padlock.www.shop.test fails at quad9, and so it will at the CA: "
            "renew the zone's signatures, or correct the DS record at its parent.");
  EXPECT_EQ(finding.record_name, kClaimName);
  EXPECT_THAT(finding.fix, IsEmpty());
}

TEST(DiagnoseTest, NoWorkers) {
  const Finding finding =
      Find({{.question = ClaimQuestion(),
             .views = {FailedView("p0", "", "no worker of this perspective answers")}}});
  EXPECT_EQ(finding.code, FindingCode::kNoWorkers);
  EXPECT_EQ(
      finding.sentence,
      "Padlock had no probe worker in perspective p0 to look at _padlock.www.shop.test (no "
      "worker of this perspective answers); this is ours to mend, checking goes on as soon as "
      "one is there.");
}

TEST(DiagnoseTest, ZoneNotFound) {
  const Finding finding = Find({{.question = ClaimQuestion(),
                                 .views = {FailedView("p0", "w1", "no root server led to it")}}});
  EXPECT_EQ(finding.code, FindingCode::kZoneNotFound);
  EXPECT_EQ(finding.sentence,
            "The nameservers of _padlock.www.shop.test could not be asked from p0: no root server "
            "led to it. If this stays so, see that the domain is registered and its delegation is "
            "complete.");
}

TEST(DiagnoseTest, TooFewResolversTell) {
  const Finding finding = Find({From(
      ClaimQuestion(), {Nameserver("ns1", Outcome::kMatch), Resolver("a", Outcome::kServfail)})});
  EXPECT_EQ(finding.code, FindingCode::kResolverOutage);
  EXPECT_EQ(finding.sentence,
            "The nameservers have the TXT record at _padlock.www.shop.test, but too few public "
            "resolvers answer: a does not (servfail); nothing is to be done, we look again by "
            "ourselves.");
}

TEST(DiagnoseTest, NobodyValidates) {
  AgreementPolicy policy = PolicyOf(1);
  policy.needs_validation = true;
  observation::Observation seen = Resolver("a", Outcome::kMatch);
  seen.validating = false;
  const auto finding = Diagnose({From(ClaimQuestion(), {Nameserver("ns1", Outcome::kMatch), seen})},
                                policy, Context());
  ASSERT_TRUE(finding.has_value());
  EXPECT_EQ(finding->code, FindingCode::kTooFewPerspectives);
  EXPECT_THAT(finding->sentence, HasSubstr("validate DNSSEC"));
}

TEST(DiagnoseTest, NothingAsked) { EXPECT_EQ(Find({}).code, FindingCode::kTooFewPerspectives); }

TEST(DiagnoseTest, ANoComesBeforeWhatCouldNotBeTold) {
  const Finding finding = Find({From(ClaimQuestion(), {Nameserver("ns1", Outcome::kTimeout)}),
                                From(CnameQuestion(), {Nameserver("ns1", Outcome::kNoData)})});
  EXPECT_EQ(finding.code, FindingCode::kRecordMissing);
  EXPECT_EQ(finding.record_name, kChallengeName);
}

TEST(DiagnoseTest, BoundsWhatItQuotesAndKeeps) {
  std::vector<std::string> values;
  for (char c = 'a'; c <= 'z'; ++c) values.emplace_back(512, c);
  const Finding finding =
      Find({From(ClaimQuestion(), {Nameserver("ns1\n", Outcome::kMismatch, values)})});
  EXPECT_THAT(finding.sentence, HasSubstr("(\"" + std::string(100, 'a') + "...\")"));
  EXPECT_THAT(finding.sentence, HasSubstr("on ns1? ("));
  EXPECT_EQ(finding.seen.size(), 16U);
}

}  // namespace
}  // namespace cert
