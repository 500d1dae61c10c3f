#include "probe/core/address_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/status_matchers.h"

namespace probe {
namespace {

using ::base::testing::StatusIs;

bool MayAsk(const AddressPolicy& policy, const std::string& address) {
  return policy.MayAsk(*IpAddress::Parse(address));
}

TEST(AddressPolicyTest, AsksPublicAddresses) {
  for (const char* address : {"8.8.8.8", "172.32.0.1", "11.0.0.1", "100.128.0.1", "2606:4700::1111",
                              "64:ff9b::808:808", "::ffff:8.8.8.8"}) {
    EXPECT_TRUE(MayAsk({}, address)) << address;
  }
}

TEST(AddressPolicyTest, RefusesWhatIsNotPublic) {
  for (const char* address : {"127.0.0.1",
                              "10.1.2.3",
                              "172.16.0.1",
                              "172.31.255.255",
                              "192.168.1.1",
                              "169.254.169.254",
                              "100.64.0.1",
                              "0.0.0.0",
                              "224.0.0.1",
                              "255.255.255.255",
                              "::",
                              "::1",
                              "fe80::1",
                              "fd00::1",
                              "ff02::1",
                              "2001:db8::1",
                              "::ffff:127.0.0.1",
                              "64:ff9b::a00:1",
                              "2002:7f00:1::",
                              "::10.0.0.1"}) {
    EXPECT_FALSE(MayAsk({}, address)) << address;
  }
}

TEST(AddressPolicyTest, AsksWhatIsAllowedAndNothingBeside) {
  const AddressPolicy policy = *AddressPolicy::Create({"127.53.0.0/16", "fd00:1::/33"});
  EXPECT_TRUE(MayAsk(policy, "127.53.9.2"));
  EXPECT_FALSE(MayAsk(policy, "127.54.0.1"));
  EXPECT_TRUE(MayAsk(policy, "fd00:1:0:1::1"));
  EXPECT_FALSE(MayAsk(policy, "fd00:1:8000::1"));
  EXPECT_TRUE(MayAsk(policy, "::ffff:127.53.0.1"));
}

TEST(AddressPolicyTest, RefusesRangesThatAreNone) {
  for (const char* text : {"", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0/8", "::/129", "10.0.0.0/8x"}) {
    EXPECT_THAT(AddressPolicy::Create({text}), StatusIs(absl::StatusCode::kInvalidArgument))
        << text;
  }
}

}  // namespace
}  // namespace probe
