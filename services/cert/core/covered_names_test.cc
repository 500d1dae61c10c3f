#include "cert/core/covered_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/status_matchers.h"

namespace cert {
namespace {

using ::base::testing::IsOk;
using ::base::testing::StatusIs;
using ::testing::ElementsAre;

std::vector<std::string> Folded(const std::vector<std::string>& texts) {
  std::vector<CoveredName> names;
  for (const std::string& text : texts) {
    const absl::StatusOr<CoveredName> name = ParseCoveredName(text);
    EXPECT_THAT(name, IsOk());
    if (name.ok()) names.push_back(*name);
  }
  std::vector<std::string> folded;
  for (const CoveredName& name : FoldNames(names)) folded.push_back(name.text());
  return folded;
}

TEST(ParseCoveredNameTest, TakesHostnamesAndTheirWildcards) {
  const auto name = ParseCoveredName("*.Shop.example.com.");
  ASSERT_THAT(name, IsOk());
  EXPECT_EQ(name->base.text(), "shop.example.com");
  EXPECT_TRUE(name->wildcard);
  EXPECT_EQ(name->text(), "*.shop.example.com");
}

TEST(ParseCoveredNameTest, RefusesWhatNoCaIssuesFor) {
  for (const char* text : {"", "*", "*.", "*.com", "a.*.example.com", "*.*.example.com",
                           "x*.a.test", "192.0.2.1", "*.192.0.2.1"}) {
    EXPECT_THAT(ParseCoveredName(text), StatusIs(absl::StatusCode::kInvalidArgument)) << text;
  }
}

TEST(FoldNamesTest, DropsDuplicatesAndWhatAWildcardCovers) {
  EXPECT_THAT(Folded({"www.shop.test", "shop.test", "SHOP.test", "*.shop.test", "*.shop.test."}),
              ElementsAre("shop.test", "*.shop.test"));
}

TEST(FoldNamesTest, KeepsWhatLiesDeeperThanAWildcardReaches) {
  EXPECT_THAT(Folded({"a.b.shop.test", "*.shop.test", "*.b.shop.test", "ashop.test"}),
              ElementsAre("*.shop.test", "*.b.shop.test", "ashop.test"));
}

TEST(NamesOfTest, AreThoseWhoseBaseIsThere) {
  EXPECT_THAT(NamesOf({"a.test", "*.b.test", "b.test", "c.test"}, {"b.test", "c.test"}),
              ElementsAre("*.b.test", "b.test", "c.test"));
}

}  // namespace
}  // namespace cert
