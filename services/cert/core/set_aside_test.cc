#include "cert/core/set_aside.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cert {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const absl::Time kRefusal = absl::FromUnixSeconds(1'800'000'000);
const std::vector<std::string> kAllNames{"a.test", "b.test", "c.test"};

RefusedName Refused(const std::string& name) {
  return {.name = name,
          .why = {.code = FindingCode::kCaaForbids,
                  .sentence = "CAA forbids " + name + ".",
                  .record_type = "CAA",
                  .fix = name + ". 3600 IN CAA 0 issue \"ca.test\""}};
}

std::vector<SetAsideName> Without(const std::vector<std::string>& names) {
  std::vector<SetAsideName> set_aside;
  for (const std::string& name : names) SetAside({Refused(name)}, kRefusal, set_aside);
  return set_aside;
}

TEST(SetAsideTest, TriesAgainAfterAnHourThenSixThenDaily) {
  std::vector<SetAsideName> set_aside;
  absl::Time now = kRefusal;
  for (const int hours : {1, 6, 24, 24, 24}) {
    SetAside({Refused("a.test")}, now, set_aside);
    ASSERT_EQ(set_aside.size(), 1U);
    EXPECT_EQ(set_aside.front().retry_time, now + absl::Hours(hours));
    now = set_aside.front().retry_time;
  }
}

TEST(SetAsideTest, CountsFromTheStartOnceTheNameWasIssuedFor) {
  std::vector<SetAsideName> set_aside = Without({"a.test", "a.test", "b.test"});
  TakeBack({"a.test"}, set_aside);
  ASSERT_EQ(set_aside.size(), 1U);
  SetAside({Refused("a.test")}, kRefusal, set_aside);
  EXPECT_EQ(set_aside.back().times, 1);
}

TEST(NotSetAsideTest, LeavesOutWhatIsSetAsideUntilItsNextTry) {
  const std::vector<SetAsideName> set_aside = Without({"b.test"});
  EXPECT_THAT(NotSetAside(kAllNames, set_aside, kRefusal), ElementsAre("a.test", "c.test"));
  EXPECT_EQ(NotSetAside(kAllNames, set_aside, kRefusal + absl::Hours(1)), kAllNames);
}

TEST(TryAgainTest, HasAllInTheNextOrderAndForgetsNoRefusal) {
  std::vector<SetAsideName> set_aside = Without({"b.test", "b.test"});
  TryAgain(kRefusal + absl::Minutes(1), set_aside);
  EXPECT_EQ(NotSetAside(kAllNames, set_aside, kRefusal + absl::Minutes(1)), kAllNames);
  EXPECT_EQ(set_aside.front().times, 2);
}

TEST(NextTryTest, IsTheFirstThatIsStillToCome) {
  const std::vector<SetAsideName> set_aside = Without({"a.test", "a.test", "b.test"});
  EXPECT_EQ(NextTry(set_aside, kRefusal), kRefusal + absl::Hours(1));
  EXPECT_EQ(NextTry(set_aside, kRefusal + absl::Hours(1)), kRefusal + absl::Hours(6));
  EXPECT_EQ(NextTry(set_aside, kRefusal + absl::Hours(6)), absl::InfiniteFuture());
}

TEST(CanDoWithoutTest, NeedsANameThatIsLeft) {
  EXPECT_TRUE(CanDoWithout({Refused("a.test")}, kAllNames, {}, {}, kRefusal));
  EXPECT_FALSE(CanDoWithout({}, kAllNames, {}, {}, kRefusal));
  EXPECT_FALSE(CanDoWithout({Refused("a.test")}, {"a.test"}, {}, {}, kRefusal));
  const std::vector<SetAsideName> others = Without({"b.test", "c.test"});
  EXPECT_FALSE(CanDoWithout({Refused("a.test")}, kAllNames, others, {}, kRefusal));
  EXPECT_TRUE(CanDoWithout({Refused("a.test")}, kAllNames, others, {}, kRefusal + absl::Hours(1)));
}

TEST(CanDoWithoutTest, KeepsWhatIsInUseForAsLongAsThatIsSafe) {
  const NamesInUse used{.names = {"a.test", "b.test"}, .safe_until = kRefusal + absl::Hours(9)};
  EXPECT_FALSE(CanDoWithout({Refused("a.test")}, kAllNames, {}, used, kRefusal));
  EXPECT_TRUE(CanDoWithout({Refused("c.test")}, kAllNames, {}, used, kRefusal));
  EXPECT_TRUE(CanDoWithout({Refused("a.test")}, kAllNames, {}, used, used.safe_until));
}

TEST(WithSetAsideTest, NamesEachWithItsReasonAndNextTry) {
  const auto finding = WithSetAside(std::nullopt, Without({"a.test", "b.test"}), kRefusal);
  ASSERT_TRUE(finding.has_value());
  EXPECT_EQ(finding->code, FindingCode::kNamesSetAside);
  EXPECT_EQ(finding->sentence,
            "The certificate is issued without a.test (tried again at 2027-01-15 09:00:00 UTC), "
            "b.test (tried again at 2027-01-15 09:00:00 UTC); a recheck tries at once. "
            "a.test: CAA forbids a.test. b.test: CAA forbids b.test.");
  EXPECT_THAT(finding->fix, HasSubstr("a.test. 3600 IN CAA"));
}

TEST(WithSetAsideTest, KeepsWhatElseIsMissing) {
  const Finding cause{.code = FindingCode::kNameNotProved, .sentence = "c.test is not proved."};
  EXPECT_EQ(WithSetAside(cause, {}, kRefusal), cause);
  EXPECT_EQ(WithSetAside(cause, Without({"a.test"}), kRefusal + absl::Hours(1)), cause);
  const auto both = WithSetAside(cause, Without({"a.test"}), kRefusal);
  EXPECT_EQ(both->code, FindingCode::kNamesSetAside);
  EXPECT_THAT(both->sentence, HasSubstr(" Besides: c.test is not proved."));
}

}  // namespace
}  // namespace cert
