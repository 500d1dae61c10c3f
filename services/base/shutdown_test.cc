#include "base/shutdown.h"

#include <gtest/gtest.h>

namespace base {
namespace {

class ShutdownSignalTest : public ::testing::TestWithParam<int> {};

TEST_P(ShutdownSignalTest, ASignalThatCameBeforeTheWaitEndsIt) {
  const ShutdownSignal signal;
  std::raise(GetParam());
  EXPECT_EQ(signal.Wait(), GetParam());
}

INSTANTIATE_TEST_SUITE_P(All, ShutdownSignalTest, ::testing::Values(SIGTERM, SIGINT));

}  // namespace
}  // namespace base
