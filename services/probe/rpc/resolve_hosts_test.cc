#include "probe/rpc/resolve_hosts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/status_matchers.h"

namespace probe {
namespace {

using ::base::testing::IsOkAndHolds;
using ::base::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::StartsWith;

TEST(ResolveHostsTest, MakesTargetsOfAddresses) {
  EXPECT_THAT(ResolveHosts({"127.0.0.1"}, 7443), IsOkAndHolds(ElementsAre("ipv4:127.0.0.1:7443")));
  EXPECT_THAT(ResolveHosts({"::1"}, 7443), IsOkAndHolds(ElementsAre("ipv6:[::1]:7443")));
}

TEST(ResolveHostsTest, NamesEachAddressOnce) {
  EXPECT_THAT(ResolveHosts({"127.0.0.2", "127.0.0.1", "127.0.0.2"}, 1),
              IsOkAndHolds(ElementsAre("ipv4:127.0.0.1:1", "ipv4:127.0.0.2:1")));
}

TEST(ResolveHostsTest, SaysWhenThereIsNothing) {
  const auto targets = ResolveHosts({"127.0.0.1", "not a name"}, 1);
  EXPECT_THAT(targets, StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(std::string(targets.status().message()), StartsWith("not a name: "));
}

}  // namespace
}  // namespace probe
