#include "cert/core/agreement.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "cert/core/testing/evidence_builder.h"

namespace cert {
namespace {

using namespace ::cert::testing;  // NOLINT(google-build-using-namespace): the tests' vocabulary
using ::observation::Outcome;
using ::observation::Scope;

using Observations = std::vector<observation::Observation>;

const observation::Observation kYes1 = Nameserver("ns1", Outcome::kMatch);
const observation::Observation kYes2 = Nameserver("ns2", Outcome::kMatch);
const observation::Observation kResolverYes1 = Resolver("r1", Outcome::kMatch);
const observation::Observation kResolverYes2 = Resolver("r2", Outcome::kMatch);

// Both nameservers and two resolvers agree.
const Observations kAllAgree{kYes1, kYes2, kResolverYes1, kResolverYes2};
// The nameservers agree, the resolvers do not.
const Observations kResolversDisagree{kYes1, kYes2, Resolver("r1", Outcome::kNoData),
                                      Resolver("r2", Outcome::kNoData)};
const Observations kNobodyTells{kYes1, kYes2, Resolver("r1", Outcome::kTimeout),
                                Resolver("r2", Outcome::kTimeout)};

struct Case {
  const char* name;
  std::vector<View> views;
  Decision decision;
  AgreementPolicy policy = PolicyOf(1);
  Scope scope = Scope::kAuthoritativeThenRecursive;
};

Answer AnswerOf(const Case& tested) {
  Answer answer{.question = ClaimQuestion(), .views = tested.views};
  answer.question.scope = tested.scope;
  return answer;
}

// What one perspective with two resolvers that agree makes of its nameservers.
Case OfNameservers(const char* name, Observations nameservers, Decision decision) {
  nameservers.push_back(kResolverYes1);
  nameservers.push_back(kResolverYes2);
  return {name, {Seen("p0", std::move(nameservers))}, decision};
}

// The same with a second perspective beside it.
Case OfTwo(const char* name, Observations first, Observations second, Decision decision) {
  Case tested = OfNameservers(name, std::move(first), decision);
  second.push_back(kResolverYes1);
  second.push_back(kResolverYes2);
  tested.views.push_back(Seen("p1", std::move(second)));
  tested.policy = PolicyOf(2);
  return tested;
}

// One perspective whose nameservers agree.
Case OfResolvers(const char* name, Observations resolvers, Decision decision) {
  Observations all{kYes1, kYes2};
  all.insert(all.end(), resolvers.begin(), resolvers.end());
  return {name, {Seen("p0", std::move(all))}, decision};
}

// One letter for each perspective, the primary one first: 'y'es, 'n'o, '?' could not tell.
Case OfPerspectives(const char* name, const std::string& votes, Decision decision,
                    std::vector<std::string> regions = {}, int min_perspectives = 1) {
  Case tested{name, {}, decision, PolicyOf(static_cast<int>(votes.size()), std::move(regions))};
  tested.policy.min_perspectives = min_perspectives;
  for (std::size_t i = 0; i < votes.size(); ++i) {
    tested.views.push_back(Seen("p" + std::to_string(i), votes[i] == 'y'   ? kAllAgree
                                                         : votes[i] == 'n' ? kResolversDisagree
                                                                           : kNobodyTells));
  }
  return tested;
}

class AgreementTest : public ::testing::TestWithParam<Case> {};

TEST_P(AgreementTest, Decides) {
  EXPECT_STREQ(DecisionName(Judge(AnswerOf(GetParam()), GetParam().policy).decision),
               DecisionName(GetParam().decision));
}

TEST_P(AgreementTest, GivesEveryViewItsVerdict) {
  const Verdict verdict = Judge(AnswerOf(GetParam()), GetParam().policy);
  ASSERT_EQ(verdict.perspectives.size(), GetParam().views.size());
  for (std::size_t i = 0; i < verdict.perspectives.size(); ++i) {
    EXPECT_EQ(verdict.perspectives[i].perspective, GetParam().views[i].perspective);
  }
}

std::string NameOf(const ::testing::TestParamInfo<Case>& tested) { return tested.param.name; }

constexpr Decision kYes = Decision::kAgreed;
constexpr Decision kNo = Decision::kDisagreed;
constexpr Decision kUntold = Decision::kCouldNotTell;

const observation::Observation kDead2 = Nameserver("ns2", Outcome::kTimeout);
const observation::Observation kOurYes = OurNameserver(Outcome::kMatch);
// To which a CNAME led within the customer's zone, when it had another nameserver.
const observation::Observation kDeadBehind =
    Behind({"target.shop.test"}, "shop.test", Outcome::kTimeout);

INSTANTIATE_TEST_SUITE_P(
    Nameservers, AgreementTest,
    ::testing::Values(
        OfNameservers("AllAgree", {kYes1, kYes2}, kYes), OfNameservers("NoneListed", {}, kUntold),
        OfNameservers("OneDisagrees", {kYes1, Nameserver("ns2", Outcome::kNoData)}, kNo),
        OfNameservers("OneIsStale", {kYes1, Nameserver("ns2", Outcome::kStale)}, kNo),
        OfNameservers("TimeoutIsExcused", {kYes1, kDead2}, kYes),
        OfNameservers("UnreachableIsExcused", {kYes1, Nameserver("ns2", Outcome::kUnreachable)},
                      kYes),
        OfNameservers("NotExcusedWhenNobodyAgrees", {Nameserver("ns1", Outcome::kTimeout), kDead2},
                      kUntold),
        OfNameservers("NotExcusedByAnotherZone",
                      {kYes1, Behind({"x.other.test"}, "other.test", Outcome::kTimeout)}, kUntold),
        OfNameservers("ServfailIsNotExcused", {kYes1, Nameserver("ns2", Outcome::kServfail)},
                      kUntold),
        OfNameservers("LameIsNotExcused", {kYes1, Nameserver("ns2", Outcome::kLame)}, kUntold),
        OfNameservers("RefusedIsNotExcused", {kYes1, Nameserver("ns2", Outcome::kRefused)},
                      kUntold),
        OfNameservers("MalformedIsNotExcused", {kYes1, Nameserver("ns2", Outcome::kMalformed)},
                      kUntold),
        OfNameservers("NotAskedIsNotExcused", {kYes1, Nameserver("ns2", Outcome::kNotAsked)},
                      kUntold),
        OfNameservers("ExcusedWhereItsSiblingsCnameLedToAgreement", {kDead2, kOurYes}, kYes),
        OfNameservers("NotExcusedWhereTheCnameLedToSilence",
                      {kDead2, OurNameserver(Outcome::kTimeout)}, kUntold),
        OfNameservers("NotExcusedByAgreementAboutAnotherName", {kYes1, kDead2, kDeadBehind},
                      kUntold),
        OfNameservers("NoCnameWhileASiblingHasIt",
                      {Nameserver("ns2", Outcome::kNoSuchName), kOurYes}, kNo),
        OfTwo("TimeoutOfBothIsExcused", {kYes1, kDead2}, {kYes1, kDead2}, kYes),
        OfTwo("TimeoutOfOneWhileTheOtherReachedIt", {kYes1, kYes2}, {kYes1, kDead2}, kUntold),
        OfTwo("TimeoutOfOneWhileTheOtherHeardServfail",
              {kYes1, Nameserver("ns2", Outcome::kServfail)}, {kYes1, kDead2}, kUntold),
        OfTwo("TimeoutOfOneWhileTheOtherDidNotAsk", {kYes1, Nameserver("ns2", Outcome::kNotAsked)},
              {kYes1, kDead2}, kUntold),
        OfTwo("DisagreementHeardByTheRemoteOnly", {kYes1, kYes2},
              {kYes1, Nameserver("ns2", Outcome::kNoSuchName)}, kNo),
        OfTwo("DisagreementHeardByThePrimaryOnly", {kYes1, Nameserver("ns2", Outcome::kMismatch)},
              {kYes1, kYes2}, kNo)),
    NameOf);

INSTANTIATE_TEST_SUITE_P(
    Resolvers, AgreementTest,
    ::testing::Values(OfResolvers("QuorumAgrees",
                                  {kResolverYes1, kResolverYes2, Resolver("r3", Outcome::kNoData)},
                                  kYes),
                      OfResolvers("QuorumIsOutOfReach",
                                  {kResolverYes1, Resolver("r2", Outcome::kNoData),
                                   Resolver("r3", Outcome::kNoSuchName)},
                                  kNo),
                      OfResolvers("QuorumMayStillBeReached",
                                  {kResolverYes1, Resolver("r2", Outcome::kTimeout),
                                   Resolver("r3", Outcome::kNoData)},
                                  kUntold),
                      OfResolvers("NoneWasAsked", {}, kUntold),
                      OfResolvers("TheOnlyOneAgrees", {kResolverYes1}, kYes),
                      OfResolvers("TheOnlyOneDisagrees", {Resolver("r1", Outcome::kNoData)}, kNo),
                      OfResolvers("NoneTells", {Resolver("r1", Outcome::kServfail)}, kUntold),
                      OfResolvers("BogusAtOneOfMany",
                                  {kResolverYes1, kResolverYes2, Resolver("r3", Outcome::kBogus)},
                                  kNo),
                      Case{"AreNotNeededInTheAuthoritativeScope",
                           {Seen("p0", {kYes1, kYes2})},
                           kYes,
                           PolicyOf(1),
                           Scope::kAuthoritative},
                      Case{"AreNotHeardInTheAuthoritativeScope",
                           {Seen("p0", kResolversDisagree)},
                           kYes,
                           PolicyOf(1),
                           Scope::kAuthoritative},
                      Case{"AreNeededWhenAskedAtOnce",
                           {Seen("p0", kResolversDisagree)},
                           kNo,
                           PolicyOf(1),
                           Scope::kAllAtOnce}),
    NameOf);

INSTANTIATE_TEST_SUITE_P(
    Perspectives, AgreementTest,
    ::testing::Values(
        OfPerspectives("TheOnlyOne", "y", kYes), OfPerspectives("TheOnlyOneDissents", "n", kNo),
        OfPerspectives("TheOneRemoteMustAgree", "yn", kNo),
        OfPerspectives("TheOneRemoteIsSilent", "y?", kUntold),
        OfPerspectives("OneOfTwoRemotesMayDissent", "yyn", kYes),
        OfPerspectives("OneOfTwoRemotesMayBeSilent", "yy?", kYes),
        OfPerspectives("TwoOfTwoRemotesDissent", "ynn", kNo),
        OfPerspectives("OneDissentsAndOneIsSilent", "yn?", kUntold),
        OfPerspectives("ThePrimaryDissents", "nyyyyy", kNo),
        OfPerspectives("ThePrimaryIsSilent", "?yyyyy", kUntold),
        OfPerspectives("OneOfFiveRemotesMayDissent", "yyyyyn", kYes),
        OfPerspectives("TwoOfFiveRemotesMayNot", "yyyynn", kNo),
        OfPerspectives("TwoOfSixRemotesMayDissent", "yyyyynn", kYes),
        OfPerspectives("ThreeOfSixRemotesMayNot", "yyyynnn", kNo),
        OfPerspectives("TwoRegionsAgree", "yyyn", kYes, {"RIPE", "RIPE", "ARIN", "ARIN"}),
        OfPerspectives("TheSecondRegionDissents", "yyyn", kNo, {"RIPE", "RIPE", "RIPE", "ARIN"}),
        OfPerspectives("TheSecondRegionIsSilent", "yyy?", kUntold,
                       {"RIPE", "RIPE", "RIPE", "ARIN"}),
        OfPerspectives("ThePrimaryIsNoCorroborator", "yyyn", kNo, {"RIPE", "ARIN", "ARIN", "RIPE"}),
        OfPerspectives("OneRegionIsEnoughWhereThereIsOne", "yyyn", kYes,
                       {"RIPE", "ARIN", "ARIN", "ARIN"}),
        OfPerspectives("UnknownRegionsAreNotCounted", "yyyn", kYes, {"", "", "", "ARIN"}),
        OfPerspectives("FewerThanTheMinimumAgree", "yyn", kNo, {}, 3),
        OfPerspectives("FewerThanTheMinimumTell", "yy?", kUntold, {}, 3),
        OfPerspectives("FewerThanTheMinimumAreThere", "yy", kUntold, {}, 3),
        Case{"NoneIsThere", {}, kUntold, PolicyOf(2)},
        Case{"TheRemoteHasNoView", {Seen("p0", kAllAgree)}, kUntold, PolicyOf(2)},
        Case{"ThePrimaryHasNoView", {Seen("p1", kAllAgree)}, kUntold, PolicyOf(2)},
        Case{"AStrangerHasNoSay",
             {Seen("p0", kAllAgree), Seen("x", kAllAgree)},
             kUntold,
             PolicyOf(2)},
        Case{"NonePolicy", {Seen("p0", kAllAgree)}, kUntold, AgreementPolicy{}},
        Case{"AFailureIsSilence",
             {Seen("p0", kAllAgree), FailedView("p1", "", "no worker is connected")},
             kUntold,
             PolicyOf(2)},
        Case{"ANameserversNoCountsEvenBesideAFailure",
             {Seen("p0", kAllAgree),
              {.perspective = "p1",
               .worker = "w",
               .observations = {Nameserver("ns2", Outcome::kNoData)},
               .failure = "cut short"}},
             kNo,
             PolicyOf(2)},
        Case{"BogusAtARemoteThatMayDissent",
             {Seen("p0", kAllAgree), Seen("p1", kAllAgree),
              Seen("p2", {kYes1, kYes2, Resolver("r1", Outcome::kBogus), kResolverYes2})},
             kNo,
             PolicyOf(3)}),
    NameOf);

// Two resolvers, of which the first is known to validate, known not to, or of an old worker.
View WithResolvers(const std::string& perspective, std::optional<bool> first_validates,
                   Outcome first = Outcome::kMatch) {
  observation::Observation validating = Resolver("r1", first);
  validating.validating = first_validates;
  observation::Observation other = kResolverYes2;
  other.validating = false;
  return Seen(perspective, {kYes1, kYes2, validating, other});
}

AgreementPolicy Validated(int perspectives) {
  AgreementPolicy policy = PolicyOf(perspectives);
  policy.recursive_quorum = 1;
  policy.needs_validation = true;
  return policy;
}

INSTANTIATE_TEST_SUITE_P(
    Validation, AgreementTest,
    ::testing::Values(
        Case{"OneValidatingResolverAnswers", {WithResolvers("p0", true)}, kYes, Validated(1)},
        Case{"NoneValidates", {WithResolvers("p0", false)}, kUntold, Validated(1)},
        Case{"NoneValidatesAndNoneHasTo", {WithResolvers("p0", false)}, kYes, PolicyOf(1)},
        Case{"OldWorkersDoNotSay", {WithResolvers("p0", std::nullopt)}, kYes, Validated(1)},
        Case{"TheValidatingOneIsSilent",
             {WithResolvers("p0", true, Outcome::kTimeout)},
             kUntold,
             Validated(1)},
        Case{"TheValidatingOneSaysBogus",
             {WithResolvers("p0", true, Outcome::kBogus)},
             kNo,
             Validated(1)},
        Case{"AValidNoIsAnAnswerThatTheQuorumMayOutvote",
             {WithResolvers("p0", true, Outcome::kNoData)},
             kYes,
             Validated(1)},
        Case{"AnyPerspectivesWillDo",
             {WithResolvers("p0", false), WithResolvers("p1", true)},
             kYes,
             Validated(2)},
        Case{"IsNotAskedForInTheAuthoritativeScope",
             {WithResolvers("p0", false)},
             kYes,
             Validated(1),
             Scope::kAuthoritative}),
    NameOf);

TEST(UnvalidatedTest, SaysWhenOnlyAValidatingAnswerIsMissing) {
  const Answer answer{.question = ClaimQuestion(), .views = {WithResolvers("p0", false)}};
  EXPECT_TRUE(Judge(answer, Validated(1)).unvalidated);
  EXPECT_FALSE(Judge(answer, PolicyOf(1)).unvalidated);
}

TEST(AllowedDissentTest, IsThatOfTheBaselineRequirements) {
  const std::vector<int> allowed{0, 0, 1, 1, 1, 1, 2, 2, 2};
  for (std::size_t remotes = 0; remotes < allowed.size(); ++remotes) {
    EXPECT_EQ(AllowedDissent(static_cast<int>(remotes)), allowed[remotes]) << remotes;
  }
}

Answer WithViews(std::vector<View> views) {
  return {.question = ClaimQuestion(), .views = std::move(views)};
}
const Answer kAgreedAnswer = WithViews({Seen("p0", kAllAgree)});
const Answer kDisagreedAnswer = WithViews({Seen("p0", kResolversDisagree)});
const Answer kUntoldAnswer = WithViews({Seen("p0", kNobodyTells)});

TEST(JudgeAllTest, AgreesOnlyOnAllRecords) {
  EXPECT_EQ(JudgeAll({kAgreedAnswer, kAgreedAnswer}, PolicyOf(1)), kYes);
  EXPECT_EQ(JudgeAll({kAgreedAnswer, kUntoldAnswer}, PolicyOf(1)), kUntold);
  EXPECT_EQ(JudgeAll({kUntoldAnswer, kDisagreedAnswer, kAgreedAnswer}, PolicyOf(1)), kNo);
}

TEST(JudgeAllTest, AgreesOnNothingWhereNothingWasAsked) {
  EXPECT_EQ(JudgeAll({}, PolicyOf(1)), kUntold);
}

Evidence EvidenceOf(Observations observations) {
  return {WithViews({Seen("p0", std::move(observations))})};
}

TEST(CachesExpireTimeTest, IsThatOfTheFirstCachedNo) {
  EXPECT_EQ(CachesExpireTime(EvidenceOf({kYes1, Resolver("r1", Outcome::kNoData, absl::Seconds(90)),
                                         Resolver("r2", Outcome::kMismatch, absl::Seconds(60))})),
            kSeenTime + absl::Seconds(60));
}

TEST(CachesExpireTimeTest, UsesTheNegativeTtlForNegativeAnswersOnly) {
  observation::Observation missing = Resolver("r1", Outcome::kNoSuchName, absl::Seconds(3600));
  missing.negative_ttl = absl::Seconds(5);
  EXPECT_EQ(CachesExpireTime(EvidenceOf({missing})), kSeenTime + absl::Seconds(5));
  observation::Observation wrong = Resolver("r1", Outcome::kMismatch, absl::Seconds(3600));
  wrong.negative_ttl = absl::Seconds(5);
  EXPECT_EQ(CachesExpireTime(EvidenceOf({wrong})), kSeenTime + absl::Hours(1));
}

TEST(CachesExpireTimeTest, IsUnsetWhileANameserverDisagrees) {
  EXPECT_EQ(CachesExpireTime(EvidenceOf(
                {Resolver("r1", Outcome::kNoData), Nameserver("ns2", Outcome::kNoData)})),
            std::nullopt);
}

TEST(CachesExpireTimeTest, IsUnsetWhereNothingIsCached) {
  EXPECT_EQ(CachesExpireTime({}), std::nullopt);
  EXPECT_EQ(CachesExpireTime(EvidenceOf(kAllAgree)), std::nullopt);
  EXPECT_EQ(CachesExpireTime(EvidenceOf({Resolver("r1", Outcome::kTimeout)})), std::nullopt);
  for (const absl::Duration ttl : {absl::ZeroDuration(), -absl::Seconds(1)}) {
    EXPECT_EQ(CachesExpireTime(EvidenceOf({Resolver("r1", Outcome::kNoData, ttl)})), std::nullopt);
  }
}

TEST(CachesExpireTimeTest, IgnoresATtlWithoutEnd) {
  const observation::Observation endless =
      Resolver("r1", Outcome::kNoData, absl::InfiniteDuration());
  EXPECT_EQ(CachesExpireTime(EvidenceOf({endless})), std::nullopt);
  EXPECT_EQ(CachesExpireTime(EvidenceOf({endless, Resolver("r2", Outcome::kNoData)})),
            kSeenTime + absl::Seconds(300));
}

}  // namespace
}  // namespace cert
