#include "base/deadline.h"

#include <gtest/gtest.h>

namespace base {
namespace {

TEST(DeadlineTest, WithinNeverReachesBeyondTheOuterOne) {
  const Deadline outer = Deadline::After(absl::Minutes(1));
  EXPECT_LE(outer.Within(absl::Hours(1)).Remaining(), absl::Minutes(1));
  EXPECT_LE(outer.Within(absl::Seconds(1)).Remaining(), absl::Seconds(1));
}

TEST(DeadlineTest, NothingRemainsOnceItIsOver) {
  const Deadline over = Deadline::After(-absl::Seconds(1));
  EXPECT_TRUE(over.Expired());
  EXPECT_EQ(over.Remaining(), absl::ZeroDuration());
  EXPECT_FALSE(Deadline::After(absl::Minutes(1)).Expired());
}

}  // namespace
}  // namespace base
