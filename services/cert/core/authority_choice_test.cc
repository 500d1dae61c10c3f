#include "cert/core/authority_choice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cert {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr absl::Time kChoiceNow = absl::FromUnixSeconds(1'800'000'000);

std::optional<CaFailure> Met(const std::string& ca, CaTrouble trouble, absl::Duration retry_in) {
  return CaFailure{
      .ca = ca, .trouble = trouble, .time = kChoiceNow, .retry_time = kChoiceNow + retry_in};
}

std::optional<LimitWait> LimitFor(absl::Duration wait) {
  return LimitWait{
      .key = {LimitScope::kAccount, "url"}, .end_time = kChoiceNow + wait, .reason = "50 in 168 h"};
}

CaHealth DownSince(absl::Duration ago) {
  return {.failures = kDownFailures, .failure_time = kChoiceNow - ago};
}

struct ChoiceCase {
  std::string name;
  AuthorityState first;
  AuthorityState second;
  std::optional<absl::Duration> left;  // until expiry
  std::string ca;
  absl::Duration wait;
};

class ChooseAuthorityTest : public ::testing::TestWithParam<ChoiceCase> {};

TEST_P(ChooseAuthorityTest, AsksTheFirstThatMayBeAsked) {
  const ChoiceCase& param = GetParam();
  std::optional<absl::Time> expire_time;
  if (param.left) expire_time = kChoiceNow + *param.left;
  const AuthorityChoice choice =
      ChooseAuthority({param.first, param.second}, kChoiceNow, expire_time);
  EXPECT_EQ(choice.ca, param.ca);
  EXPECT_EQ(choice.time, kChoiceNow + param.wait);
  const bool first_at_once = choice.ca == "a" && param.wait == absl::ZeroDuration();
  EXPECT_EQ(choice.reason.empty(), first_at_once) << choice.reason;
}

INSTANTIATE_TEST_SUITE_P(
    Causes, ChooseAuthorityTest,
    ::testing::Values(
        ChoiceCase{"NothingIsWrong", {.ca = "a"}, {.ca = "b"}, {}, "a", {}},
        ChoiceCase{"FirstIsDownForEverybody",
                   {.ca = "a", .health = DownSince(absl::Seconds(10))},
                   {.ca = "b"},
                   {},
                   "b",
                   {}},
        ChoiceCase{"FirstIsAskedAgainAfterAPause",
                   {.ca = "a", .health = DownSince(kDownPause)},
                   {.ca = "b"},
                   {},
                   "a",
                   {}},
        ChoiceCase{"FewFailuresAreNotDown",
                   {.ca = "a", .health = {.failures = 2, .failure_time = kChoiceNow}},
                   {.ca = "b"},
                   {},
                   "a",
                   {}},
        ChoiceCase{"FirstIsDownForThisOrder",
                   {.ca = "a", .failure = Met("a", CaTrouble::kDown, absl::Minutes(2))},
                   {.ca = "b"},
                   {},
                   "b",
                   {}},
        ChoiceCase{"CaaForbidsTheFirst",
                   {.ca = "a", .failure = Met("a", CaTrouble::kCaaForbids, absl::Minutes(1))},
                   {.ca = "b"},
                   {},
                   "b",
                   {}},
        ChoiceCase{"CaaForbidsBothTheSoonerIsLookedAtAgain",
                   {.ca = "a", .failure = Met("a", CaTrouble::kCaaForbids, absl::Minutes(5))},
                   {.ca = "b", .failure = Met("b", CaTrouble::kCaaForbids, absl::Minutes(1))},
                   {},
                   "b",
                   absl::Minutes(1)},
        ChoiceCase{"AShortLimitIsWaitedFor",
                   {.ca = "a", .limit = LimitFor(absl::Minutes(15))},
                   {.ca = "b"},
                   {},
                   "a",
                   absl::Minutes(15)},
        ChoiceCase{"ALongLimitIsNot",
                   {.ca = "a", .limit = LimitFor(absl::Minutes(16))},
                   {.ca = "b"},
                   {},
                   "b",
                   {}},
        ChoiceCase{"AShortLimitIsNotWaitedForInTheLastDay",
                   {.ca = "a", .limit = LimitFor(absl::Minutes(1))},
                   {.ca = "b"},
                   absl::Hours(24),
                   "b",
                   {}},
        ChoiceCase{"AFailedOrderIsRepeatedWhereItFailed",
                   {.ca = "a", .failure = Met("a", CaTrouble::kOrderFailed, absl::Minutes(10))},
                   {.ca = "b"},
                   absl::Hours(25),
                   "a",
                   absl::Minutes(10)},
        ChoiceCase{"AFailedOrderGoesElsewhereInTheLastDay",
                   {.ca = "a", .failure = Met("a", CaTrouble::kOrderFailed, absl::Minutes(10))},
                   {.ca = "b"},
                   absl::Hours(23),
                   "b",
                   {}},
        ChoiceCase{"AfterExpiryToo",
                   {.ca = "a", .failure = Met("a", CaTrouble::kOrderFailed, absl::Minutes(10))},
                   {.ca = "b"},
                   -absl::Hours(1),
                   "b",
                   {}},
        ChoiceCase{
            "ARefusalGoesElsewhere",
            {.ca = "a", .failure = Met("a", CaTrouble::kRefusesNames, absl::InfiniteDuration())},
            {.ca = "b"},
            {},
            "b",
            {}},
        ChoiceCase{
            "WhenBothRefuseNothingHelps",
            {.ca = "a", .failure = Met("a", CaTrouble::kRefusesNames, absl::InfiniteDuration())},
            {.ca = "b", .failure = Met("b", CaTrouble::kRefusesNames, absl::InfiniteDuration())},
            {},
            "a",
            absl::InfiniteDuration()},
        ChoiceCase{"TheFirstIsBackBeforeTheSecond",
                   {.ca = "a", .health = DownSince(absl::Seconds(60))},
                   {.ca = "b", .failure = Met("b", CaTrouble::kOrderFailed, absl::Minutes(10))},
                   {},
                   "a",
                   absl::Minutes(1)},
        ChoiceCase{"TheLongestObstacleCounts",
                   {.ca = "a",
                    .failure = Met("a", CaTrouble::kOrderFailed, absl::Minutes(3)),
                    .limit = LimitFor(absl::Minutes(2))},
                   {.ca = "b"},
                   {},
                   "a",
                   absl::Minutes(3)}),
    [](const auto& test) { return test.param.name; });

TEST(ChooseAuthorityTest, WithoutAnyAllowedThereIsNone) {
  const AuthorityChoice choice = ChooseAuthority({}, kChoiceNow, std::nullopt);
  EXPECT_EQ(choice.ca, "");
  EXPECT_EQ(choice.time, absl::InfiniteFuture());
}

TEST(ChooseAuthorityTest, SaysWhyTheFirstIsPassedOver) {
  const AuthorityChoice choice = ChooseAuthority(
      {{.ca = "a", .limit = LimitFor(absl::Hours(3))}, {.ca = "b"}}, kChoiceNow, std::nullopt);
  EXPECT_THAT(choice.reason, HasSubstr("the CA a is at a limit: 50 in 168 h"));
}

TEST(LeavesDownAuthorityTest, SoonerWhileTheCaHasNoOrder) {
  EXPECT_FALSE(LeavesDownAuthority(false, 2, {}, false));
  EXPECT_TRUE(LeavesDownAuthority(false, 3, {}, false));
  EXPECT_TRUE(LeavesDownAuthority(false, 0, DownSince(absl::Seconds(1)), false));
  EXPECT_TRUE(LeavesDownAuthority(false, 0, {}, true));
  EXPECT_FALSE(LeavesDownAuthority(true, 9, DownSince(absl::Seconds(1)), false));
  EXPECT_TRUE(LeavesDownAuthority(true, 10, {}, false));
  EXPECT_FALSE(LeavesDownAuthority(true, 2, {}, true));
  EXPECT_TRUE(LeavesDownAuthority(true, 3, {}, true));
}

TEST(NoteFailureTest, TheSameTroubleCountsOnAnotherStartsAnew) {
  std::vector<CaFailure> failures;
  NoteFailure(*Met("a", CaTrouble::kDown, {}), failures);
  NoteFailure(*Met("a", CaTrouble::kDown, {}), failures);
  NoteFailure(*Met("b", CaTrouble::kDown, {}), failures);
  ASSERT_EQ(failures.size(), 2U);
  EXPECT_EQ(failures[0].count, 2);
  EXPECT_EQ(failures[1].count, 1);
  NoteFailure(*Met("a", CaTrouble::kCaaForbids, {}), failures);
  EXPECT_EQ(failures[0].count, 1);
}

TEST(AllowedAuthoritiesTest, AreInTheCertificatesOrderWhereItNamesAny) {
  EXPECT_THAT(AllowedAuthorities({}, {"a", "b"}), ElementsAre("a", "b"));
  EXPECT_THAT(AllowedAuthorities({"b", "gone", "a"}, {"a", "b"}), ElementsAre("b", "a"));
  EXPECT_THAT(AllowedAuthorities({"gone"}, {"a", "b"}), IsEmpty());
}

TEST(CaTroubleTest, NamesComeBack) {
  for (const CaTrouble trouble : {CaTrouble::kDown, CaTrouble::kCaaForbids, CaTrouble::kOrderFailed,
                                  CaTrouble::kRefusesNames}) {
    EXPECT_EQ(ParseCaTrouble(CaTroubleName(trouble)), trouble);
  }
  EXPECT_EQ(ParseCaTrouble(""), std::nullopt);
}

std::vector<std::string> ChosenInTurn(std::vector<AuthorityState> allowed, bool last_day) {
  std::vector<std::string> chosen;
  while (!allowed.empty()) {
    const auto end = last_day ? std::optional(kChoiceNow + absl::Hours(23)) : std::nullopt;
    const AuthorityChoice choice = ChooseAuthority(allowed, kChoiceNow, end);
    chosen.push_back(choice.ca);
    std::erase_if(allowed, [&](const AuthorityState& state) { return state.ca == choice.ca; });
  }
  return chosen;
}

TEST(ChooseAuthorityTest, PassesOverACaWhoseTokensLiveTooBrieflyForTheCustomer) {
  const std::vector<AuthorityState> allowed{
      {.ca = "brief", .tokens_too_brief = true}, {.ca = "long"}, {.ca = "longer"}};
  const AuthorityChoice choice = ChooseAuthority(allowed, kChoiceNow, std::nullopt);
  EXPECT_EQ(choice.ca, "long");
  EXPECT_THAT(choice.reason, ::testing::HasSubstr("brief"));
  const std::vector<std::string> expected{"long", "longer", "brief"};
  EXPECT_EQ(ChosenInTurn(allowed, /*last_day=*/false), expected);
  EXPECT_EQ(ChosenInTurn(allowed, /*last_day=*/true), expected);
}

TEST(ChooseAuthorityTest, WaitsForACaWithLongTokensButNotInTheLastDay) {
  const std::vector<AuthorityState> allowed{
      {.ca = "brief", .tokens_too_brief = true},
      {.ca = "long",
       .failure = CaFailure{.ca = "long",
                            .trouble = CaTrouble::kDown,
                            .time = kChoiceNow,
                            .retry_time = kChoiceNow + absl::Minutes(2)}}};
  const AuthorityChoice waiting =
      ChooseAuthority(allowed, kChoiceNow, kChoiceNow + absl::Hours(25));
  EXPECT_EQ(waiting.ca, "long");
  EXPECT_EQ(waiting.time, kChoiceNow + absl::Minutes(2));
  EXPECT_EQ(ChooseAuthority(allowed, kChoiceNow, kChoiceNow + absl::Hours(23)).ca, "brief");
}

TEST(ChooseAuthorityTest, TakesACaWithBriefTokensWhereNoOtherIsAllowed) {
  const std::vector<AuthorityState> allowed{{.ca = "brief", .tokens_too_brief = true}};
  EXPECT_EQ(ChooseAuthority(allowed, kChoiceNow, std::nullopt),
            (AuthorityChoice{.ca = "brief", .time = kChoiceNow, .reason = ""}));
}

}  // namespace
}  // namespace cert
