#include "cert/core/renewal.h"

#include <gtest/gtest.h>

#include <string>

namespace cert {
namespace {

constexpr absl::Time kNotBefore = absl::FromUnixSeconds(1'800'000'000);
constexpr absl::Duration kDay = absl::Hours(24);

// The last second belongs to the certificate (RFC 5280 4.1.2.5).
Validity Days(int days) {
  return {.not_before = kNotBefore, .not_after = kNotBefore + days * kDay - absl::Seconds(1)};
}

struct RenewCase {
  const char* name;
  int days;
  absl::Duration lead;  // before the end
};

class RenewTimeTest : public ::testing::TestWithParam<RenewCase> {};

TEST_P(RenewTimeTest, LeavesTheLeadBeforeTheEnd) {
  const Validity validity = Days(GetParam().days);
  EXPECT_EQ(RenewTime(validity, 0), validity.not_after - GetParam().lead);
}

TEST_P(RenewTimeTest, IsSpreadByLessThanATenthOfTheLead) {
  const Validity validity = Days(GetParam().days);
  EXPECT_EQ(RenewTime(validity, 0.5), validity.not_after - GetParam().lead * 1.05);
  EXPECT_GT(RenewTime(validity, 0.999), validity.not_after - GetParam().lead * 1.1);
  EXPECT_GT(RenewTime(validity, 0.999), validity.not_before);
}

INSTANTIATE_TEST_SUITE_P(All, RenewTimeTest,
                         ::testing::Values(RenewCase{"Year", 365, absl::Hours(30 * 24)},
                                           RenewCase{"NinetyDays", 90, absl::Hours(30 * 24)},
                                           RenewCase{"FortySevenDays", 47, absl::Hours(376)},
                                           RenewCase{"TenDays", 10, absl::Hours(80)},
                                           RenewCase{"SixDays", 6, absl::Hours(72)}),
                         [](const auto& tested) { return std::string(tested.param.name); });

}  // namespace
}  // namespace cert
