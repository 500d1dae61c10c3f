#include "probe/rpc/resolve_host.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/status_matchers.h"

namespace probe {
namespace {

using ::base::testing::IsOkAndHolds;
using ::base::testing::StatusIs;
using ::testing::ElementsAre;

TEST(ResolveHostTest, MakesTargetsOfAddresses) {
  EXPECT_THAT(ResolveHost("127.0.0.1", 7443), IsOkAndHolds(ElementsAre("ipv4:127.0.0.1:7443")));
  EXPECT_THAT(ResolveHost("::1", 7443), IsOkAndHolds(ElementsAre("ipv6:[::1]:7443")));
}

TEST(ResolveHostTest, SaysWhenThereIsNothing) {
  EXPECT_THAT(ResolveHost("not a name", 1), StatusIs(absl::StatusCode::kUnavailable));
}

}  // namespace
}  // namespace probe
