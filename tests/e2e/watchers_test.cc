// Two hundred watchers over two replicas, a quarter of them cut again and again. `./dev bench
// watch` has a thousand.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iostream>

#include "absl/strings/str_format.h"
#include "base/testing/status_matchers.h"
#include "e2e/fixture.h"
#include "e2e/watchers.h"

namespace e2e {
namespace {

using ::base::testing::IsOk;

class WatchersTest : public LabTest {
 protected:
  static void SetUpTestSuite() { StartLab(QuickCa()); }
};

TEST_F(WatchersTest, EachSeesEachEventOfItsTenantOnceAndInOrder) {
  const absl::StatusOr<WatchOutcome> outcome = WatchAll(lab(), {});
  ASSERT_THAT(outcome.status(), IsOk());
  EXPECT_GT(outcome->events, 0U);
  EXPECT_GT(outcome->seen, outcome->events);
  EXPECT_GT(outcome->resumed, 0U);
  std::cout << absl::StrFormat("%d events, seen %d times, %d resumptions, median lag %s\n",
                               outcome->events, outcome->seen, outcome->resumed,
                               absl::FormatDuration(outcome->median_lag));
}

}  // namespace
}  // namespace e2e
