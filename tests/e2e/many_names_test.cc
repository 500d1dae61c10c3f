// A certificate of as many names as the CA takes: each proved, each with a token of its own.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/testing/status_matchers.h"
#include "e2e/fetched.h"
#include "e2e/fixture.h"
#include "e2e/resource_id.h"

namespace e2e {
namespace {

using ::base::testing::IsOk;
using ::base::testing::StatusIs;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAreArray;

constexpr int kMostNames = 100;

class ManyNamesTest : public LabTest {
 protected:
  static void SetUpTestSuite() { StartLab(QuickCa()); }
};

TEST_F(ManyNamesTest, ACertificateHasAsManyAsTheCaTakesAndNoMore) {
  std::vector<std::string> names;
  for (int i = 0; i < kMostNames / 2; ++i) {
    names.push_back(absl::StrCat("n", i, ".shop.test"));
    names.push_back(absl::StrCat("*.", names.back()));
  }
  std::vector<std::string> too_many = names;
  too_many.push_back("one-more.shop.test");
  const auto refused = acme().api().CreateCertificate({.names = too_many});
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(std::string(refused.status().message()), HasSubstr("names: are 101"));
  EXPECT_EQ(Query("SELECT count(*) FROM padlock.domains"), "0");

  const auto made = acme().api().CreateCertificate({.names = names});
  ASSERT_THAT(made, IsOk());
  ASSERT_EQ(made->domains_size(), kMostNames / 2);
  for (const std::string& name : made->domains()) {
    const auto domain = acme().api().GetDomain(name);
    ASSERT_THAT(domain, IsOk());
    ASSERT_THAT(acme().CreateRecords(*domain), IsOk());
    ASSERT_THAT(acme().api().RecheckDomain(name), IsOk());
  }
  ASSERT_TRUE(
      Becomes(absl::StrFormat("SELECT state FROM padlock.work WHERE id = '%s'", IdOf(made->name())),
              "ACTIVE"));
  const absl::StatusOr<Fetched> fetched = Fetch(acme(), IdOf(made->name()));
  ASSERT_THAT(fetched, IsOk());
  EXPECT_THAT(fetched->names, UnorderedElementsAreArray(names));
  EXPECT_EQ(Query(absl::StrFormat("SELECT count(DISTINCT a.txt_value) FROM padlock.authorizations "
                                  "AS a JOIN padlock.orders AS o ON o.id = a.order_id "
                                  "WHERE o.certificate = '%s'",
                                  IdOf(made->name()))),
            absl::StrCat(kMostNames));
}

}  // namespace
}  // namespace e2e
